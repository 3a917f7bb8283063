import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  makeModel,
  realModels,
  realTfliteModels,
  SAMPLE,
  SAMPLE_TFLITE,
  scratchFolder,
} from '../../../test/unit/support';
import { openModel } from '../../formats';
import type { ModelProto, NodeProto } from '../../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../formats/onnx/writing/make';
import { writeModel } from '../../formats/onnx/writing/writer';
import type { Comparison, LayerStatus } from '../../protocol/reports';
import { isSame } from '../../protocol/summary';
import { seededRandom } from '../../runtime/random';
import { compareFiles } from './fileDifferences';

const folder = scratchFolder();
const SAMPLE_COREML = resolve('models/shapes_mobilenetv2.mlpackage');
const SHARED_COREML = resolve('../shared/models/coreml');

function compared(before: string, after: string): Comparison {
  return compareFiles({ before, after, choice: { dims: {}, shapes: {} } });
}

let written = 0;
function save(model: ModelProto): string {
  const path = join(folder, `${written++}.onnx`);
  writeModel(model, path);
  return path;
}

/** Blocks of a convolution, an activation and a sum; neighbours have the same operators and shapes. */
function network(blocks: number): { nodes: NodeProto[]; weights: Float32Array[] } {
  const random = seededRandom(blocks);
  const nodes: NodeProto[] = [];
  const weights: Float32Array[] = [];
  let x = 'x';
  for (let block = 0; block < blocks; block++) {
    const [conv, act, sum] = [`conv.${block}`, `act.${block}`, `sum.${block}`];
    weights.push(Float32Array.from({ length: 4 * 4 }, () => random() - 0.5));
    nodes.push(
      makeNode('Conv', [x, `w.${block}`], [conv], { kernel_shape: [1, 1] }, { name: `/${conv}` }),
      makeNode('LeakyRelu', [conv], [act], { alpha: 0.1 }, { name: `/${act}` }),
      makeNode('Add', [act, x], [sum], {}, { name: `/${sum}` }),
    );
    x = sum;
  }
  return { nodes, weights };
}

function modelOf(nodes: readonly NodeProto[], weights: readonly Float32Array[]): ModelProto {
  return makeModel({
    name: 'network',
    node: [...nodes],
    initializer: weights.map((values, block) => makeFloatTensor(`w.${block}`, [4, 4, 1, 1], values)),
    input: [makeValueInfo('x', 'float32', [1, 4, 8, 8])],
    output: [makeValueInfo(nodes.at(-1)?.output[0] ?? '', 'float32', [1, 4, 8, 8])],
  });
}

interface Expected {
  readonly status: LayerStatus;
  readonly what: readonly string[];
}

const EDITS = ['remove', 'insert', 'attribute', 'weight', 'rename'] as const;

/** Changes some blocks of a network, each in one way, and says what is to be reported of which layer. */
function edited(
  blocks: number,
  seed: number,
): { before: string; after: string; expected: Map<string, Expected> } {
  const random = seededRandom(seed);
  const expected = new Map<string, Expected>();
  const { nodes, weights } = network(blocks);
  const before = save(modelOf(nodes, weights));
  const changed = network(blocks);
  let list = changed.nodes;
  const rename = (from: string, to: string) => {
    for (const node of list) node.input = node.input.map((name) => (name === from ? to : name));
  };
  // The last block gives the output, whose name is the model's.
  for (let block = 0; block < blocks - 1; block++) {
    if (random() < 0.6) continue;
    const edit = EDITS[Math.floor(random() * EDITS.length)];
    const at = list.findIndex((node) => node.output[0] === `act.${block}`);
    const node = list[at] as NodeProto;
    if (edit === 'remove') {
      list = list.filter((one) => one !== node);
      rename(`act.${block}`, `conv.${block}`);
      expected.set(`/act.${block}`, { status: 'removed', what: [] });
    } else if (edit === 'insert') {
      rename(`act.${block}`, `new.${block}`);
      const added = makeNode('Tanh', [`act.${block}`], [`new.${block}`], {}, { name: `/new.${block}` });
      list = [...list.slice(0, at + 1), added, ...list.slice(at + 1)];
      expected.set(`/new.${block}`, { status: 'added', what: [] });
    } else if (edit === 'attribute') {
      const [alpha] = node.attribute;
      if (alpha) alpha.f = 0.25;
      expected.set(`/act.${block}`, { status: 'changed', what: ['alpha'] });
    } else if (edit === 'weight') {
      const values = changed.weights[block] as Float32Array;
      values[3] = (values[3] ?? 0) + 1;
      expected.set(`/conv.${block}`, { status: 'changed', what: [`weight w.${block}`] });
    } else {
      node.name = `/other.${block}`;
      node.output = [`other.${block}`];
      rename(`act.${block}`, `other.${block}`);
      expected.set(`/act.${block}`, { status: 'unchanged', what: ['name', 'output name'] });
    }
  }
  return { before, after: save(modelOf(list, changed.weights)), expected };
}

function differing(report: Comparison): [string, Expected][] {
  return report.layers
    .filter(({ status, changes }) => status !== 'unchanged' || changes.length > 0)
    .map(({ name, status, changes }) => [name, { status, what: changes.map(({ what }) => what) }]);
}

const SWAPPED: Record<LayerStatus, LayerStatus> = {
  unchanged: 'unchanged',
  changed: 'changed',
  added: 'removed',
  removed: 'added',
  folded: 'folded',
};

describe('the differences of two models', () => {
  it('are exactly the edits that made one of the other, and the other way round', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { before, after, expected } = edited(4 + (seed % 20), seed);
      const report = compared(before, after);
      expect(new Map(differing(report)), `seed ${seed}`).toEqual(expected);
      expect(report.changes, `seed ${seed}`).toEqual([]);
      expect(isSame(report), `seed ${seed}`).toBe(expected.size === 0);

      const back = compared(after, before);
      const mirrored = report.layers.map(({ status, before: a, after: b, changes }) => ({
        status: SWAPPED[status],
        before: b,
        after: a,
        changes: changes.map((change) => ({ ...change, before: change.after, after: change.before })),
      }));
      const key = (value: unknown) => JSON.stringify(value).replaceAll(/, (SQNR [^"]*|other values)/g, '');
      const told = back.layers.map(({ status, before: a, after: b, changes }) => ({
        status,
        before: a,
        after: b,
        changes,
      }));
      expect(told.map(key).sort(), `seed ${seed}, swapped`).toEqual(mirrored.map(key).sort());
    }
  });

  it('say by how much a weight differs', () => {
    const { nodes, weights } = network(2);
    const before = save(modelOf(nodes, weights));
    const noisy = network(2);
    const values = noisy.weights[1] as Float32Array;
    const signal = values.reduce((sum, value) => sum + value * value, 0);
    values[0] = (values[0] ?? 0) + Math.sqrt(signal / 1000);
    const report = compared(before, save(modelOf(noisy.nodes, noisy.weights)));
    const [weight, ...others] = report.layers.flatMap((layer) => layer.weights);
    expect(others).toEqual([]);
    expect(weight).toMatchObject({
      before: { name: 'w.1' },
      after: { name: 'w.1' },
      identical: false,
      elements: 16,
    });
    expect(weight?.sqnrDb).toBeCloseTo(30, 3);
  });

  it('are found although a node takes the same tensors in another order', () => {
    const { nodes, weights } = network(3);
    const before = save(modelOf(nodes, weights));
    const other = network(3);
    other.nodes[5]?.input.reverse();
    const report = compared(before, save(modelOf(other.nodes, other.weights)));
    expect(differing(report)).toEqual([['/sum.1', { status: 'changed', what: ['input 1', 'input 2'] }]]);
  });

  it('are none between a model and itself, of any format', () => {
    const coreml = ['MNIST_ph1ps.mlmodel', 'dtln_aec_128_part1_fp16.mlpackage']
      .map((name) => join(SHARED_COREML, name))
      .filter(existsSync);
    for (const path of [...realModels(), ...realTfliteModels(), SAMPLE_COREML, ...coreml]) {
      const report = compared(path, path);
      expect(differing(report), path).toEqual([]);
      expect(report.changes, path).toEqual([]);
    }
  }, 60_000);
});

describe('the sample in three formats', () => {
  const files = { onnx: SAMPLE, tflite: SAMPLE_TFLITE, coreml: SAMPLE_COREML };
  const pairs = [
    ['onnx', 'tflite'],
    ['tflite', 'onnx'],
    ['onnx', 'coreml'],
    ['coreml', 'onnx'],
    ['coreml', 'tflite'],
    ['tflite', 'coreml'],
  ] as const;

  it.each(pairs)('has the same layers and weights in %s and %s', (a, b) => {
    const report = compared(files[a], files[b]);
    const { unchanged, folded, ...others } = report.statuses;
    expect(others).toEqual({ changed: 0, added: 0, removed: 0 });
    // Unchanged: weights equal number by number, whatever the order of their dimensions.
    expect(report.layers.flatMap(({ weights }) => weights)).toEqual([]);
    const convolutions = report.layers.filter(({ status, before }) => {
      return status === 'unchanged' && (before?.layer?.parameters ?? 0) > 0;
    });
    expect(convolutions).toHaveLength(53);
    const names = new Set(report.layers.map(({ name }) => name));
    for (const { status, before, after } of report.layers) {
      if (status === 'folded') expect(names).toContain(before?.fusedInto ?? after?.fusedInto);
    }
    expect(unchanged + folded).toBe(report.layers.length);
  });

  it('has its weights in the same order in the file as in the report', () => {
    const file = openModel(SAMPLE);
    const report = compared(SAMPLE, SAMPLE_TFLITE);
    const own = report.layers.filter(({ before }) => before?.layer).map(({ name }) => name);
    expect(own).toEqual(file.model.graph.nodes.map(({ name }) => name));
    file.close();
  });
});

describe('weights whose channels were equalized', () => {
  const random = seededRandom(5);
  const SIZE = 16;
  const weight = Float32Array.from({ length: SIZE * SIZE }, () => random() - 0.5);
  const bias = Float32Array.from({ length: SIZE }, () => random());
  const saved = (mark: string, values: Float32Array, attributes = {}, shape = [SIZE, SIZE, 1, 1]) =>
    save(
      makeModel({
        name: 'network',
        node: [makeNode('Conv', ['x', `w${mark}`, `b${mark}`], ['y'], attributes, { name: '/conv' })],
        initializer: [makeFloatTensor(`w${mark}`, shape, values), makeFloatTensor(`b${mark}`, [SIZE], bias)],
        input: [makeValueInfo('x', 'float32', [1, SIZE, 8, 8])],
        output: [makeValueInfo('y', 'float32', [1, SIZE, 8, 8])],
      }),
    );
  /** Outputs and inputs times factors, and every element one thousandth off, up or down. */
  const multiplied = (values: Float32Array, inputs: number) =>
    values.map((value, i) => {
      const [output, input] = [Math.floor(i / inputs), i % inputs];
      const off = random() < 0.5 ? 1.001 : 0.999;
      return value * off * (1 + (output % 5)) * 2 ** ((input % 7) - 3);
    });

  it('are compared with them brought back, and say what cannot be', () => {
    const { layers, warnings } = compared(saved('', weight), saved('_equalized', multiplied(weight, SIZE)));
    const [of, added] = layers[0]?.weights ?? [];
    expect(of).toMatchObject({ equalized: true, identical: false });
    // A thousandth is 60 dB.
    expect(of?.sqnrDb).toBeGreaterThan(59);
    expect(of?.sqnrDb).toBeLessThan(61);
    expect(added).toMatchObject({ identical: null, sqnrDb: null });
    expect(added?.reason).toMatch(/^biases of equalized channels were scaled and moved/);
    // That goes with equalizing, and is no warning.
    expect(warnings).toEqual([]);
  });

  it('are not judged where inputs are in groups, whose factors are not those of axis 1', () => {
    const [values, group] = [weight.slice(0, SIZE * 4), { group: 4 }];
    const shape = [SIZE, 4, 1, 1];
    const { layers } = compared(
      saved('', values, group, shape),
      saved('_equalized', multiplied(values, 4), group, shape),
    );
    expect(layers[0]?.weights[0]).toMatchObject({ identical: null, sqnrDb: null });
    expect(layers[0]?.weights[0]?.reason).toMatch(/channels were equalized/);
  });
});
