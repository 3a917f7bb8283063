import { itemAt } from '../../model/assert';

/**
 * Palettes (look-up tables) of weights: the k numbers that leave the smallest sum of squared differences, k-means in
 * one dimension. There clusters are intervals, so that dynamic programming over sorted values finds the best division
 * (Wang and Song, "Ckmeans.1d.dp", The R Journal 3/2, 2011; divide and conquer over its monotone argument). It is
 * exact where a tensor has few distinct values; else it starts from groups of neighbouring values, and Lloyd's
 * algorithm moves the borders between all of them.
 */

/** Weights up to this many are sorted one by one; of more, those that agree in the bits of a float16 are one point. */
const SORTED_WEIGHTS = 2 ** 16;

/**
 * Groups that the dynamic program works on, and at least so many for each entry of the table. Four times as many gained
 * 0.0002 dB on the sample's weights in 4 bits.
 */
const GROUPS = 256;
const GROUPS_AN_ENTRY = 8;

/** Lloyd's algorithm converges within some 20 rounds from there; a bound for what it may cost. */
const MAX_ROUNDS = 100;

/** float32 without the last bits of its fraction: sign, exponent and the 10 bits that a float16 has. */
const DROPPED_BITS = 13;

/** Sorted values with how often each is there; sums before each of them make means of intervals cheap. */
interface Points {
  readonly values: Float64Array;
  /** Of counts, values and squares of what lies before, from a centre that keeps them small. */
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly centre: number;
}

/**
 * The table of 2^bits entries, in ascending order. Where there are fewer distinct weights the last entry is repeated.
 *
 * @param weights finite numbers, at least one.
 * @param round an entry to the type that it is stored in.
 */
export function paletteOf(
  weights: ArrayLike<number>,
  bits: number,
  round: (entry: number) => number,
): Float32Array {
  const size = 2 ** bits;
  const points = weights.length <= SORTED_WEIGHTS ? sortedPoints(weights) : binnedPoints(weights);
  const centres = points.values.length <= size ? [...points.values] : refined(points, seeds(points, size));
  const table = new Float32Array(size);
  for (let i = 0; i < size; i++) table[i] = round(itemAt(centres, Math.min(i, centres.length - 1)));
  return table;
}

/** The index of the nearest entry of an ascending table for each weight; between two the lower one. */
export function nearestEntries(weights: ArrayLike<number>, table: ArrayLike<number>): Uint8Array {
  const borders = new Float64Array(table.length - 1);
  for (let i = 0; i < borders.length; i++)
    borders[i] = ((table[i] ?? Number.NaN) + (table[i + 1] ?? Number.NaN)) / 2;
  const indices = new Uint8Array(weights.length);
  for (let i = 0; i < indices.length; i++) indices[i] = firstNotBelow(borders, weights[i] ?? Number.NaN);
  return indices;
}

/** The first of ascending numbers that is not below a value; their count where all are. */
function firstNotBelow(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Number.NaN) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedPoints(weights: ArrayLike<number>): Points {
  const sorted = Float64Array.from(weights).sort();
  const values: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    const last = values.length - 1;
    if (last >= 0 && values[last] === value) counts[last] = (counts[last] ?? Number.NaN) + 1;
    else {
      values.push(value);
      counts.push(1);
    }
  }
  return pointsOf(values, counts);
}

function binnedPoints(weights: ArrayLike<number>): Points {
  const bins = 2 ** (32 - DROPPED_BITS);
  const counts = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  for (let i = 0; i < weights.length; i++) {
    float[0] = weights[i] ?? Number.NaN;
    const bin = (word[0] ?? Number.NaN) >>> DROPPED_BITS;
    counts[bin] = (counts[bin] ?? Number.NaN) + 1;
    sums[bin] = (sums[bin] ?? Number.NaN) + (weights[i] ?? Number.NaN);
  }
  const values: number[] = [];
  const each: number[] = [];
  const half = bins / 2;
  for (let i = 0; i < bins; i++) {
    // Negative numbers come first, and the larger their bits the smaller they are.
    const bin = i < half ? bins - 1 - i : i - half;
    const count = counts[bin] ?? Number.NaN;
    if (count === 0) continue;
    values.push((sums[bin] ?? Number.NaN) / count);
    each.push(count);
  }
  return pointsOf(values, each);
}

function pointsOf(values: readonly number[], each: readonly number[]): Points {
  const length = values.length;
  const total = each.reduce((sum, count) => sum + count, 0);
  const centre = values.reduce((sum, value, i) => sum + value * (each[i] ?? Number.NaN), 0) / total;
  const counts = new Float64Array(length + 1);
  const sums = new Float64Array(length + 1);
  const squares = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) {
    const count = each[i] ?? Number.NaN;
    const value = (values[i] ?? Number.NaN) - centre;
    counts[i + 1] = (counts[i] ?? Number.NaN) + count;
    sums[i + 1] = (sums[i] ?? Number.NaN) + count * value;
    squares[i + 1] = (squares[i] ?? Number.NaN) + count * value * value;
  }
  return { values: Float64Array.from(values), counts, sums, squares, centre };
}

/** Where each cluster of the best division of the groups begins, as indices of points; the first is 0. */
function seeds(points: Points, size: number): Uint32Array {
  const groups = groupsOf(points, Math.max(GROUPS, GROUPS_AN_ENTRY * size));
  const count = groups.length - 1;
  const at = (prefix: Float64Array) => Float64Array.from(groups, (point) => prefix[point] ?? Number.NaN);
  const [counts, sums, squares] = [at(points.counts), at(points.sums), at(points.squares)];
  /** Squared differences from their mean of the groups from one to before another. */
  const cost = (from: number, to: number): number => {
    const sum = (sums[to] as number) - (sums[from] as number);
    const weight = (counts[to] as number) - (counts[from] as number);
    const spread =
      (squares[to] as number) - (squares[from] as number) - (sum * sum) / (weight > 1 ? weight : 1);
    return spread > 0 ? spread : 0;
  };
  let best = Float64Array.from({ length: count + 1 }, (_, to) => cost(0, to));
  const begins = new Uint16Array((size + 1) * (count + 1));
  for (let clusters = 2; clusters <= size; clusters++) {
    const next = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
    const row = clusters * (count + 1);
    const before = best;
    // The last cluster's beginning never moves back as more groups are divided.
    const solve = (low: number, high: number, first: number, last: number): void => {
      if (low > high) return;
      const to = (low + high) >>> 1;
      let least = Number.POSITIVE_INFINITY;
      let where = first;
      const end = Math.min(last, to - 1);
      for (let from = Math.max(first, clusters - 1); from <= end; from++) {
        const found = (before[from] as number) + cost(from, to);
        if (found >= least) continue;
        least = found;
        where = from;
      }
      next[to] = least;
      begins[row + to] = where;
      solve(low, to - 1, first, where);
      solve(to + 1, high, where, last);
    };
    solve(clusters, count, clusters - 1, count - 1);
    best = next;
  }
  const starts = new Uint32Array(size);
  let end = count;
  for (let clusters = size; clusters > 1; clusters--) {
    end = itemAt(begins, clusters * (count + 1) + end);
    starts[clusters - 1] = itemAt(groups, end);
  }
  return starts;
}

/**
 * Borders of at most so many groups of neighbouring points, 0 and their number among them. Where there are more
 * points a group has as much of ∫ p^(1/3) as any other, which is how the best quantizer of many levels divides a
 * density p (Panter and Dite, 1951).
 */
function groupsOf({ values, counts }: Points, most: number): Uint32Array {
  const length = values.length;
  if (length <= most) return Uint32Array.from({ length: length + 1 }, (_, i) => i);
  const mass = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) {
    const [before, here, after] = [values[i - 1], values[i] ?? Number.NaN, values[i + 1]];
    const width = ((after ?? here) - (before ?? here)) / 2;
    const count = (counts[i + 1] ?? Number.NaN) - (counts[i] ?? Number.NaN);
    mass[i + 1] = (mass[i] ?? Number.NaN) + Math.cbrt(count * width * width);
  }
  const total = mass[length] ?? Number.NaN;
  const borders = [0];
  for (let i = 1; i < length; i++) {
    const last = itemAt(borders, borders.length - 1);
    if ((mass[i] ?? Number.NaN) >= (borders.length / most) * total && i > last) borders.push(i);
  }
  borders.push(length);
  return Uint32Array.from(borders);
}

/** Lloyd's algorithm over all points: borders halfway between means, means between borders. */
function refined({ values, counts, sums, centre }: Points, starts: Uint32Array): number[] {
  const size = starts.length;
  let borders = starts;
  let means: Float64Array = new Float64Array(size);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const previous = means;
    means = Float64Array.from(borders, (from, i) => {
      const to = borders[i + 1] ?? values.length;
      const count = (counts[to] ?? Number.NaN) - (counts[from] ?? Number.NaN);
      // A cluster that lost all its points stays where it was.
      return count === 0
        ? (previous[i] ?? Number.NaN)
        : ((sums[to] ?? Number.NaN) - (sums[from] ?? Number.NaN)) / count + centre;
    });
    const next = Uint32Array.from(means, (mean, i) =>
      i === 0 ? 0 : firstNotBelow(values, ((means[i - 1] ?? Number.NaN) + mean) / 2),
    );
    if (next.every((border, i) => border === borders[i])) break;
    borders = next;
  }
  return [...means];
}
