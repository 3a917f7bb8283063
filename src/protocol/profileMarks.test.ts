import { describe, expect, it } from 'vitest';
import {
  engineGone,
  hasShares,
  latencyReason,
  markOf,
  notOfThis,
  otherSizes,
  rowsReason,
} from './profileMarks';
import type { ComparedLatency, MeasuredDevice, ProfileReport, TensorReport } from './reports';

function profile(change: Partial<ProfileReport> = {}): ProfileReport {
  return {
    version: 1,
    file: 'm.onnx',
    engine: 'an engine',
    cpu: 'a CPU',
    threads: 1,
    runs: 30,
    latencyMs: { median: 1, p90: 1.1, ci95: [1, 1] },
    inputs: 'random',
    profileFactor: 1,
    layers: [{ name: 'a', op: 'Conv', medianMs: 1, share: 1 }],
    added: [],
    ...change,
  };
}

function input(name: string, shape: TensorReport['shape'], declaredShape: TensorReport['declaredShape']) {
  return { name, type: 'float32', shape, declaredShape };
}

describe('the sizes of a profile', () => {
  it('are those of the inputs, or are named', () => {
    const measured = profile({ inputShapes: [{ name: 'x', shape: [1, 3] }] });
    expect(otherSizes(measured, [input('x', [1, 3], ['N', 3])])).toBeNull();
    expect(otherSizes(measured, [input('x', [8, 3], ['N', 3])])).toBe('x 1×3');
    expect(otherSizes(measured, [input('x', [1, 3, 1], null)])).toBe('x 1×3');
  });

  it('are the same where what is not known may be what was measured', () => {
    const measured = profile({ inputShapes: [{ name: 'x', shape: [1, 3] }] });
    expect(otherSizes(measured, [input('x', null, null)])).toBeNull();
    expect(otherSizes(measured, [input('x', [null, 3], [null, 3])])).toBeNull();
    expect(otherSizes(measured, [])).toBeNull();
  });

  it('name a few inputs and count the rest, whatever they are called', () => {
    const names = ['__proto__', 'constructor', 'a', 'b', 'c'];
    const measured = profile({ inputShapes: names.map((name) => ({ name, shape: [1] })) });
    const inputs = names.map((name) => input(name, [2], ['N']));
    expect(otherSizes(measured, inputs)).toBe('__proto__ 1, constructor 1, a 1, 2 more');
  });

  it('of an earlier version, which does not say them, are only taken where nothing is open', () => {
    expect(otherSizes(profile(), [input('x', [1, 3], [1, 3])])).toBeNull();
    expect(otherSizes(profile(), [input('x', [1, 3], ['N', 3])])).toMatch(/perhaps/);
    expect(otherSizes(profile(), [input('x', [2, 3], [1, 3])])).toMatch(/perhaps/);
    expect(otherSizes(profile(), [input('x', null, null)])).toMatch(/perhaps/);
  });
});

describe('what runs a model now', () => {
  const measured = profile({ engine: 'ONNX Runtime 1.29.0', inputShapes: [] });
  const now = { threads: 1, device: null };

  it('is another version than measured it', () => {
    expect(notOfThis(measured, [], { ...now, engines: ['ONNX Runtime 1.30.0'] })).toBe(
      'Measured with ONNX Runtime 1.29.0; this computer has ONNX Runtime 1.30.0 now.',
    );
  });

  it('is what measured it, or is not known', () => {
    expect(notOfThis(measured, [], { ...now, engines: ['Another', 'ONNX Runtime 1.29.0'] })).toBeNull();
    expect(notOfThis(measured, [], { ...now, engines: null })).toBeNull();
  });

  it('does not matter to what was measured on a device', () => {
    const device = { id: 'ssh:pi', name: 'pi', kind: 'ssh', abi: null, state: 'ready' } as const;
    const there = profile({ inputShapes: [], device: { ...device, model: null, soc: null, system: null } });
    const chosen = {
      threads: 1,
      device: { id: 'ssh:pi', delegate: 'cpu' as const },
      engines: ['ONNX Runtime 1.30.0'],
    };
    expect(notOfThis(there, [], chosen)).toBeNull();
  });
});

describe('rows of a profile', () => {
  it('are marked outside of 0.8 to 1.25', () => {
    const marks = [0.79, 0.8, 1, 1.25, 1.26, null].map((profileFactor) =>
      markOf(profile({ profileFactor }), undefined),
    );
    expect(marks).toEqual(['scaled', undefined, undefined, undefined, 'scaled', undefined]);
    expect(markOf(profile(), 'unscaled')).toBe('unscaled');
  });

  it('are no shares where they had to be scaled by more than 1.5 either way', () => {
    const shares = [0.012, 0.66, 0.67, 1.5, 1.51, null].map((profileFactor) =>
      hasShares(profile({ profileFactor })),
    );
    expect(shares).toEqual([false, false, true, true, false, true]);
    expect(hasShares(profile({ layers: [{ name: 'a', op: 'Conv', medianMs: 1, share: null }] }))).toBe(false);
  });

  it('say why they are to be read with care', () => {
    expect(rowsReason(profile())).toBe('');
    expect(rowsReason(profile({ profileFactor: 1.3 }))).toMatch(/add up to 1.3 of .* were scaled/);
    const layers = [{ name: 'a', op: 'Conv', medianMs: 1, share: null, mark: 'unscaled' as const }];
    expect(rowsReason(profile({ profileFactor: 0.012, layers }))).toMatch(
      /add up to 0.012 of .* as they were measured/,
    );
  });
});

describe('a latency', () => {
  it('is to be read with care where the p90 is far above the median', () => {
    expect(latencyReason({ median: 1, p90: 1.2, ci95: [1, 1] })).toBe('');
    expect(latencyReason({ median: 1, p90: 1.6, ci95: [1, 1] })).toMatch(/1\.60 ms or more/);
    expect(latencyReason({ median: 1, p90: 1.2, ci95: [1, 1], unsteady: true })).toMatch(/1\.20 ms or more/);
  });
});

describe('an engine that latencies were compared with', () => {
  const compared = { latencyMs: {} as ComparedLatency, engine: 'A 1 and B 2' };

  it('is gone where the computer has another version', () => {
    expect(engineGone(compared, ['A 1', 'B 3'])).toBe(
      'The latencies were measured with B 2, which this computer no longer has.',
    );
    expect(engineGone(compared, ['A 1', 'B 3', 'B 2'])).toBeNull();
  });

  it('is not doubted where nothing is known of it, or nothing was timed here', () => {
    expect(engineGone(compared, null)).toBeNull();
    expect(engineGone({ ...compared, latencyMs: null }, [])).toBeNull();
    expect(engineGone({ ...compared, device: {} as MeasuredDevice }, [])).toBeNull();
  });
});
