import { describe, expect, it } from 'vitest';
import { nearestEntries, paletteOf } from '../../src/formats/compression/palette';
import { seededRandom } from '../../src/runtime/random';

const SEED = 20_251;

/** Sum of squared differences between weights and their nearest entries. */
function loss(weights: ArrayLike<number>, table: ArrayLike<number>): number {
  const indices = nearestEntries(weights, table);
  return Array.from(weights).reduce(
    (sum, value, i) => sum + (value - (table[indices[i] ?? -1] ?? Number.NaN)) ** 2,
    0,
  );
}

/** Equal steps from the smallest weight to the largest. */
function uniform(weights: readonly number[], bits: number): number[] {
  const [low, high] = [Math.min(...weights), Math.max(...weights)];
  return Array.from({ length: 2 ** bits }, (_, i) => low + ((high - low) * i) / (2 ** bits - 1));
}

/** The best loss of all divisions of sorted numbers into so many intervals, by trying all of them. */
function best(sorted: readonly number[], clusters: number): number {
  const spread = (part: readonly number[]) => {
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  if (clusters === 1) return spread(sorted);
  let least = spread(sorted);
  for (let first = 1; first < sorted.length; first++)
    least = Math.min(least, spread(sorted.slice(0, first)) + best(sorted.slice(first), clusters - 1));
  return least;
}

const random = seededRandom(SEED);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const SHAPES: readonly [name: string, draw: () => number][] = [
  ['a normal distribution', normal],
  ['heavy tails', () => normal() ** 5],
  ['two heaps', () => normal() * 0.1 + (random() < 0.5 ? -1 : 1)],
  ['few distinct values', () => Math.round(normal() * 4) / 4],
  ['a uniform distribution', () => random()],
];

describe.each(SHAPES)(`the palette of %s (seed ${SEED})`, (_, draw) => {
  it.each([1, 2, 3, 4, 6, 8])('is never worse than equal steps at %d bits', (bits) => {
    for (const length of [3, 300, 70_000]) {
      const weights = Array.from({ length }, draw);
      const table = paletteOf(weights, bits, Math.fround);
      expect(table).toHaveLength(2 ** bits);
      expect([...table]).toEqual([...table].sort((a, b) => a - b));
      const slack = 1e-9 * weights.reduce((sum, value) => sum + value * value, 0);
      expect(loss(weights, table)).toBeLessThanOrEqual(loss(weights, uniform(weights, bits)) + slack);
    }
  });

  it('is the best of all', () => {
    for (let trial = 0; trial < 20; trial++) {
      const weights = Array.from({ length: 11 }, draw);
      const sorted = weights.toSorted((a, b) => a - b);
      const table = paletteOf(weights, 2, (entry) => entry);
      expect(loss(weights, table)).toBeCloseTo(best(sorted, 4), 6);
    }
  });

  it('of many weights that were not sorted one by one is as good as that of their sorted sample', () => {
    const weights = Float32Array.from({ length: 70_000 }, draw);
    const sample = paletteOf(weights.subarray(0, 60_000), 4, Math.fround);
    expect(loss(weights, paletteOf(weights, 4, Math.fround))).toBeLessThanOrEqual(
      loss(weights, sample) * 1.001,
    );
  });
});

describe('a palette', () => {
  it('holds each of a few values exactly and repeats the last one', () => {
    expect([...paletteOf([2, -1, 2, 0.5], 2, Math.fround)]).toEqual([-1, 0.5, 2, 2]);
    expect([...paletteOf([0, 0], 1, Math.fround)]).toEqual([0, 0]);
  });

  it('gives the lower of two entries that are equally near', () => {
    expect([...nearestEntries([-5, 0.5, 0.50001, 9], [0, 1, 2])]).toEqual([0, 0, 1, 2]);
  });
});
