import { describe, expect, it } from 'vitest';
import type { Score } from '../evaluation/judge';
import { bestOf, isHopeless, type Trial } from './int8Trial';

/** Pooled as the mean, which is near enough for scores that hardly differ. */
function score(...bySample: number[]): Score {
  return { decibels: bySample.reduce((sum, own) => sum + own, 0) / bySample.length, bySample };
}

const RUINED: Score = { decibels: Number.NEGATIVE_INFINITY, bySample: [] };

describe('a choice that is dropped before its biases are corrected', () => {
  it('is farther from the float model on average', () => {
    expect(isHopeless(score(20, 21, 22), score(21, 22, 20.5))).toBe(true);
  });

  it('is not one that is nearer on average, whatever single samples say', () => {
    expect(isHopeless(score(30, 10, 24), score(21, 21, 21))).toBe(false);
  });

  it('is not one that is as near', () => {
    expect(isHopeless(score(21, 20), score(20, 21))).toBe(false);
  });

  it('is one with values that are not finite, unless the other has them too', () => {
    expect(isHopeless(RUINED, score(12, 13))).toBe(true);
    expect(isHopeless(RUINED, RUINED)).toBe(false);
    expect(isHopeless(score(12, 13), RUINED)).toBe(false);
  });
});

describe('the correction of biases that is taken', () => {
  const trial = (uncorrected: Score, corrected: Trial['corrected']) =>
    bestOf({ uncorrected, corrected } as unknown as Trial);

  it('is the one that is nearest with significance, the first of those that are as near', () => {
    const median = score(24, 25, 26, 25);
    const chance = score(27, 23, 28, 23);
    const better = score(26, 27, 28, 27);
    expect(
      trial(
        score(20, 21, 22, 21),
        new Map([
          ['median', median],
          ['mean', chance],
        ]),
      ).correction,
    ).toBe('median');
    expect(
      trial(
        score(20, 21, 22, 21),
        new Map([
          ['median', median],
          ['mean', better],
        ]),
      ).correction,
    ).toBe('mean');
  });

  it('is none where it does harm, and stays where nothing says so', () => {
    const before = score(20, 21, 22, 21);
    expect(trial(before, new Map([['median', score(15, 16, 17, 16)]])).correction).toBeNull();
    expect(trial(before, new Map([['median', score(19, 23, 20, 21.5)]])).correction).toBe('median');
    expect(trial(before, new Map())).toEqual({ correction: null, score: before });
  });
});
