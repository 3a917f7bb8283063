import { expect, it } from 'vitest';
import { balance, SUM_WEIGHT } from '../../src/formats/compression/balance';
import { nearestEntries, paletteOf } from '../../src/formats/compression/palette';
import { seededNormal } from '../../src/runtime/random';

const SEED = 4;

it(`balancing never makes worse what it balances, and moves by one entry alone (seed ${SEED})`, () => {
  const normal = seededNormal(SEED);
  let [before, after] = [0, 0];
  for (const bits of [1, 2, 4, 6]) {
    for (let channel = 0; channel < 20; channel++) {
      const weights = Float32Array.from({ length: 200 }, normal);
      const table = paletteOf(weights, bits, Math.fround);
      const elements = Uint32Array.from({ length: 100 }, (_, i) => 2 * i);
      const indices = nearestEntries(weights, table);
      const nearest = indices.slice();
      const objective = () => {
        let [squares, sum] = [0, 0];
        for (const element of elements) {
          const error = (table[indices[element] ?? -1] ?? Number.NaN) - (weights[element] ?? Number.NaN);
          squares += error * error;
          sum += error;
        }
        return { total: squares + SUM_WEIGHT * sum * sum, sum: Math.abs(sum) };
      };
      const first = objective();
      balance({ elements, weights, indices, table });
      const last = objective();
      expect(last.total).toBeLessThanOrEqual(first.total + 1e-9);
      before += first.sum;
      after += last.sum;
      for (const [i, index] of indices.entries()) {
        const moved = Math.abs(index - (nearest[i] ?? Number.NaN));
        expect(moved).toBeLessThanOrEqual(i % 2 === 0 ? 1 : 0);
      }
    }
  }
  expect(after).toBeLessThan(before / 2);
});
