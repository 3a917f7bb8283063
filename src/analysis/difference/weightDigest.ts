import { itemAt } from '../../model/assert';
import { squeezed } from './layout';
import type { Values } from './realValues';

/** Slices along an axis that are compared: more of them tell no more. */
const MAX_SLICES = 64;
/** Slices that unrelated weights are never alike in by chance. */
const ENOUGH_SLICES = 8;
/** Most that digests differ by when one holds the other's weights in 4 bits. */
const ALIKE = 0.15;
/** Fewer slices have to be this near: only the same numbers in another layout or scale are. */
const ALIKE_IN_FEW = 0.002;
/** Rounding to 16 bits alone leaves less. */
const EQUAL = 0.02;

/**
 * What stays of a weight when its dimensions are reordered, its channels scaled by one factor each (as a folded
 * normalization does) and its numbers rounded: figures of the slices along each axis.
 */
export interface WeightDigest {
  readonly axes: readonly AxisDigest[];
}

/** Figures of slices: they do not change with the order of a slice's elements, nor with its scale or sign. */
interface AxisDigest {
  readonly size: number;
  /** |Σw| / √Σw². */
  readonly sums: Float64Array;
  /** ln(n · Σw⁴ / (Σw²)²), n elements. */
  readonly tails: Float64Array;
}

/** One pass over the elements of a weight of this shape. */
export function digestOf(values: Values, shape: readonly number[]): WeightDigest {
  const sizes = squeezed(shape);
  if (sizes.length === 1) return { axes: [ofVector(values)] };
  const axes = sizes.map((size) => ({ size, moments: new Float64Array(3 * size), place: 0 }));
  const fromLast = axes.toReversed();
  for (let index = 0; index < values.length; index++) {
    const value = finite(values[index]);
    const square = value * value;
    for (const { moments: of, place } of axes) {
      const at = 3 * place;
      of[at] = (of[at] ?? Number.NaN) + value;
      of[at + 1] = (of[at + 1] ?? Number.NaN) + square;
      of[at + 2] = (of[at + 2] ?? Number.NaN) + square * square;
    }
    for (const axis of fromLast) {
      axis.place = axis.place + 1 === axis.size ? 0 : axis.place + 1;
      if (axis.place !== 0) break;
    }
  }
  return {
    axes: axes.map(({ size, moments }) => ofSlices(moments, size, values.length / size)),
  };
}

/** A vector is one slice, whose elements no layout reorders: they are compared themselves. */
function ofVector(values: Values): AxisDigest {
  let [squares, sum] = [0, 0];
  for (const value of values) {
    squares += finite(value) ** 2;
    sum += finite(value);
  }
  const scale = (sum < 0 ? -1 : 1) * Math.sqrt(squares / values.length) || 1;
  const sums = probes(values.length).map((index) => finite(values[index]) / scale);
  return { size: values.length, sums, tails: new Float64Array(sums.length) };
}

function ofSlices(moments: Float64Array, size: number, elements: number): AxisDigest {
  const at = probes(size);
  const squares = (index: number) => itemAt(moments, 3 * index + 1) || 1;
  return {
    size,
    sums: at.map((index) => Math.abs(itemAt(moments, 3 * index)) / Math.sqrt(squares(index))),
    tails: at.map((index) =>
      Math.log((itemAt(moments, 3 * index + 2) * elements) / squares(index) ** 2 || 1),
    ),
  };
}

/** Indices that lie evenly along an axis. */
function probes(size: number): Float64Array {
  const count = Math.min(size, MAX_SLICES);
  return Float64Array.from({ length: count }, (_, index) => Math.floor((index * size) / count));
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

/** From 0 for the same weights to 1 for others, along the two axes that fit best. */
export function distance(a: WeightDigest, b: WeightDigest): number {
  let least = 1;
  for (const one of a.axes) {
    for (const other of b.axes) {
      if (one.size === other.size) least = Math.min(least, meanDifference(one, other));
    }
  }
  return least;
}

function meanDifference(a: AxisDigest, b: AxisDigest): number {
  let sum = 0;
  for (let index = 0; index < a.sums.length; index++) {
    const [x, y] = [itemAt(a.sums, index), itemAt(b.sums, index)];
    const ofSums = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    const ofTails = Math.abs(itemAt(a.tails, index) - itemAt(b.tails, index));
    sum += Math.min(1, Math.max(ofSums, ofTails));
  }
  const mean = sum / a.sums.length;
  return mean <= ALIKE_IN_FEW || a.sums.length >= ENOUGH_SLICES ? mean : 1;
}

/** Whether a distance is that of the same weights, as far as rounding lets one say. */
export function isAlike(to: number): boolean {
  return to <= ALIKE;
}

/** Whether a distance is that of digests of the same numbers, without any rounding but that to float16. */
export function isEqual(to: number): boolean {
  return to <= EQUAL;
}

/** Whether a weight is about as near as the nearest one. */
export function isAsNear(to: number, nearest: number): boolean {
  return to <= Math.max(2 * nearest, EQUAL);
}
