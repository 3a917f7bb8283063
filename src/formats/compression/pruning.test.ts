import { expect, it } from 'vitest';
import { magnitudeMask } from './pruning';

it('takes away the smallest weights, whatever their sign', () => {
  expect([...magnitudeMask([3, -1, 0.5, -4], 0.5)]).toEqual([1, 0, 0, 1]);
  expect([...magnitudeMask([3, -1, 0.5, -4], 0.3)]).toEqual([1, 1, 0, 1]);
  expect([...magnitudeMask([3, -1], 0.1)]).toEqual([1, 1]);
});

it('takes away exactly the share that was asked for where weights are equal', () => {
  const mask = magnitudeMask(new Float32Array(10).fill(0.1), 0.3);
  expect([...mask]).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  for (const share of [0.1, 0.25, 0.5, 0.99]) {
    const weights = Float32Array.from({ length: 200 }, (_, i) => (i * 7) % 13);
    const kept = magnitudeMask(weights, share).reduce((sum, bit) => sum + bit, 0);
    expect(kept).toBe(200 - Math.floor(200 * share));
  }
});
