import { describe, expect, it } from 'vitest';
import { correctionsFrom } from './biasCorrection';

/** Shifts of one channel, one a sample. */
const shifts = (values: readonly number[]) => new Map([['7', values.map((value) => Float32Array.of(value))]]);

describe('corrections from the shifts of samples', () => {
  it('are their mean, their median, or the mean of their middle half', () => {
    const given = shifts([1, 2, 3, 4, 5, 6, 7, 20]);
    expect(correctionsFrom(given, 'mean').get('7')?.[0]).toBeCloseTo(6, 5);
    expect(correctionsFrom(given, 'median').get('7')?.[0]).toBeCloseTo(4.5, 5);
    expect(correctionsFrom(given, 'middle half').get('7')?.[0]).toBeCloseTo(4.5, 5);
    expect(correctionsFrom(shifts([3, 1, 2]), 'median').get('7')?.[0]).toBe(2);
  });

  it('of a layer are none where a shift is not finite', () => {
    expect(correctionsFrom(shifts([1, Number.NaN]), 'mean').size).toBe(0);
  });
});
