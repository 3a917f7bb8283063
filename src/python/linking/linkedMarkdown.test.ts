import { describe, expect, it } from 'vitest';
import { formatInteger } from '../../protocol/numbers';
import { CONTRACT_VERSION, type ProfileReport } from '../../protocol/reports';
import { RowLatencies } from './latency';
import { totalOf } from './linkedMarkdown';
import { plain, rowLink } from './markdown';
import type { IndexedRow } from './modelIndex';

function row(name: string): IndexedRow {
  const nothing = { input: null, output: null, activationBytes: null, macs: null };
  return { row: 0, id: '0', name, op: 'Conv', paths: [], repeats: null, weights: [], ...nothing };
}

function profile(layers: ProfileReport['layers']): ProfileReport {
  return {
    version: CONTRACT_VERSION,
    file: 'a.onnx',
    engine: 'ONNX Runtime',
    cpu: '',
    threads: 1,
    runs: 1,
    latencyMs: { median: 1, p90: 1, ci95: [1, 1] },
    inputs: 'random',
    profileFactor: 1,
    layers,
    added: [],
  };
}

describe('Markdown of names from files', () => {
  it('holds no link, code, HTML or line that a name brings', () => {
    const text = plain('[x](command:evil) `a`\n# <b>|');
    expect(text).not.toMatch(/(^|[^\\])[[\]()`#<>|]/);
    expect(text).not.toContain('\n');
  });

  it('ends a link nowhere but at its end', () => {
    const link = rowLink('a](b', "file:///m)'x(.onnx", '3/body/0');
    const [, target = ''] = /\]\((command:caliper\.reveal\?[^()]*)\)$/.exec(link) ?? [];
    const given = decodeURIComponent(target.slice(target.indexOf('?') + 1));
    expect(JSON.parse(given)).toEqual(["file:///m)'x(.onnx", '3/body/0']);
  });
});

describe('the figures of rows', () => {
  it('add up, and say what they are at least where one is unknown', () => {
    const macs = (...values: (number | null)[]) =>
      totalOf(
        values.map((one, n) => ({ ...row(`${n}`), macs: one })),
        (one) => one.macs,
        formatInteger,
      );
    expect(macs(1500, 0, 20)).toBe('1,520');
    expect(macs(1500, null)).toBe('≥ 1,500');
    expect(macs(null, 0)).toBe('—');
  });
});

describe('the latency of rows', () => {
  const latencies = new RowLatencies(
    profile([
      { name: 'a', op: 'MatMul', medianMs: 0.5, share: 0.25 },
      { name: 'b', op: 'Add', medianMs: 0.1, share: 0.05 },
      { name: 'c', op: 'Relu', medianMs: null, share: null, fusedInto: 'a' },
      { name: 'twice', op: 'Relu', medianMs: 0.2, share: 0.1 },
      { name: 'twice', op: 'Relu', medianMs: 0.3, share: 0.15 },
    ]),
  );

  it('adds up what was measured', () => {
    expect(latencies.text([row('a'), row('b'), row('c')])).toBe('0.600 ms, 30.0 %');
  });

  it('names the row that holds the time', () => {
    expect(latencies.text([row('c')])).toBe('in a');
  });

  it('is unknown where a name is not unique, or was not measured', () => {
    expect(latencies.text([row('twice')])).toBe('—');
    expect(latencies.text([row('d')])).toBe('—');
  });
});
