import { describe, expect, it } from 'vitest';
import type { Accuracy, Comparison, Totals } from './reports';
import { layersSummary, summary, summaryOverCleaned, unmeasured } from './summary';

const latency = { median: 1, p90: 1, ci95: [1, 1] as [number, number] };

const TOTALS: Totals = {
  layers: 0,
  nodesWithSubgraphs: 0,
  initializerElements: 0,
  parameters: 0,
  parameterBytes: 1,
  knownParameters: 0,
  knownParameterBytes: 1,
  activationBytes: null,
  knownActivationBytes: 0,
  peakActivationBytes: null,
  knownPeakActivationBytes: 0,
  peakNode: null,
  macs: null,
  knownMacs: 0,
  elementOps: null,
  knownElementOps: 0,
};

const NOT_RUN = { latencyMs: null, accuracy: null, engine: null, cpu: null, threads: null } as const;

function comparison(change: Partial<Comparison>): Comparison {
  return {
    version: 1,
    input: 'a.onnx',
    output: 'b.onnx',
    format: { before: 'onnx', after: 'onnx' },
    totals: { before: TOTALS, after: TOTALS },
    bytesByType: { before: {}, after: {} },
    changes: [],
    statuses: { unchanged: 0, changed: 0, added: 0, removed: 0, folded: 0 },
    bytes: { before: 2_600_000, after: 1_000_000 },
    parameterBytes: { before: 1, after: 1 },
    peakActivationBytes: { before: null, after: null },
    latencyMs: {
      before: latency,
      after: latency,
      speedup: { ratio: 1.4, ci95: [1.35, 1.46], verdict: 'faster' },
    },
    engine: 'e',
    cpu: 'c',
    threads: 1,
    accuracy: {
      samples: 200,
      data: 'd',
      sqnrDb: 29.44,
      identical: false,
      top1Agreement: 0.985,
      top1: { before: 0.97, after: 0.965 },
    },
    seconds: 1,
    layers: [],
    warnings: [],
    ...change,
  };
}

const without = { samples: 8, data: 'random', sqnrDb: 29.44, identical: false, top1Agreement: null };

describe('the summary', () => {
  it('names size, latency and accuracy', () => {
    expect(summary(comparison({}))).toBe('2.60× smaller, 1.40× faster (1.35–1.46), top-1 97.0 → 96.5 %.');
  });

  it('says plainly that it is not faster', () => {
    const speedup = { ratio: 0.8, ci95: [0.75, 0.84] as [number, number], verdict: 'slower' as const };
    const slower = comparison({ latencyMs: { before: latency, after: latency, speedup } });
    expect(summary(slower)).toContain('not faster on this computer: 0.80× the speed (0.75–0.84)');
  });

  it('says that no difference was measured', () => {
    const speedup = {
      ratio: 1,
      ci95: [0.97, 1.03] as [number, number],
      verdict: 'no difference measured' as const,
    };
    const same = comparison({
      bytes: { before: 5, after: 5 },
      latencyMs: { before: latency, after: latency, speedup },
    });
    expect(summary(same)).toMatch(/^Same size, no difference in latency measured \(1\.00×, 0\.97–1\.03\)/);
  });

  it('takes the best accuracy that there is', () => {
    expect(summary(comparison({ accuracy: { ...without, top1Agreement: 1 } }))).toMatch(
      /the same top class for 100\.0 % of 8 samples\.$/,
    );
    const tokens = { ...without, top1Agreement: 0.995, positions: 1024 };
    expect(summary(comparison({ accuracy: tokens }))).toMatch(
      /the same top class for 99\.5 % of 1,024 positions of 8 samples\.$/,
    );
    expect(summary(comparison({ accuracy: without }))).toMatch(/29\.4 dB SQNR over 8 samples\.$/);
    expect(summary(comparison({ accuracy: { ...without, sqnrDb: null, identical: true } }))).toMatch(
      /identical outputs\.$/,
    );
    expect(summary(comparison({ accuracy: { ...without, sqnrDb: null }, latencyMs: null }))).toBe(
      '2.60× smaller, latency not measured.',
    );
  });

  it('warns of a poor result: below 20 dB or 98 % of samples with the same top class', () => {
    const said = (change: Partial<Accuracy>) => summary(comparison({ accuracy: { ...without, ...change } }));
    for (const fine of [{ sqnrDb: 20 }, { top1Agreement: 0.98 }]) expect(said(fine)).not.toContain('Poor');
    expect(said({ sqnrDb: 5.3 })).toBe(
      '2.60× smaller, 1.40× faster (1.35–1.46). Poor accuracy: 5.3 dB SQNR, over 8 samples.',
    );
    expect(said({ top1Agreement: 0.9 })).toMatch(
      /Poor accuracy: the same top class for only 90\.0 %, over 8 samples\.$/,
    );
    expect(said({ top1Agreement: 0.9, top1: { before: 0.8, after: 0.7 } })).toMatch(
      /top-1 80\.0 → 70\.0 %\. Poor accuracy: /,
    );
    const worstOutput = { name: 'boxes', sqnrDb: 7 };
    expect(said({ worstOutput })).toMatch(/Poor accuracy: 7\.0 dB at the worst output, over/);
    expect(said({ sqnrDb: null, notFinite: true })).toMatch(/no output is a finite number/);
  });

  it('compares with the cleaned float model where it was measured', () => {
    expect(summaryOverCleaned(comparison({}))).toBe('');
    const speedup = { ratio: 1.2, ci95: [1.15, 1.25] as [number, number], verdict: 'faster' as const };
    const cleaned = comparison({
      latencyMs: { before: latency, cleaned: latency, after: latency, speedup, speedupOverCleaned: speedup },
    });
    expect(summaryOverCleaned(cleaned)).toBe('Against the cleaned float model: 1.20× faster (1.15–1.25).');
  });

  it('says which layers differ where nothing was run', () => {
    const statuses = { unchanged: 60, changed: 3, added: 1, removed: 0, folded: 2 };
    const report = comparison({ ...NOT_RUN, statuses });
    expect(summary(report)).toBe('2.60× smaller, 3 layers changed, 1 added, 2 folded.');
    expect(unmeasured(report)).toMatch(/were not run/);
    expect(layersSummary(report)).toBe('');
    expect(layersSummary(comparison({ statuses }))).toBe('3 layers changed, 1 added, 2 folded.');
  });

  it('calls models the same only where nothing at all differs', () => {
    expect(summary(comparison(NOT_RUN))).toBe('The two models are the same.');
    const changes = [{ what: 'producer', before: 'a', after: 'b' }];
    expect(summary(comparison({ ...NOT_RUN, changes }))).toBe('2.60× smaller, no layer changed.');
    const format = { before: 'onnx', after: 'tflite' };
    expect(summary(comparison({ ...NOT_RUN, format }))).toBe(
      '2.60× smaller, the same layers in two formats.',
    );
  });
});
