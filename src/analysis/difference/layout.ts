import { itemAt } from '../../model/assert';
import type { Values } from './realValues';

/** Dimensions above 1 of a weight whose orders are tried: 120 at most. */
const MAX_RANK = 5;
/** Elements that decide between several orders of the dimensions that all fit the shapes. */
const PROBES = 2048;

/**
 * How the dimensions of one tensor may lie in another that holds the same elements: orders `p` such that
 * `after[k] = before[p[k]]`, dimensions of 1 aside. The order as it is comes first; none fits where sizes differ.
 */
export function orders(before: readonly number[], after: readonly number[]): number[][] {
  const [from, to] = [squeezed(before), squeezed(after)];
  if (from.length !== to.length || from.length > MAX_RANK) return [];
  const found: number[][] = [];
  const extend = (order: number[]): void => {
    const size = to[order.length];
    if (size === undefined) {
      found.push(order);
      return;
    }
    for (const [axis, candidate] of from.entries()) {
      if (candidate === size && !order.includes(axis)) extend([...order, axis]);
    }
  };
  extend([]);
  return found;
}

/** A shape without its dimensions of 1, which no layout tells apart. */
export function squeezed(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

/** The elements of a tensor of this shape in another order of its dimensions. */
export function reordered(values: Values, shape: readonly number[], order: readonly number[]): Values {
  if (order.every((axis, index) => axis === index)) return values;
  const result = new Float64Array(values.length);
  const at = indexer(squeezed(shape), order);
  for (let index = 0; index < result.length; index++) result[index] = values[at(index)] ?? Number.NaN;
  return result;
}

/** Of several orders that fit the one under which `before` is nearest to `after`, judged by some elements. */
export function nearestOrder(
  candidates: readonly number[][],
  before: Values,
  shape: readonly number[],
  after: Values,
): number[] | null {
  if (candidates.length < 2) return candidates[0] ?? null;
  const dimensions = squeezed(shape);
  // A step that no dimension divides evenly, so that the probes lie in all places.
  const step = Math.max(1, Math.floor(after.length / PROBES)) | 1;
  let [best, least] = [candidates[0] ?? null, Number.POSITIVE_INFINITY];
  for (const order of candidates) {
    const at = indexer(dimensions, order);
    let distance = 0;
    for (let index = 0; index < after.length; index += step) {
      distance += ((before[at(index)] ?? Number.NaN) - (after[index] ?? Number.NaN)) ** 2;
    }
    if (distance < least) [best, least] = [order, distance];
  }
  return best;
}

/** Where the element of the reordered tensor lies in the first one. */
function indexer(dimensions: readonly number[], order: readonly number[]): (index: number) => number {
  const strides = dimensions.map((_, axis) => dimensions.slice(axis + 1).reduce((a, b) => a * b, 1));
  const axes = order
    .map((axis) => ({ size: itemAt(dimensions, axis), step: itemAt(strides, axis) }))
    .reverse();
  return (index) => {
    let place = 0;
    let rest = index;
    for (const { size, step } of axes) {
      place += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    return place;
  };
}
