import { describe, expect, it } from 'vitest';
import {
  type Bound,
  boundLine,
  boundShares,
  type CeilingsReport,
  judge,
  type LayerRoofline,
  memoryCeiling,
  type RooflineReport,
} from './roofline';

/** 10 GMAC/s, 1 GB/s. */
const WORK = { macs: 1e6, movedBytes: 1e4, medianMs: 0.15, macsCeiling: 1e10, bytesCeiling: 1e9 };

describe('a layer below its ceilings', () => {
  it.each<[string, Partial<typeof WORK>, Bound, number]>([
    ['computes two thirds of its time', {}, 'compute', 0.1 / 0.15],
    ['moves bytes for two thirds of it', { macs: 1e5, movedBytes: 1e5 }, 'memory', 0.1 / 0.15],
    ['does neither for half of it', { medianMs: 0.21 }, 'overhead', 0.1 / 0.21],
    ['multiplies nothing', { macs: 0, movedBytes: 1e5 }, 'memory', 0.1 / 0.15],
    ['is faster than the ceiling, from a nearer cache', { macs: 0, movedBytes: 3e5 }, 'memory', 2],
  ])('that %s', (_, change, bound, reached) => {
    const judged = judge({ ...WORK, ...change });
    expect(judged.bound).toBe(bound);
    expect(judged.reached).toBeCloseTo(reached, 6);
  });

  it.each<[string, { [K in keyof typeof WORK]?: null }]>([
    ['MACs', { macs: null }],
    ['bytes', { movedBytes: null }],
    ['time', { medianMs: null }],
    ['ceiling of memory', { bytesCeiling: null }],
    ['ceiling of computing', { macsCeiling: null }],
  ])('is not judged without its %s', (_, change) => {
    expect(judge({ ...WORK, ...change })).toEqual({ reached: null, bound: null });
  });
});

describe('the ceiling of memory', () => {
  const ceilings = {
    memory: [
      { workingBytes: 100, bytesPerSecond: 60 },
      { workingBytes: 1000, bytesPerSecond: 20 },
    ],
  } as CeilingsReport;

  it.each([
    [1, 60],
    [100, 60],
    [101, 20],
    [5000, 20],
  ])('for %i bytes is %i', (bytes, rate) => {
    expect(memoryCeiling(ceilings, bytes)).toBe(rate);
  });

  it('is unknown where none was measured', () => {
    expect(memoryCeiling({ ...ceilings, memory: [] }, 1)).toBeNull();
  });
});

describe('what a model is bound by', () => {
  const layer = (medianMs: number | null, bound: Bound | null) => ({ medianMs, bound }) as LayerRoofline;
  const report = (layers: LayerRoofline[], unknown?: string) =>
    ({ ceilings: null, layers, ...(unknown === undefined ? {} : { unknown }) }) as RooflineReport;

  it('is said by shares of the time, the largest first', () => {
    const layers = [layer(1, 'overhead'), layer(6, 'memory'), layer(1, 'memory'), layer(null, null)];
    expect(boundShares(report(layers))).toEqual([
      { bound: 'memory', share: 0.875, layers: 2 },
      { bound: 'overhead', share: 0.125, layers: 1 },
    ]);
    expect(boundLine(report(layers))).toBe(
      '87.5 % of the time is bound by memory (2 layers), 12.5 % by overhead (1 layer).',
    );
  });

  it('is the reason alone where nothing is known', () => {
    expect(boundLine(report([layer(1, null)], 'Not measured.'))).toBe('Not measured.');
  });
});
