import { itemAt } from '../model/assert';
import { roundHalfToEven } from '../model/rounding';
import type { Range } from './plan';

/** Scale and zero point: real = (quantized − zeroPoint) · scale. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Types of quantized activations; those of 16 bits are symmetric, because kernels take no zero point. */
export type IntegerType = 'uint8' | 'int8' | 'int16';

/** Smaller ones would make a bias's scale, a product of two, less than float32 can hold with full precision. */
const SMALLEST_SCALE = 2 ** -60;

/** A bias must fit 32 bits with room for the sums that are added to it. */
const LARGEST_BIAS = 2 ** 30;

/** The smallest and the largest integer of a type. */
export function limitsOf(type: IntegerType): { low: number; high: number } {
  switch (type) {
    case 'uint8':
      return { low: 0, high: 255 };
    case 'int8':
      return { low: -128, high: 127 };
    case 'int16':
      return { low: -32767, high: 32767 };
  }
}

/** Scale and zero point that cover a range and hold zero exactly, which padding and Relu need. */
export function affineOf(range: Range, type: IntegerType): Affine {
  const { low, high } = limitsOf(type);
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  // A tensor that is zero throughout: any scale is right, this one is harmless.
  if (max - min === 0) return { scale: 1, zeroPoint: type === 'int8' ? -128 : 0 };
  if (type === 'int16')
    return { scale: Math.fround(Math.max(max, -min, SMALLEST_SCALE * high) / high), zeroPoint: 0 };
  const scale = Math.fround(Math.max((max - min) / (high - low), SMALLEST_SCALE));
  const zeroPoint = Math.min(high, Math.max(low, roundHalfToEven(low - min / scale)));
  return { scale, zeroPoint };
}

/** The largest integer of weights; the smallest is as far below zero. */
export const LARGEST = { int8: 127, 'int8 reduced': 63, int4: 7 } as const;
/** Types of symmetric weights, by the largest integer that they use. */
export type WeightLimit = keyof typeof LARGEST;

/** Integers that stand for weights, symmetric unless there are zero points: real = (integer − zero point) · scale. */
export interface QuantizedWeights {
  /** An integer a weight, in the order of the float tensor; those of 4 bits are not packed. */
  readonly values: Int8Array;
  /** One for each group, in the order in which a tensor of the scales' shape has them. */
  readonly scales: Float32Array;
  /** As many as scales; absent: all are 0. */
  readonly zeroPoints?: Int8Array;
}

/** A tensor as [outer, size, inner] around the axis along which its scales change. */
export interface WeightGroups {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /**
   * null: a scale for each index along the axis, for all of `outer` and `inner`. Otherwise so many neighbours along the
   * axis share one; the last ones may be fewer, and the scales have the tensor's shape with the axis so divided.
   */
  readonly block: number | null;
}

/** The groups of a tensor by an axis; without one all its elements share a scale. */
export function weightGroups(
  shape: readonly number[],
  axis: number | null,
  block: number | null = null,
): WeightGroups {
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  if (axis === null) return { outer: 1, size: 1, inner: product(shape), block };
  return {
    outer: product(shape.slice(0, axis)),
    size: itemAt(shape, axis),
    inner: product(shape.slice(axis + 1)),
    block,
  };
}

/** How many scales there are. */
export function scaleCount({ outer, size, inner, block }: WeightGroups): number {
  return block === null ? size : outer * Math.ceil(size / block) * inner;
}

/** Calls `visit` for each run of elements whose scales follow one another: `step` is 0 where it is one scale, else 1. */
function forEachRun(
  { outer, size, inner, block }: WeightGroups,
  visit: (from: number, to: number, scale: number, step: 0 | 1) => void,
): void {
  const blocks = block === null ? 0 : Math.ceil(size / block);
  for (let o = 0; o < outer; o++) {
    // Where elements lie side by side a block is one run.
    const together = inner === 1 && block !== null ? block : 1;
    for (let s = 0; s < size; s += together) {
      const from = (o * size + s) * inner;
      const to = from + Math.min(together, size - s) * inner;
      if (block === null) visit(from, to, s, 0);
      else visit(from, to, (o * blocks + Math.floor(s / block)) * inner, inner === 1 ? 0 : 1);
    }
  }
}

/**
 * Symmetric weights, rounded to the nearest, zero point 0.
 * @param limit the integers' type; `int8 reduced` leaves one of the 8 bits unused
 * @param smallest a scale that each group must at least have
 * @param stored a scale as the type holds it that the file has for scales, where that is not float32
 */
export function quantizeWeights(
  values: ArrayLike<number>,
  groups: WeightGroups,
  limit: WeightLimit,
  smallest: ArrayLike<number> | null,
  stored: (scale: number) => number = (scale) => scale,
): QuantizedWeights {
  const high = LARGEST[limit];
  const largest = new Float64Array(scaleCount(groups));
  forEachRun(groups, (from, to, first, step) => {
    for (let i = from, scale = first; i < to; i++, scale += step)
      largest[scale] = Math.max(largest[scale] as number, Math.abs(values[i] as number));
  });
  const scales = Float32Array.from(largest, (size, scale) =>
    stored(Math.max(size / high, smallest === null ? 0 : itemAt(smallest, scale), SMALLEST_SCALE)),
  );
  const quantized = new Int8Array(values.length);
  forEachRun(groups, (from, to, first, step) => {
    for (let i = from, scale = first; i < to; i++, scale += step) {
      const rounded = roundHalfToEven((values[i] as number) / (scales[scale] as number));
      quantized[i] = Math.max(-high, Math.min(high, rounded));
    }
  });
  return { values: quantized, scales };
}

/** The scale that each channel's weights need at least, so that its bias fits 32 bits. */
export function smallestScales(bias: ArrayLike<number>, inputScale: number): Float64Array {
  return Float64Array.from(bias, (value) => Math.abs(value) / (LARGEST_BIAS * inputScale));
}

/**
 * The bias in 32 bits, at the scale of the sums that it is added to.
 * @param weightScales one a channel, as the bias has values
 */
export function quantizeBias(
  bias: ArrayLike<number>,
  inputScale: number,
  weightScales: Float32Array,
): { values: Int32Array; scales: Float32Array } {
  const scales = weightScales.map((scale) => inputScale * scale);
  const values = Int32Array.from(bias, (value, c) => roundHalfToEven(value / itemAt(scales, c)));
  return { values, scales };
}

/** Values as integers: rounded half to even, as ONNX and TensorFlow Lite do, and kept within the type. */
export function quantize(values: ArrayLike<number>, { scale, zeroPoint }: Affine, type: IntegerType) {
  const { low, high } = limitsOf(type);
  const clamp = (value: number) => Math.max(low, Math.min(high, roundHalfToEven(value / scale) + zeroPoint));
  switch (type) {
    case 'uint8':
      return Uint8Array.from(values, clamp);
    case 'int8':
      return Int8Array.from(values, clamp);
    case 'int16':
      return Int16Array.from(values, clamp);
  }
}
