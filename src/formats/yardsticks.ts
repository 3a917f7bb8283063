/** What the formats' models for measuring a computer's ceilings have in common, so that engines can be set side by side. */

const MEBI = 2 ** 20;

/**
 * Bytes of tensors that are read and written: the first stay in the caches of a core, the last in none. So many times one
 * behind the other that starting a layer counts for little.
 */
export const STREAMS: readonly { readonly bytes: number; readonly layers: number }[] = [
  { bytes: MEBI / 4, layers: 64 },
  { bytes: 4 * MEBI, layers: 16 },
  { bytes: 64 * MEBI, layers: 4 },
];

/** Of a 3x3 convolution: as large as the middle of a usual network, some milliseconds of work. */
export const CONVOLUTION = { size: 56, channels: 64, kernel: 3 };

/** Of a matrix product [rows, depth] · [depth, columns]: large enough for an engine's fastest kernel. */
export const PRODUCT = { rows: 256, depth: 512, columns: 1024 };

/** Multiply-accumulates of both. */
export const MACS = {
  convolution: CONVOLUTION.size ** 2 * CONVOLUTION.channels ** 2 * CONVOLUTION.kernel ** 2,
  product: PRODUCT.rows * PRODUCT.depth * PRODUCT.columns,
};

/** Small weights of either sign, none of them 0, which some kernels skip. */
export function yardstickFloats(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 0.01 : -0.02));
}

/** The same in 8 bits, small enough that no sum of products overflows. */
export function yardstickIntegers(count: number): Int8Array {
  return Int8Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 11 : -23));
}
