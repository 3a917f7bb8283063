import { itemAt } from '../model/assert';
import type { Interval, Verdict } from '../protocol/reports';
import { seededRandom } from './random';

/** Of a sorted list, with linear interpolation between neighbours; `fraction` from 0 to 1. */
function quantileSorted(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (position - below);
}

/** NaN of an empty list. */
export function quantile(values: ArrayLike<number>, fraction: number): number {
  return quantileSorted(Float64Array.from(values).sort(), fraction);
}

/** NaN of an empty list. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Mean of the middle half: as steady as a median, and finer where values are counted in whole units. */
export function midmean(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.subarray(cut, sorted.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** Median of the averages of all pairs, each value with itself too (Hodges and Lehmann, 1963): nearly as exact as a mean, and one wild value does not move it. */
export function hodgesLehmann(values: readonly number[]): number {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  values.forEach((first, index) => {
    for (let other = index; other < values.length; other++) {
      averages[at++] = (first + itemAt(values, other)) / 2;
    }
  });
  averages.sort();
  return quantileSorted(averages, 0.5);
}

/** More would not change the second digit of an interval. */
const RESAMPLES = 2000;

/**
 * A 95 % interval of a statistic by bootstrap: percentiles of its values on samples drawn with replacement.
 * With few values plain percentiles give too narrow an interval; they are widened as Student's t is wider than
 * the normal distribution (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, section 5.3).
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  seed: number,
): Interval {
  const random = seededRandom(seed);
  const draw = () => values[Math.floor(random() * values.length)] ?? Number.NaN;
  const results = new Float64Array(RESAMPLES);
  for (let index = 0; index < RESAMPLES; index++) results[index] = statistic(values.map(draw));
  results.sort();
  const tail = widenedTail(values.length);
  return [quantileSorted(results, tail), quantileSorted(results, 1 - tail)];
}

/**
 * The interval in which a repetition of the measurement lies in 95 % of cases: wider than that of the true value, since
 * the repetition is uncertain as well, and never narrower than `apart` to both sides (a difference of logarithms),
 * which is what repetitions differ by even where the values in each are all alike.
 */
export function repetitionInterval([low, high]: Interval, value: number, apart: number): Interval {
  const wider = (side: number) => Math.hypot(Math.SQRT2 * Math.log(side), apart);
  return [value * Math.exp(-wider(value / low)), value * Math.exp(wider(high / value))];
}

/** 97.5 % points of Student's t by degrees of freedom, from 1. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086,
];
const Z_975 = 1.96;

function widenedTail(count: number): number {
  if (count < 2) return 0;
  return normalTail(Math.sqrt(count / (count - 1)) * (T_975[count - 2] ?? Z_975));
}

/** P(Z > z) of the normal distribution for z ≥ 0, by the integral of its density (Simpson's rule up to 10 σ). */
function normalTail(z: number): number {
  const steps = 200;
  const width = (10 - Math.min(z, 10)) / steps;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(z + steps * width);
  for (let step = 1; step < steps; step++) sum += density(z + step * width) * (step % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}

/** Ratios nearer to 1 than this are no difference that anybody would notice: `definitions`, speed-up. */
export const NO_DIFFERENCE: Interval = [0.98, 1.02];

/** Verdict on latency before / after by the ratio's interval. */
export function verdict([low, high]: Interval): Verdict {
  if (low > NO_DIFFERENCE[1]) return 'faster';
  if (high < NO_DIFFERENCE[0]) return 'slower';
  return 'no difference measured';
}
