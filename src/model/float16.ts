/** Largest finite float16. */
export const LARGEST_HALF = 65504;
/** Smallest positive float16. */
export const SMALLEST_HALF = 2 ** -24;

/** Numbers below this have no float16 with all bits of its fraction, given as the bits of a float32. */
const SMALLEST_NORMAL = 0x3880_0000;
/** 65520, from which on the nearest float16 is infinite, given as the bits of a float32. */
const OVERFLOW = 0x477f_f000;
const INFINITY = 0x7f80_0000;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of IEEE 754 binary16 nearest to each number, ties to even; too large becomes infinite, NaN a quiet NaN. */
export function toHalves(values: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = toHalf(values[i] ?? Number.NaN);
  return halves;
}

/** The bits of IEEE 754 binary16 nearest to a number, as `toHalves` gives them. */
export function toHalf(value: number): number {
  const bits = oddBits(value);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fff_ffff;
  if (size >= OVERFLOW) return sign | (size > INFINITY ? 0x7e00 : 0x7c00);
  if (size < SMALLEST_NORMAL) {
    // A multiple of 2^-24, the last place of 0.5: adding that rounds.
    word[0] = size;
    float[0] = (float[0] ?? 0) + 0.5;
    return sign | ((word[0] ?? 0) - 0x3f00_0000);
  }
  return sign | ((size - 0x3800_0000 + 0x0fff + ((size >>> 13) & 1)) >>> 13);
}

/**
 * Numbers of which IEEE 754 binary16 are given as bits; the payload of a NaN stays.
 * @param floats gets them, if it is given
 */
export function fromHalves(
  halves: ArrayLike<number>,
  floats: Float32Array = new Float32Array(halves.length),
): Float32Array {
  floatsOfHalves ??= allHalves();
  const table = floatsOfHalves;
  const words = new Uint32Array(floats.buffer, floats.byteOffset, halves.length);
  for (let i = 0; i < words.length; i++) words[i] = table[halves[i] as number] as number;
  return floats;
}

/** Bits of float32 by bits of binary16: models have millions of halves, and there are 65,536. */
let floatsOfHalves: Uint32Array | undefined;

function allHalves(): Uint32Array {
  const words = new Uint32Array(2 ** 16);
  const floats = new Float32Array(words.buffer);
  for (let half = 0; half < words.length; half++) {
    const bits = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    const highest = (half & 0x7c00) === 0x7c00;
    words[half] = highest ? bits | INFINITY : bits;
    // The exponents of float32 start 112 lower; multiplying is right for subnormals too.
    if (!highest) floats[half] = (floats[half] as number) * 2 ** 112;
  }
  return words;
}

/** The bits of bfloat16, the upper half of a float32, nearest to each number, ties to even; NaN becomes a quiet NaN. */
export function toBfloat16s(values: ArrayLike<number>): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const bits = oddBits(values[i] ?? Number.NaN);
    const size = bits & 0x7fff_ffff;
    halves[i] = size > INFINITY ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** Numbers of which bfloat16 are given as bits. */
export function fromBfloat16s(halves: ArrayLike<number>): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

/**
 * Bits of a number as float32, cut to it with the last bit set where that lost something: rounding them again gives
 * what rounding the number at once gives, which rounding twice to the nearest would not.
 */
function oddBits(value: number): number {
  float[0] = value;
  const bits = word[0] ?? 0;
  const near = float[0] ?? 0;
  if (near === value || Number.isNaN(value)) return bits;
  return (Math.abs(near) > Math.abs(value) ? bits - 1 : bits) | 1;
}
