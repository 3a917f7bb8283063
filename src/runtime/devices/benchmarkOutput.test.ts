import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeRow } from '../../../test/unit/benchmarkOutput';
import { SAMPLE_TFLITE } from '../../../test/unit/support';
import { openModel } from '../../formats';
import { itemAt } from '../../model/assert';
import type { MeasuredRow } from '../imports/measurements';
import { attributeRows, readRun } from './benchmarkOutput';

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
    const refused = text.replaceAll('{average}', '1').replace(/^INFO: Explicitly applied.*$/m, line);
    expect(readRun(refused)?.delegate).toBe(line);
  });

  it.each(['', 'INFO: STARTING!\n', text.replaceAll('{average}', 'nan'), text.replaceAll('{average}', '-3')])(
    'gives nothing where there is no timing (%#)',
    (broken) => {
      expect(readRun(broken)).toBeNull();
    },
  );
});

describe('attributeRows', () => {
  const file = openModel(SAMPLE_TFLITE);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const { graph } = file.model;
  file.close();
  const model = { file, inferred };
  const rowOf = (node: number, ms: number): MeasuredRow => {
    const { type, name } = nodeRow(itemAt(graph.nodes, node), node);
    return { op: type, name, ms, calls: 1 };
  };

  it('gives every row of plain kernels to its operator', () => {
    const { rows } = attributeRows(
      model,
      graph.nodes.map((_, node) => rowOf(node, node + 1)),
    );
    expect(rows.added).toEqual([]);
    expect(rows.layers.map(({ medianMs }) => medianMs)).toEqual(graph.nodes.map((_, node) => node + 1));
    expect(rows.layers.map(({ id }) => id)).toEqual(graph.nodes.map(({ id }) => id));
  });

  it('gives a delegate a row of its own, and says where the layers are', () => {
    const name = `[${graph.nodes.at(-1)?.outputs.join(', ')}]:${graph.nodes.length}`;
    const delegate = { op: 'TfLiteGpuDelegateV2', name, ms: 5, calls: 1 };
    const { rows } = attributeRows(model, [rowOf(0, 1), delegate]);
    expect(rows.added).toEqual([{ name, op: 'TfLiteGpuDelegateV2', medianMs: 5, share: null }]);
    expect(rows.layers[0]).toMatchObject({ medianMs: 1 });
    expect(rows.layers[0]).not.toHaveProperty('fusedInto');
    expect(rows.layers[1]).toMatchObject({ medianMs: null, fusedInto: 'TfLiteGpuDelegateV2' });
  });

  it('does not believe a number that names another operator', () => {
    const { rows, notes } = attributeRows(model, [{ op: 'SVDF', name: '[elsewhere]:3', ms: 2, calls: 1 }]);
    expect(rows.layers.every(({ medianMs }) => medianMs === null)).toBe(true);
    expect(rows.added).toHaveLength(1);
    expect(notes.join()).toContain('1 of 1 rows may be layers');
  });
});
