import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/protocol/reports';
import { verdict, verdictOverCleaned } from '../../webview/comparison/verdict';

const latency = { median: 1, p90: 1, ci95: [1, 1] as [number, number] };

function comparison(change: Partial<Comparison>): Comparison {
  return {
    version: 1,
    input: 'a.onnx',
    output: 'b.onnx',
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

describe('the verdict', () => {
  it('names size, latency and accuracy', () => {
    expect(verdict(comparison({}))).toBe('2.60× smaller, 1.40× faster (1.35–1.46), top-1 97.0 → 96.5 %.');
  });

  it('says plainly that it is not faster', () => {
    const speedup = { ratio: 0.8, ci95: [0.75, 0.84] as [number, number], verdict: 'slower' as const };
    const slower = comparison({ latencyMs: { before: latency, after: latency, speedup } });
    expect(verdict(slower)).toContain('not faster on this computer: 0.80× the speed (0.75–0.84)');
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
    expect(verdict(same)).toMatch(/^Same size, no difference in latency measured \(1\.00×, 0\.97–1\.03\)/);
  });

  it('takes the best accuracy that there is', () => {
    expect(verdict(comparison({ accuracy: { ...without, top1Agreement: 0.5 } }))).toMatch(
      /the same top class for 50\.0 % of 8 samples\.$/,
    );
    expect(verdict(comparison({ accuracy: without }))).toMatch(/29\.4 dB SQNR over 8 samples\.$/);
    expect(verdict(comparison({ accuracy: { ...without, sqnrDb: null, identical: true } }))).toMatch(
      /identical outputs\.$/,
    );
    expect(verdict(comparison({ accuracy: { ...without, sqnrDb: null }, latencyMs: null }))).toBe(
      '2.60× smaller, latency not measured.',
    );
  });

  it('compares with the cleaned float model where it was measured', () => {
    expect(verdictOverCleaned(comparison({}))).toBe('');
    const speedup = { ratio: 1.2, ci95: [1.15, 1.25] as [number, number], verdict: 'faster' as const };
    const cleaned = comparison({
      latencyMs: { before: latency, cleaned: latency, after: latency, speedup, speedupOverCleaned: speedup },
    });
    expect(verdictOverCleaned(cleaned)).toBe('Against the cleaned float model: 1.20× faster (1.15–1.25).');
  });
});
