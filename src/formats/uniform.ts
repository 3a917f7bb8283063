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
export const LARGEST = { int8: 127, 'int8 reduced': 63, int4: 7, 'int4 full': 7 } as const;
/** Types of symmetric weights, by the largest integer that they use. */
export type WeightLimit = keyof typeof LARGEST;

/** Integers that stand for weights, symmetric unless there are zero points: real = (integer − zero point) · scale. */
export interface QuantizedWeights {
  /** An integer a weight, in the order of the float tensor; those of 4 bits are not packed. */
  readonly values: Int8Array;
  /** One for each group, in the order in which a tensor of the scales' shape has them; negative ones only of `int4 full`. */
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

/** Calls `visit` for each run of elements, from `start` on and before `end`, whose scales follow one another: `step` is 0 where it is one scale, else 1. */
function forEachRun(
  { outer, size, inner, block }: WeightGroups,
  { start, end }: Part,
  visit: (from: number, to: number, scale: number, step: 0 | 1) => void,
): void {
  const blocks = block === null ? 0 : Math.ceil(size / block);
  // Where elements lie side by side a block is one run, and without blocks all of them are.
  const together = inner === 1 ? (block ?? size) : 1;
  const row = size * inner;
  for (let o = row === 0 ? outer : Math.floor(start / row); o < outer && o * row < end; o++) {
    const first = Math.max(0, Math.floor((start - o * row) / (together * inner)) * together);
    for (let s = first; s < size; s += together) {
      const from = (o * size + s) * inner;
      if (from >= end) break;
      const to = Math.min(end, from + Math.min(together, size - s) * inner);
      const scale = block === null ? s : (o * blocks + Math.floor(s / block)) * inner;
      const step = (block === null) === (inner === 1) ? 1 : 0;
      const skipped = Math.max(0, start - from);
      visit(from + skipped, to, scale + step * skipped, step);
    }
  }
}

/** Elements of a tensor from `start` on and before `end`. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/** Values of a tensor that are read part by part, so that one of gigabytes takes no more memory than a small one. */
export interface WeightValues {
  readonly length: number;
  /** About so many are read at a time. */
  readonly atOnce: number;
  /** Those from `start` on and before `end`; valid until the next call. */
  read(start: number, end: number): ArrayLike<number>;
}

/** Divides a tensor into parts; `whole`: each group lies within one, so that a part can be finished when it is read. */
function partsOf(groups: WeightGroups, { length, atOnce }: WeightValues): { parts: Part[]; whole: boolean } {
  const { outer, size, inner, block } = groups;
  const whole = block !== null || outer === 1;
  const unit = block === null ? (outer === 1 ? inner : 1) : size % block === 0 ? block * inner : size * inner;
  const each = Math.max(1, Math.ceil(atOnce / Math.max(1, unit))) * Math.max(1, unit);
  const parts: Part[] = [];
  for (let start = 0; start < length; start += each)
    parts.push({ start, end: Math.min(length, start + each) });
  return { parts, whole };
}

/**
 * Symmetric weights, rounded to the nearest, zero point 0.
 * @param limit the integers' type; `int8 reduced` leaves one of the 8 bits unused, `int4 full` also has −8, in blocks
 * @param smallest a scale that each group must at least have
 * @param stored a scale as the type holds it that the file has for scales, where that is not float32
 */
export function quantizeWeights(
  values: ArrayLike<number> | WeightValues,
  groups: WeightGroups,
  limit: WeightLimit,
  smallest: ArrayLike<number> | null,
  stored: (scale: number) => number = (scale) => scale,
): QuantizedWeights {
  const rounding = new Rounding(groups, limit, values.length, (size, scale) =>
    stored(Math.max(size, smallest === null ? 0 : itemAt(smallest, scale), SMALLEST_SCALE)),
  );
  if (!('read' in values)) {
    const all = { start: 0, end: values.length };
    rounding.look(values, all);
    rounding.round(values, all);
    return rounding.result;
  }
  const { parts, whole } = partsOf(groups, values);
  for (const part of parts) {
    const read = values.read(part.start, part.end);
    rounding.look(read, part);
    if (whole) rounding.round(read, part);
  }
  if (!whole) for (const part of parts) rounding.round(values.read(part.start, part.end), part);
  return rounding.result;
}

/** Weights that are looked at, group by group, and then rounded. */
class Rounding {
  /** Of each group the value that is farthest from zero, with its sign. */
  private readonly farthest: Float64Array;
  private readonly scales: Float32Array;
  private readonly values: Int8Array;

  constructor(
    private readonly groups: WeightGroups,
    private readonly limit: WeightLimit,
    length: number,
    /** The scale that a group has for one that would just do. */
    private readonly scaleFor: (scale: number, group: number) => number,
  ) {
    this.farthest = new Float64Array(scaleCount(groups));
    this.scales = new Float32Array(this.farthest.length);
    this.values = new Int8Array(length);
  }

  get result(): QuantizedWeights {
    // Groups without elements have a scale all the same.
    for (let group = 0; group < this.scales.length; group++)
      if (this.scales[group] === 0) this.scales[group] = this.scaleFor(0, group);
    return { values: this.values, scales: this.scales };
  }

  /** @param values of a part of the tensor */
  look(values: ArrayLike<number>, part: Part): void {
    const { farthest } = this;
    forEachRun(this.groups, part, (from, to, first, step) => {
      for (let i = from - part.start, scale = first; i < to - part.start; i++, scale += step) {
        const value = values[i] as number;
        // What is not a number is farther than all.
        if (Math.abs(value) > Math.abs(farthest[scale] as number) || Number.isNaN(value))
          farthest[scale] = value;
      }
    });
  }

  /** Of groups that were looked at whole. */
  round(values: ArrayLike<number>, part: Part): void {
    const { scales, farthest } = this;
    const high = LARGEST[this.limit];
    // A group that is not in one part has no sum of errors yet.
    const wide =
      this.limit === 'int4 full' && this.groups.block !== null ? this.gainByOneMore(values, part) : null;
    forEachRun(this.groups, part, (from, to, first, step) => {
      for (let scale = first; scale < first + (step === 0 ? 1 : to - from); scale++) {
        const end = farthest[scale] as number;
        scales[scale] =
          wide !== null && (wide[scale] as number) > 0
            ? -Math.sign(end) * this.scaleFor(Math.abs(end) / (high + 1), scale)
            : this.scaleFor(Math.abs(end) / high, scale);
      }
    });
    const low = wide === null ? -high : -high - 1;
    const integers = this.values;
    forEachRun(this.groups, part, (from, to, first, step) => {
      for (let i = from, scale = first; i < to; i++, scale += step) {
        const rounded = roundHalfToEven((values[i - part.start] as number) / (scales[scale] as number));
        integers[i] = rounded > high ? high : rounded < low ? low : rounded;
      }
    });
  }

  /**
   * By how much the squared errors of groups fall where the value that is farthest from zero is −8, by a negative scale
   * if it is positive: steps are smaller by an eighth, but what is as far on the other side is cut off.
   */
  private gainByOneMore(values: ArrayLike<number>, part: Part): Float64Array {
    const { farthest } = this;
    const high = LARGEST[this.limit];
    const gain = new Float64Array(farthest.length);
    forEachRun(this.groups, part, (from, to, first, step) => {
      for (let i = from - part.start, scale = first; i < to - part.start; i++, scale += step) {
        const value = values[i] as number;
        const end = farthest[scale] as number;
        const even = Math.abs(end) / high || 1;
        const odd = -end / (high + 1) || 1;
        const near = roundHalfToEven(value / even) * even - value;
        const far = Math.min(high, roundHalfToEven(value / odd)) * odd - value;
        gain[scale] = (gain[scale] as number) + near * near - far * far;
      }
    });
    return gain;
  }
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
