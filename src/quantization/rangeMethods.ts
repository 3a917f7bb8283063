import type { Range } from '../formats/plan';
import { present } from '../model/assert';
import { type Extremes, rangesFrom } from './calibrate';
import { type Histogram, leastErrorRange, percentileRange } from './histograms';

/** How the range of a tensor is found: by its samples' extremes, or by how its values are distributed. */
export const RANGE_METHODS = ['minmax', 'average', 'percentile', 'least error'] as const;
export type RangeMethod = (typeof RANGE_METHODS)[number];

/**
 * Ranges of every tensor by one of the methods.
 * @param histograms of what is distributed; tensors that are not in it have their extremes
 * @param steps of the integers: 255 for 8 bits
 * @param whole tensors that models are judged by: what is cut off there is an error as such, and the farthest of logits
 * are those that decide, so that their ranges are their extremes by every method
 */
export function rangesByMethod(
  method: RangeMethod,
  extremes: ReadonlyMap<string, Extremes>,
  histograms: ReadonlyMap<string, Histogram>,
  steps: number,
  whole: readonly string[],
): Map<string, Range> {
  const minmax = rangesFrom(extremes, 'minmax');
  if (method === 'minmax') return minmax;
  const others =
    method === 'average'
      ? rangesFrom(extremes, 'average')
      : new Map(
          [...minmax].map(([tensor, range]) => {
            // A tensor of which nothing but zeros was seen again has no distribution.
            const histogram = histograms.get(tensor);
            if (histogram === undefined) return [tensor, range] as const;
            const own =
              method === 'percentile' ? percentileRange(histogram) : leastErrorRange(histogram, steps);
            return [tensor, own] as const;
          }),
        );
  return withMethod(
    others,
    whole.filter((tensor) => minmax.has(tensor)),
    minmax,
  );
}

/** The same ranges, but these tensors by another method. */
export function withMethod(
  ranges: ReadonlyMap<string, Range>,
  tensors: Iterable<string>,
  others: ReadonlyMap<string, Range>,
): Map<string, Range> {
  const result = new Map(ranges);
  for (const tensor of tensors) result.set(tensor, present(others.get(tensor), `range of ${tensor}`));
  return result;
}

/** A range that differs by less, in parts of its width, makes no difference that could be measured. */
const ALIKE = 0.02;

/** Tensors whose ranges differ noticeably between two methods. */
export function differingTensors(
  a: ReadonlyMap<string, Range>,
  b: ReadonlyMap<string, Range>,
  tensors: Iterable<string>,
): string[] {
  return [...tensors].filter((tensor) => {
    const [one, other] = [a.get(tensor), b.get(tensor)];
    if (one === undefined || other === undefined) return false;
    const width = Math.max(one.max - one.min, other.max - other.min);
    return Math.abs(one.min - other.min) + Math.abs(one.max - other.max) > ALIKE * width;
  });
}
