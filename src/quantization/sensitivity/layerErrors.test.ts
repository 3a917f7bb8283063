import { expect, it } from 'vitest';
import { itemAt } from '../../model/assert';
import { seededRandom } from '../../runtime/random';
import { decibelsOf, errorOf, layerErrors } from './layerErrors';

/** Errors that add up, a few of them large, as in models with a handful of layers that lose all. */
function errorsOf(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => (random() < 0.08 ? 0.05 * random() : 1e-5 * random()));
}

it('finds the layers that lose most exactly, and what all lose together', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const truth = errorsOf(seed, 20 + seed * 3);
    const total = truth.reduce((a, b) => a + b, 0);
    let calls = 0;
    const found = await layerErrors(
      truth.length,
      async (layers) => {
        calls++;
        return layers.reduce((sum, layer) => sum + itemAt(truth, layer), 0);
      },
      () => true,
    );
    expect(found.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 9);
    for (const [layer, error] of truth.entries())
      if (error > 0.05 * total) expect(found[layer], `seed ${seed}, layer ${layer}`).toBeCloseTo(error, 4);
    expect(calls).toBeLessThan(truth.length + 70);
  }
});

it('shares the error of a group when there is no more time', async () => {
  const found = await layerErrors(
    16,
    async (layers) => layers.length,
    () => false,
  );
  expect(found).toEqual(new Array(16).fill(1));
});

it('measures each layer once where there are few', async () => {
  expect(
    await layerErrors(
      3,
      async ([layer = 0]) => layer,
      () => true,
    ),
  ).toEqual([0, 1, 2]);
});

it('says errors in decibels, and decibels as errors', () => {
  expect(errorOf(20)).toBeCloseTo(0.01, 12);
  expect(errorOf(Number.POSITIVE_INFINITY)).toBe(0);
  expect(errorOf(Number.NEGATIVE_INFINITY)).toBeLessThan(Number.POSITIVE_INFINITY);
  expect(decibelsOf([0.006, 5, 0.004], [0, 2])).toBeCloseTo(20, 9);
});
