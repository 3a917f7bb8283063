/**
 * Unsigned integers of 1 to 8 bits packed one after the other, each byte filled from its lowest bit on; a number may
 * reach over two bytes, and what is left of the last byte is 0. So Core ML's weight files and int4 of ONNX and
 * TensorFlow Lite hold them. Of negative numbers the lowest bits are taken: two's complement.
 */
export function packBits(values: ArrayLike<number>, bits: number): Uint8Array {
  if (bits === 8) return Uint8Array.from(values);
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  const mask = (1 << bits) - 1;
  let held = 0;
  let room = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    held |= ((values[i] ?? Number.NaN) & mask) << room;
    room += bits;
    if (room >= 8) {
      bytes[at++] = held & 255;
      held >>>= 8;
      room -= 8;
    }
  }
  if (room > 0) bytes[at] = held & 255;
  return bytes;
}

/** The same with each byte filled from its highest bit on, as neural networks of Core ML hold them. */
export function packBitsHighFirst(values: ArrayLike<number>, bits: number): Uint8Array {
  if (bits === 8) return Uint8Array.from(values);
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  const mask = (1 << bits) - 1;
  let held = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    // At most 7 bits are left over, so that 15 are held.
    held = ((held << bits) | ((values[i] ?? Number.NaN) & mask)) & 0x7fff;
    filled += bits;
    if (filled >= 8) {
      filled -= 8;
      bytes[at++] = (held >>> filled) & 255;
    }
  }
  if (filled > 0) bytes[at] = (held << (8 - filled)) & 255;
  return bytes;
}
