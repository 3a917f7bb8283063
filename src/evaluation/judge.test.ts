import { describe, expect, it } from 'vitest';
import { seededNormal } from '../runtime/random';
import { isNearer } from './judge';

const score = (bySample: readonly number[], decibels = 30) => ({ decibels, bySample });
const normal = seededNormal(8);
const noise = (size: number) => Array.from({ length: size }, () => 3 * normal());

describe('which of two models is nearer', () => {
  it('is known where samples agree on it, and not where they differ by chance', () => {
    const base = noise(40).map((value) => 30 + value);
    const better = base.map((value, i) => value + 1 + (i % 3) * 0.2);
    expect(isNearer(score(better), score(base))).toBe(true);
    expect(isNearer(score(base), score(better))).toBe(false);
    let taken = 0;
    for (let trial = 0; trial < 200; trial++) {
      const one = noise(40).map((value) => 30 + value);
      const other = noise(40).map((value) => 30 + value);
      if (isNearer(score(one), score(other))) taken++;
    }
    // Two standard errors: one in forty.
    expect(taken).toBeLessThan(20);
  });

  it('is not the one that is better on most samples and ruins a few', () => {
    const base = noise(40).map((value) => 30 + value);
    const better = base.map((value, i) => (i === 0 ? 12 : value + 2));
    expect(isNearer(score(better, 22), score(base, 30))).toBe(false);
    expect(isNearer(score(better, 31), score(base, 30))).toBe(true);
  });

  it('is the one that gives finite values', () => {
    expect(isNearer(score([30, 30]), score([], Number.NEGATIVE_INFINITY))).toBe(true);
    expect(isNearer(score([], Number.NEGATIVE_INFINITY), score([30, 30]))).toBe(false);
  });

  it('is neither where they are the same', () => {
    expect(isNearer(score([30, 31]), score([30, 31]))).toBe(false);
  });
});
