import { describe, expect, it } from 'vitest';
import type { TargetSummary } from './targets';
import { shareSentence, shareText } from './targetWords';

const summary = (change: Partial<TargetSummary>): { summary: TargetSummary } => ({
  summary: {
    ...{ there: 5, fallsBack: 5, unknown: 0, macs: 1000, knownMacs: 1000, macsThere: 402, share: 0.402 },
    ...{ atLeast: false, partitions: 1, switches: 1 },
    ...change,
  },
});

describe('the share of the MACs that run on a target', () => {
  it.each([
    ['all known', {}, '40.2 %', '40.2 % of the MACs'],
    ['nothing there', { macsThere: 0, share: 0 }, '0.0 %', '0.0 % of the MACs'],
    ['some layers unknown', { unknown: 2 }, '≥ 40.2 %', '≥ 40.2 % of the MACs'],
    ['no layer known', { unknown: 10, macsThere: 0, share: 0 }, 'unknown', /is not known$/],
    ['MACs known in part', { share: null, macs: null }, '≥ 402', '≥ 402 MACs'],
    ['MACs unknown', { share: null, macs: null, macsThere: 0 }, 'unknown', /is not known$/],
  ])('%s', (_, change, text, sentence) => {
    expect(shareText(summary(change))).toBe(text);
    expect(shareSentence(summary(change))).toMatch(sentence);
  });
});
