import { describe, expect, it } from 'vitest';
import { RECIPES } from './recipes';
import type { Accuracy, Comparison, MeasuredDevice, QuantizeReport, Totals, Verdict } from './reports';
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

const without = { samples: 8, data: 'images', sqnrDb: 29.44, identical: false, top1Agreement: null };

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
      'Poor accuracy: 5.3 dB SQNR, over 8 samples. 2.60× smaller, 1.40× faster (1.35–1.46).',
    );
    expect(said({ top1Agreement: 0.9 })).toMatch(
      /^Poor accuracy: the same top class for only 90\.0 %, over 8 samples\. /,
    );
    expect(said({ top1Agreement: 0.9, top1: { before: 0.8, after: 0.7 } })).toMatch(
      /^Poor accuracy: .*top-1 80\.0 → 70\.0 %\.$/,
    );
    const worstOutput = { name: 'boxes', sqnrDb: 7 };
    expect(said({ worstOutput })).toMatch(/^Poor accuracy: 7\.0 dB at the worst output, over/);
    expect(said({ sqnrDb: null, notFinite: true })).toMatch(/no output is a finite number/);
  });

  it('does not call agreement on random data accuracy', () => {
    const random = (change: Partial<Accuracy>) =>
      summary(comparison({ accuracy: { ...without, data: 'random', ...change } }));
    expect(random({ top1Agreement: 1 })).toMatch(
      /the same top class for 100\.0 % of 8 random inputs, which says nothing of accuracy\.$/,
    );
    expect(random({})).toMatch(/29\.4 dB SQNR over 8 random inputs, which says nothing of accuracy\.$/);
    expect(random({ identical: true })).toMatch(/identical outputs on 8 random inputs\.$/);
    expect(random({ sqnrDb: 5 })).toMatch(/^Poor agreement: 5\.0 dB SQNR, over 8 random inputs\. /);
  });

  it('names an output that is far worse than all together, before anything else', () => {
    const worstOutput = { name: 'boxes', sqnrDb: 25 };
    expect(summary(comparison({ accuracy: { ...without, sqnrDb: 36, worstOutput } }))).toBe(
      'One output is far worse than the rest: boxes: 25.0 dB, over 8 samples. ' +
        '2.60× smaller, 1.40× faster (1.35–1.46), 36.0 dB SQNR of all outputs together over 8 samples.',
    );
    const worse = { name: 'boxes', sqnrDb: 7.3 };
    expect(summary(comparison({ accuracy: { ...without, sqnrDb: 36, worstOutput: worse } }))).toMatch(
      /^Poor accuracy: 7\.3 dB at the worst output, over 8 samples\. /,
    );
  });

  describe('of a quantized model', () => {
    const timed = (verdict: Verdict, overCleaned: Verdict = verdict): Partial<Comparison> => {
      const speedup = (said: Verdict) => ({
        ratio: 1.1,
        ci95: [1.05, 1.15] as [number, number],
        verdict: said,
      });
      return {
        latencyMs: {
          before: latency,
          cleaned: latency,
          after: latency,
          speedup: speedup(verdict),
          speedupOverCleaned: speedup(overCleaned),
        },
      };
    };
    const made = (recipe: string, change: Partial<Comparison>) =>
      summary({ ...comparison(change), recipe } as QuantizeReport);

    it.each(RECIPES.map(({ name }) => name))(
      'says first that %s is not worth it, where it is not',
      (recipe) => {
        expect(made(recipe, timed('slower'))).toMatch(/^Not worth it on this computer: it is slower\. /);
        const larger = { bytes: { before: 1_000_000, after: 1_100_000 } };
        expect(made(recipe, { ...timed('faster'), ...larger })).toMatch(
          /^Not worth it on this computer: the file is larger\. 1\.10× larger, /,
        );
        expect(made(recipe, { ...timed('slower'), ...larger })).toMatch(
          /^Not worth it on this computer: it is slower, and the file is larger\. /,
        );
        expect(made(recipe, { latencyMs: null, ...larger })).toMatch(/^Not worth it: the file is larger\. /);
        expect(made(recipe, timed('faster'))).not.toContain('Not worth it');
      },
    );

    it('says so of what is slower than cleaning alone, and names the device', () => {
      const device = { name: 'Pixel 6' } as MeasuredDevice;
      expect(made('int8', { ...timed('faster', 'slower'), device })).toMatch(
        /^Not worth it on Pixel 6: it is slower than cleaned float\. /,
      );
    });

    it('says where a gain comes from cleaning alone', () => {
      const only = /1\.10× faster \(1\.05–1\.15\), all of it by cleaning alone, /;
      expect(made('int8', timed('faster', 'no difference measured'))).toMatch(only);
      expect(made('int8', timed('faster', 'faster'))).not.toContain('cleaning alone');
      // There cleaning is what was asked for.
      expect(made('float32', timed('faster', 'no difference measured'))).not.toContain('cleaning alone');
    });

    it('does not judge a model that somebody else made', () => {
      expect(summary(comparison(timed('slower')))).not.toContain('Not worth it');
    });
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
