import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operatorsCsv } from '../../../test/devices/standIn';
import { SAMPLE_TFLITE } from '../../../test/unit/support';
import { openModel } from '../../formats';
import { itemAt } from '../../model/assert';
import { attributeRows, readOperators, readRun } from './benchmarkOutput';

describe('readRun', () => {
  const text = readFileSync('test/devices/benchmark.txt', 'utf8').replaceAll('{runs}', '50');

  it('takes the timed runs, not those of warming up', () => {
    expect(readRun(text.replaceAll('{average}', '12021.5'))).toMatchObject({ ms: 12.0215, runs: 50 });
  });

  it('takes the median where the tool gives one', () => {
    const newer = text
      .replaceAll('{average}', '12021.5')
      .replace(/std=201\n/, 'std=201 p5=11900 median=11990 p95=12800\n');
    expect(readRun(newer)).toMatchObject({ ms: 11.99, runs: 50 });
  });

  it('reads exponents', () => {
    expect(readRun(text.replaceAll('{average}', '1.20215e+06'))?.ms).toBe(1202.15);
  });

  it('says what became of the delegate', () => {
    const line =
      'Though GPU delegate is explicitly applied, the model graph will not be executed by the delegate.';
    expect(readRun(text.replaceAll('{average}', '1').replace('{delegate}', line))?.delegate).toBe(line);
  });

  it.each(['', 'INFO: STARTING!\n', text.replaceAll('{average}', 'nan'), text.replaceAll('{average}', '-3')])(
    'gives nothing where there is no timing (%#)',
    (broken) => {
      expect(readRun(broken)).toBeNull();
    },
  );
});

const ROWS = [
  { type: 'CONV_2D', name: '[a/b]:0', ms: 0.25 },
  { type: 'SPLIT', name: '[x, y]:1', ms: 0.5 },
  { type: 'TfLiteXNNPackDelegate', name: '[out:0]:12', ms: 2 },
];
const READ = [
  { type: 'CONV_2D', outputs: ['a/b'], node: 0, ms: 0.25 },
  { type: 'SPLIT', outputs: ['x', 'y'], node: 1, ms: 0.5 },
  { type: 'TfLiteXNNPackDelegate', outputs: ['out:0'], node: 12, ms: 2 },
];

describe('readOperators', () => {
  it('reads the CSV of the timed runs', () => {
    expect(readOperators(operatorsCsv(ROWS))).toEqual(READ);
  });

  it('finds columns by their names, whatever version wrote them', () => {
    const older = operatorsCsv(ROWS)
      .replaceAll('node type, first', 'node type, start, first')
      .replace(/^(CONV_2D|SPLIT|TfLiteXNNPackDelegate), (?=[\d.]+, [\d.]+, 1\.4%)/gm, '$1, 7.5, ');
    expect(older).toContain('SPLIT, 7.5, ');
    expect(readOperators(older)).toEqual(READ);
  });

  it('reads the table that is printed', () => {
    const printed = `INFO: Operator-wise Profiling Info for Regular Benchmark Runs:
INFO: ============================== Run Order ==============================
\t             [node type]\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]
\t                 CONV_2D\t    0.275\t    0.250\t  9.0%\t  9.0%\t     0.000\t        1\t[a/b]:0
\t                   SPLIT\t    0.550\t    0.250\t  9.0%\t  9.0%\t     0.000\t        2\t[x, y]:1
\t   TfLiteXNNPackDelegate\t    2.200\t    2.000\t 72.0%\t100.0%\t     0.000\t        1\t[out:0]:12

============================== Top by Computation Time ==============================
`;
    expect(readOperators(printed)).toEqual(READ);
  });

  it.each(['', 'Operator-wise Profiling Info for Regular Benchmark Runs:\n', 'a,b\n1,2'])(
    'gives nothing where there is no table (%#)',
    (text) => {
      expect(readOperators(text)).toBeNull();
    },
  );

  it('passes over rows that make no sense', () => {
    const text = operatorsCsv([
      ...ROWS,
      { type: 'ADD', name: 'nonsense', ms: 1 },
      { type: 'ADD', name: '[c]:2', ms: -1 },
    ]);
    expect(readOperators(text)).toEqual(READ);
  });
});

describe('attributeRows', () => {
  const file = openModel(SAMPLE_TFLITE);
  const { graph } = file.model;
  file.close();
  const rowOf = (node: number, ms: number) => ({
    type: itemAt(graph.nodes, node).op,
    outputs: [...itemAt(graph.nodes, node).outputs],
    node,
    ms,
  });

  it('gives every row of plain kernels to its operator', () => {
    const rows = graph.nodes.map((_, node) => rowOf(node, node + 1));
    const { layers, added } = attributeRows(graph, rows);
    expect(added).toEqual([]);
    expect(layers.map(({ medianMs }) => medianMs)).toEqual(graph.nodes.map((_, node) => node + 1));
    expect(layers.map(({ id }) => id)).toEqual(graph.nodes.map(({ id }) => id));
  });

  it('gives a delegate a row of its own, and says where the layers are', () => {
    const { layers, added } = attributeRows(graph, [
      rowOf(0, 1),
      { type: 'TfLiteGpuDelegateV2', outputs: ['out'], node: graph.nodes.length, ms: 5 },
    ]);
    expect(added).toEqual([
      { name: 'TfLiteGpuDelegateV2: out', op: 'TfLiteGpuDelegateV2', medianMs: 5, share: null },
    ]);
    expect(layers[0]).toMatchObject({ medianMs: 1 });
    expect(layers[0]).not.toHaveProperty('fusedInto');
    expect(layers[1]).toMatchObject({ medianMs: null, fusedInto: 'in the delegate' });
  });

  it('does not believe a number that names another operator', () => {
    const { layers, added } = attributeRows(graph, [
      { type: 'SVDF', outputs: ['elsewhere'], node: 3, ms: 2 },
    ]);
    expect(layers.every(({ medianMs }) => medianMs === null)).toBe(true);
    expect(added).toHaveLength(1);
  });
});
