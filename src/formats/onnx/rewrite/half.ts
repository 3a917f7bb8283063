/** Largest finite float16. */
export const LARGEST_HALF = 65504;
/** Smallest positive float16. */
export const SMALLEST_HALF = 2 ** -24;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** IEEE 754 binary16 of a number, rounded to the nearest, ties to even. */
export function toHalf(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const fraction = word & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const unbiased = exponent - 127;
  // A carry out of the fraction goes into the exponent, up to infinity, as it must.
  if (unbiased >= -14) {
    if (unbiased > 15) return sign | 0x7c00;
    return sign | (((unbiased + 15) << 10) + roundShift(fraction, 13));
  }
  if (unbiased < -25) return sign;
  return sign | roundShift(fraction | 0x800000, -unbiased - 1);
}

/** value / 2^shift, rounded to the nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const floor = value >>> shift;
  const rest = value - floor * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && floor % 2 === 1) ? floor + 1 : floor;
}
