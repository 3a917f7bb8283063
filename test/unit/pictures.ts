import { crc32 } from 'node:zlib';

/** A picture of 3.6 thousand million pixels, as its header says (https://www.w3.org/TR/png-3/#11IHDR). */
export function tooLarge(whole: Buffer): Buffer {
  const changed = Buffer.from(whole);
  changed.writeUInt32BE(60_000, 16);
  changed.writeUInt32BE(60_000, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}
