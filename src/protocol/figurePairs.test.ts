import { describe, expect, it } from 'vitest';
import { comparedFigures, latencyChange } from './figurePairs';
import { UNKNOWN } from './numbers';
import type { Comparison, Speedup, Totals } from './reports';

const TOTALS: Totals = {
  layers: 10,
  nodesWithSubgraphs: 10,
  initializerElements: 1000,
  parameters: 1000,
  parameterBytes: 4000,
  knownParameters: 1000,
  knownParameterBytes: 4000,
  activationBytes: 100,
  knownActivationBytes: 100,
  peakActivationBytes: 50,
  knownPeakActivationBytes: 0,
  knownElementOps: 0,
  peakNode: null,
  macs: 1_000_000,
  knownMacs: 1_000_000,
  elementOps: 0,
};

function figures(before: Partial<Totals>, after: Partial<Totals>, change: Partial<Comparison> = {}) {
  const comparison = {
    bytes: { before: 1000, after: 1000 },
    totals: { before: { ...TOTALS, ...before }, after: { ...TOTALS, ...after } },
    bytesByType: { before: { float32: 4000 }, after: { float32: 4000 } },
    ...change,
  } as Comparison;
  const lines = comparedFigures(comparison);
  return (label: string) => lines.find((line) => line.label === label);
}

describe('the size of a change', () => {
  it('is that of the change, not what is left: a little less is a little, and less is better', () => {
    const of = figures(
      { parameterBytes: 1000, peakActivationBytes: 1000 },
      { parameterBytes: 998, peakActivationBytes: 264 },
    );
    expect(of('Weights')).toMatchObject({ change: '−0.2 %', size: { effect: 'better' } });
    expect(of('Weights')?.size?.part).toBeCloseTo(0.002, 12);
    expect(of('Peak activation memory')).toMatchObject({ change: '−73.6 %', size: { effect: 'better' } });
    expect(of('Peak activation memory')?.size?.part).toBeCloseTo(0.736, 12);
  });

  it('is worse where there is more, by however much', () => {
    const of = figures({}, { macs: 3_500_000, activationBytes: 125 });
    expect(of('MACs')?.size).toEqual({ part: 2.5, effect: 'worse' });
    expect(of('Activations')?.size).toEqual({ part: 0.25, effect: 'worse' });
  });

  it('is none where nothing changed, where one is unknown, and of nothing', () => {
    const of = figures({ macs: 0 }, { peakActivationBytes: null, macs: 7 });
    expect(of('Weights')?.size).toBeNull();
    expect(of('Peak activation memory')?.size).toBeNull();
    expect(of('MACs')).toMatchObject({ change: '+7', size: null });
  });

  it('is that of the estimated energy, at least where a layer of one model is not known', () => {
    const source = 'An estimate.';
    const all = { picojoules: 4e6, knownPicojoules: 4e6, source };
    const whole = figures({}, {}, { energy: { before: all, after: { ...all, picojoules: 1e6 } } });
    expect(whole('Energy ≈')).toMatchObject({
      change: '−75.0 %',
      tooltip: source,
      size: { effect: 'better', part: 0.75 },
    });
    const part = { picojoules: null, knownPicojoules: 1e6, source };
    const partly = figures({}, {}, { energy: { before: all, after: part } });
    expect(partly('Energy ≈')).toMatchObject({ change: UNKNOWN, after: '≥ 1.00 µJ', size: null });
    expect(figures({}, {})('Energy ≈')).toBeUndefined();
  });

  it('is neither good nor bad where weights went from one type to another, and of layers', () => {
    const bytesByType = { before: { float32: 4000 }, after: { float32: 400, int8: 900 } };
    const of = figures({}, { nodesWithSubgraphs: 15 }, { bytesByType });
    expect(of('Weights in float32')?.size).toEqual({ part: 0.9, effect: 'neither' });
    expect(of('Weights in int8')?.size).toBeNull();
    expect(of('Layers')?.size).toEqual({ part: 0.5, effect: 'neither' });
  });

  it('is of the latency, not of the speed, and none where no difference was measured', () => {
    const speedup = (ratio: number, verdict: Speedup['verdict']): Speedup => ({
      ratio,
      ci95: [ratio, ratio],
      verdict,
    });
    expect(latencyChange(speedup(4, 'faster'))).toEqual({ part: 0.75, effect: 'better' });
    expect(latencyChange(speedup(0.5, 'slower'))).toEqual({ part: 1, effect: 'worse' });
    expect(latencyChange(speedup(1.2, 'no difference measured'))).toBeNull();
  });
});
