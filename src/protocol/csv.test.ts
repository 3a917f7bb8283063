import { describe, expect, it } from 'vitest';
import { comparisonToCsv, csvLine, layersToCsv } from './csv';
import { latenciesOf } from './latencies';
import type { LayerReport, ProfileReport } from './reports';

function layer(name: string, more: Partial<LayerReport> = {}): LayerReport {
  return {
    id: name,
    name,
    op: 'Conv',
    outputs: [{ name: 'y', type: 'float32', shape: [1, null, 8], declaredShape: null, bytes: null }],
    parameters: 10,
    parameterBytes: 40,
    shared: false,
    activationBytes: null,
    macs: 123456789012,
    elementOps: 0,
    energyPicojoules: 12.5,
    ...more,
  };
}

function profile(layers: ProfileReport['layers']): ProfileReport {
  return {
    version: 1,
    file: 'm',
    engine: 'e',
    cpu: 'c',
    threads: 1,
    runs: 10,
    latencyMs: { median: 1, p90: 1, ci95: [1, 1] },
    inputs: 'random',
    profileFactor: 1,
    layers,
    added: [{ name: 'reorder', op: 'ReorderOutput', medianMs: 0.25, share: 0.5 }],
  };
}

/** An independent reader: a state machine over the characters, as RFC 4180 has it. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      line.push(field);
      field = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      line.push(field);
      lines.push(line);
      line = [];
      field = '';
      i++;
    } else field += c;
  }
  expect([line.length, field, quoted]).toEqual([0, '', false]);
  return lines;
}

describe('CSV', () => {
  it('gives back every text, with quotes and commas', () => {
    const texts = ['', 'a,b', 'say "x"', '"', '</script>', 'ünïcode ✓'];
    expect(parse(csvLine(texts).repeat(2))).toEqual([texts, texts]);
  });

  it('keeps numbers as they are and leaves unknown ones empty', () => {
    const [, line] = parse(layersToCsv([layer('a')]));
    expect(line).toEqual([
      'a',
      'Conv',
      '0',
      'float32',
      '1x?x8',
      '10',
      '40',
      'false',
      '',
      '123456789012',
      '0',
      '12.5',
    ]);
    expect(parse(csvLine([-1.5, null, undefined, true]))).toEqual([['-1.5', '', '', 'true']]);
  });

  it('gives no formula to a spreadsheet', () => {
    for (const text of ['=1+1', '@SUM(A1)', '+cmd', '-2', ' =1+1', '＝1+1'])
      expect(parse(csvLine([text]))).toEqual([[`'${text}`]]);
    // What the file holds is cleaned first, so that nothing hides before the sign.
    expect(parse(csvLine(['\t=1+1', '\r=1+1']))).toEqual([['\uFFFD=1+1', '\uFFFD=1+1']]);
  });

  it('holds nothing that controls a terminal or begins another line', () => {
    const name = '\x1b[2J\u009b31mred\r\nnext\u202e\u2028';
    expect(parse(csvLine([name, 1]))).toEqual([['\uFFFD[2J\uFFFD31mred\uFFFD\uFFFDnext\uFFFD\uFFFD', '1']]);
  });

  it('joins latencies by name and order and lists what the engine added', () => {
    const report = profile([
      { name: 'same', op: 'Conv', medianMs: 1, share: 0.1 },
      { name: 'same', op: 'Conv', medianMs: 2, share: 0.2 },
      { name: 'relu', op: 'Relu', medianMs: null, share: null, fusedInto: 'same' },
    ]);
    const rows = [layer('same'), layer('unseen'), layer('same'), layer('relu')];
    expect(latenciesOf(rows, report).map((one) => one?.medianMs)).toEqual([1, undefined, 2, null]);
    const lines = parse(layersToCsv(rows, report));
    expect(lines.map((line) => line.slice(-3))).toEqual([
      ['latency_ms', 'share', 'fused_into'],
      ['1', '0.1', ''],
      ['', '', ''],
      ['2', '0.2', ''],
      ['', '', 'same'],
      ['0.25', '0.5', 'added by the engine'],
    ]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('writes comparisons', () => {
    const layer = { name: 'a', op: 'Conv', type: 'float32', shape: [1, null], parameters: 1, macs: 9 };
    const side = { parameterBytes: 4, activationBytes: 8, medianMs: 0.5, layer };
    const kind = { name: 'w', type: 'float32', shape: [1], bytes: 4 };
    const weight = { before: kind, after: kind, identical: false, elements: 1 };
    const lines = parse(
      comparisonToCsv([
        {
          name: 'a',
          op: 'Conv',
          status: 'removed',
          before: side,
          after: null,
          changes: [{ what: 'MACs', before: '9', after: null }],
          weights: [
            { ...weight, sqnrDb: 40 },
            { ...weight, sqnrDb: 30 },
          ],
          sqnrDb: 31.5,
          kept: 'faster in float',
        },
      ]),
    );
    const [header = [], cells = []] = lines;
    expect(header.slice(0, 12)).toEqual([
      ...['name', 'op', 'parameter_bytes_before', 'activation_bytes_before', 'latency_ms_before'],
      ...['fused_into_before', 'parameter_bytes_after', 'activation_bytes_after', 'latency_ms_after'],
      ...['fused_into_after', 'sqnr_db', 'kept'],
    ]);
    const row = Object.fromEntries(header.map((name, index) => [name, cells[index]]));
    expect(row).toMatchObject({
      name: 'a',
      latency_ms_before: '0.5',
      latency_ms_after: '',
      sqnr_db: '31.5',
      status: 'removed',
      output_shape_before: '1x?',
      macs_before: '9',
      op_after: '',
      weights_sqnr_db: '30',
      changes: 'MACs: 9 → ',
    });
    expect(cells).toHaveLength(header.length);
  });
});
