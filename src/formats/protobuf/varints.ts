import { BITS, type DataType } from '../../model/dataType';

/** Writes each varint in the width of the type; false when there are too few of them. */
export function unpackVarints(
  source: Uint8Array,
  type: DataType,
  count: number,
  target: Uint8Array,
): boolean {
  const width = Math.max(1, (BITS[type] ?? 8) / 8);
  let at = 0;
  for (let i = 0; i < count; i++) {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = source[at++];
      if (byte === undefined || shift > 63) return false;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) break;
    }
    const start = i * width;
    for (let b = 0; b < width; b++) target[start + b] = b < 4 ? low >>> (8 * b) : high >>> (8 * (b - 4));
  }
  return true;
}
