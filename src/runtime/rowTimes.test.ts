import { describe, expect, it } from 'vitest';
import type { ProfiledRow } from './engine';
import { boundedCost, profileFactor, rowTime, runsThatCount } from './rowTimes';

const row = (name: string, runs: [microseconds: number, calls?: number, nested?: number][]): ProfiledRow => ({
  name,
  op: 'Conv',
  runs: runs.map(([microseconds, calls = 1, nested = 0]) => ({ microseconds, calls, nested })),
});
const COST = { inside: 2, outside: 3 };

describe('times of rows', () => {
  it('are without what the profiler added, for each call', () => {
    expect(rowTime(row('a', [[12], [12]]), COST)).toBeCloseTo(0.01);
    expect(rowTime(row('loop body', [[100, 10]]), COST)).toBeCloseTo(0.08);
    expect(rowTime(row('loop', [[50, 1, 10]]), COST)).toBeCloseTo(0.018);
  });

  it('are never negative, and unknown only where nothing ran', () => {
    expect(rowTime(row('quick', [[1]]), COST)).toBeGreaterThan(0);
    expect(rowTime(row('branch', [[0, 0]]), COST)).toBeNull();
  });

  it('are those of the runs after the warm-up that nothing interrupted', () => {
    const profile = { rows: [row('a', [[900], [12], [5000], [12]])], runs: 4, events: 4 };
    const [counted] = runsThatCount(profile, [true, false, true]);
    expect(counted?.runs.map(({ microseconds }) => microseconds)).toEqual([12, 12]);
    expect(rowTime(counted as ProfiledRow, COST)).toBeCloseTo(0.01);
  });
});

describe('boundedCost', () => {
  it('is at most what the quickest row took', () => {
    expect(boundedCost([row('a', [[10]]), row('b', [[1.5], [1.5]])], COST)).toEqual({
      inside: 1.5,
      outside: 3,
    });
    expect(boundedCost([row('a', [[10]])], COST)).toEqual(COST);
  });
});

describe('profileFactor', () => {
  it('is the sum of the rows over the unprofiled run, which a slow moment does not change', () => {
    const rows = [row('a', [[502], [502], [5002]]), row('b', [[502], [502], [5002]])];
    expect(profileFactor(rows, COST, [1, 1, 10])).toBeCloseTo(1);
    expect(profileFactor(rows, COST, [1, 50, 10])).toBeCloseTo(1);
  });
});
