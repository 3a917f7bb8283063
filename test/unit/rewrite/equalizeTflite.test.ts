import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import type { Samples } from '../../../src/evaluation/samples';
import type { TfliteFile } from '../../../src/formats/tflite/file';
import { tflite } from '../../../src/formats/tflite/format';
import { rewriter } from '../../../src/formats/tflite/rewrite';
import { itemAt, present } from '../../../src/model/assert';
import { equalize } from '../../../src/quantization/equalization/equalize';
import { assign, layOut } from '../../../src/quantization/layout';
import type { Feeds } from '../../../src/runtime/engine';
import { litert } from '../../../src/runtime/litert';
import { seededNormal } from '../../../src/runtime/random';
import { scratchFolder } from '../support';
import { type MadeGraph, type MadeOperator, type MadeTensor, makeTflite, reopenTflite } from '../tflite';
import { decibels, isOf, quantized, run } from './tfliteQuantizing';

const folder = scratchFolder();
const normal = seededNormal(11);
let written = 0;

const ACTIVATIONS = { none: 0, relu: 1, 'relu n1 to 1': 2, relu6: 3, tanh: 4 } as const;
type Activation = keyof typeof ACTIVATIONS;

function stored(shape: readonly number[], value: (index: number) => number): MadeTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, index) => value(index)) };
}

/** Weights whose outputs, along an axis, differ by up to a hundred times, as folded normalizations leave them. */
function uneven(shape: readonly number[], axis: number): MadeTensor {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const size = shape.reduce((a, b) => a * b, 1) / itemAt(shape, axis);
  return stored(shape, (index) => {
    const channel = Math.floor(index / inner) % itemAt(shape, axis);
    return (10 ** ((channel % 5) / 2 - 1) * normal()) / Math.sqrt(size);
  });
}

const bias = (length: number) => stored([length], () => normal() / 10);

function conv(inputs: readonly string[], output: string, activation: Activation): MadeOperator {
  const folded = { strideW: 1, strideH: 1, fusedActivationFunction: ACTIVATIONS[activation] };
  return { op: 'CONV_2D', inputs, outputs: [output], options: { table: 'Conv2DOptions', ...folded } };
}

/** An inverted residual with explicit padding, as TensorFlow writes it, and a mean over all places behind it. */
function residual(activation: Activation): MadeGraph {
  const image = (channels: number, side = 8): MadeTensor => ({ shape: [1, side, side, channels] });
  return {
    inputs: ['x'],
    outputs: ['y'],
    tensors: {
      x: image(4),
      stem: uneven([6, 1, 1, 4], 0),
      stem_b: bias(6),
      a: image(6),
      expand: uneven([12, 1, 1, 6], 0),
      expand_b: bias(12),
      b: image(12),
      pads: { shape: [4, 2], type: 2, data: Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0) },
      padded: image(12, 10),
      depth: uneven([1, 3, 3, 12], 3),
      depth_b: bias(12),
      c: image(12),
      project: uneven([6, 1, 1, 12], 0),
      project_b: bias(6),
      d: image(6),
      e: image(6),
      axes: { shape: [2], type: 2, data: Int32Array.of(1, 2) },
      mean: { shape: [1, 6] },
      last: stored([5, 6], normal),
      last_b: bias(5),
      y: { shape: [1, 5] },
    },
    operators: [
      conv(['x', 'stem', 'stem_b'], 'a', 'none'),
      conv(['a', 'expand', 'expand_b'], 'b', activation),
      { op: 'PAD', inputs: ['b', 'pads'], outputs: ['padded'] },
      {
        op: 'DEPTHWISE_CONV_2D',
        inputs: ['padded', 'depth', 'depth_b'],
        outputs: ['c'],
        options: {
          table: 'DepthwiseConv2DOptions',
          padding: 1,
          strideW: 1,
          strideH: 1,
          depthMultiplier: 1,
          fusedActivationFunction: ACTIVATIONS[activation],
        },
      },
      conv(['c', 'project', 'project_b'], 'd', 'none'),
      { op: 'ADD', inputs: ['a', 'd'], outputs: ['e'], options: { table: 'AddOptions' } },
      { op: 'MEAN', inputs: ['e', 'axes'], outputs: ['mean'], options: { table: 'ReducerOptions' } },
      {
        op: 'FULLY_CONNECTED',
        inputs: ['mean', 'last', 'last_b'],
        outputs: ['y'],
        options: { table: 'FullyConnectedOptions' },
      },
    ],
  };
}

/** The same without the mean: its last product reads all places. */
function everywhere(activation: Activation): MadeGraph {
  const { tensors, operators, ...ports } = residual(activation);
  const { axes: _, mean: _mean, ...others } = tensors;
  return {
    ...ports,
    tensors: { ...others, last: stored([5, 1, 1, 6], normal), y: { shape: [1, 8, 8, 5] } },
    operators: [...operators.slice(0, -2), conv(['e', 'last', 'last_b'], 'y', 'none')],
  };
}

const feeds: Feeds[] = Array.from({ length: 12 }, () => ({
  x: { type: 'float32', shape: [1, 8, 8, 4], data: Float32Array.from({ length: 256 }, normal) },
}));
const SEEN = 8;
const samples: Samples = {
  name: 'test',
  size: SEEN,
  labels: null,
  feeds: async (index) => itemAt(feeds, index),
};

async function equalized(graph: MadeGraph): Promise<{ before: TfliteFile; after: TfliteFile | null }> {
  const before = reopenTflite(makeTflite(graph), folder);
  const target = join(folder, `equalized${written++}.tflite`);
  const plan = rewriter.plan(before);
  const bench = {
    engine: litert,
    open: (path: string) => tflite.open(path),
    threads: 1,
    newPath: numberedPaths(folder, before.model.file),
    observing: present(rewriter.observing, 'observing'),
  };
  const equalized = await equalize(
    bench,
    {
      cleaned: before,
      dims: { dims: {}, shapes: {} },
      plan,
      quantized: new Set(layOut(plan, assign(plan, isOf('int8'))).roots.keys()),
      fixed: [],
      samples,
    },
    target,
  );
  return { before, after: equalized === null ? null : tflite.open(target) };
}

/** Tensors that were changed, by their names before. */
function changedIn(file: TfliteFile | null): string[] {
  const names = file?.model.graph.nodes.flatMap(({ outputs }) => outputs) ?? [];
  return names.filter((name) => name.endsWith('_equalized')).map((name) => name.replace('_equalized', ''));
}

describe('equalization of a .tflite model', () => {
  it.each(['relu', 'relu6'] as const)('changes nothing in float around folded %s', async (activation) => {
    const { before, after } = await equalized(residual(activation));
    expect(changedIn(after)).toEqual(['a', 'b', 'padded', 'c', 'd', 'e', 'mean']);
    // What RELU6 cuts off of data that were not seen may be cut off elsewhere.
    const fed = activation === 'relu' ? feeds : feeds.slice(0, SEEN);
    const path = present(after, 'an equalized model').model.file;
    expect(decibels(await run(before.model.file, fed), await run(path, fed))).toBeGreaterThan(100);
  });

  it('lets integers come nearer', async () => {
    const { before, after } = await equalized(everywhere('relu'));
    const unseen = feeds.slice(SEEN);
    const expected = await run(before.model.file, unseen);
    const nearness = async (file: TfliteFile) => {
      const made = await quantized(file, isOf('int8'), feeds.slice(0, SEEN), folder);
      return decibels(expected, await run(made.file.model.file, unseen));
    };
    const other = await nearness(present(after, 'an equalized model'));
    expect(other).toBeGreaterThan((await nearness(before)) + 2);
  });

  it.each(['relu n1 to 1', 'tanh'] as const)('moves nothing that %s is folded into', async (activation) => {
    const { before, after } = await equalized(residual(activation));
    expect(changedIn(after)).toEqual(['a', 'd', 'e', 'mean']);
    const path = present(after, 'an equalized model').model.file;
    expect(decibels(await run(before.model.file, feeds), await run(path, feeds))).toBeGreaterThan(100);
  });

  it('leaves a mean alone that is over channels', async () => {
    const graph = residual('relu');
    const axes: MadeTensor = { shape: [2], type: 2, data: Int32Array.of(2, 3) };
    const tensors = { ...graph.tensors, axes, mean: { shape: [1, 8] }, last: stored([5, 8], normal) };
    expect(changedIn((await equalized({ ...graph, tensors })).after)).toEqual(['b', 'padded', 'c']);
  });
});
