import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../src/analysis/difference/differences';
import { comparisonReport } from '../../../src/analysis/difference/report';
import { onnx } from '../../../src/formats/onnx/format';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeInt64Tensor, makeNode } from '../../../src/formats/onnx/writing/make';
import type { NodeId } from '../../../src/model/nodeId';
import { FLOAT16, FLOAT32, type Precision, schemeOf } from '../../../src/model/precision';
import { assignRecipe, layOut } from '../../../src/quantization/layout';
import { seededRandom } from '../../../src/runtime/random';
import { SAMPLE } from '../support';
import { randomTensors, workshop } from './small';
import {
  calibrate,
  decibels,
  evaluate,
  feedsFor,
  operatorsOf,
  run,
  runUnfused,
  withSession,
  write,
} from './support';

const { fresh, model } = workshop();
const { tensor } = randomTensors(8);
const STATIC: Precision = { weights: 'int8', activations: 'uint8', granularity: 'channel' };
const DYNAMIC: Precision = { weights: 'int8', activations: 'dynamic', granularity: 'channel' };
const INT8: Precision = { weights: 'int8', activations: 'float32', granularity: 'channel' };
const INT4: Precision = { weights: 'int4', activations: 'float32', granularity: { block: 32 } };

/** Convolutions, then matrix products of each kind, and outputs from the middle of it. */
const mixedModel = () =>
  model({
    inputs: { x: [2, 4, 8, 8] },
    nodes: [
      makeNode('Conv', ['x', 'w0'], ['a'], { pads: [1, 1, 1, 1] }),
      makeNode('Relu', ['a'], ['b']),
      makeNode('Conv', ['b', 'w1'], ['c'], { pads: [1, 1, 1, 1] }),
      makeNode('Sigmoid', ['c'], ['d']),
      makeNode('Reshape', ['d', 'shape'], ['e']),
      makeNode('MatMul', ['e', 'm0'], ['f']),
      makeNode('Relu', ['f'], ['g']),
      makeNode('Gemm', ['g', 'm1', 'bias'], ['h'], { transB: 1 }),
      makeNode('Add', ['h', 'bias'], ['i']),
      makeNode('MatMul', ['i', 'm2'], ['y']),
    ],
    initializers: [
      tensor('w0', [8, 4, 3, 3], 0.2),
      tensor('w1', [4, 8, 3, 3], 0.2),
      makeInt64Tensor('shape', [2], [2, -1]),
      tensor('m0', [256, 64], 0.1),
      tensor('m1', [48, 64], 0.1),
      tensor('bias', [48], 0.1),
      tensor('m2', [48, 16], 0.1),
    ],
    outputs: ['y', 'b', 'd', 'g'],
  });

async function measured(file: ReturnType<typeof mixedModel>, assignment: ReadonlyMap<NodeId, Precision>) {
  const feeds = await withSession(file.path, async (session) => feedsFor(session, {}, 1));
  const ranges = await calibrate(file, [feeds], fresh());
  const target = fresh();
  const result = write(file, assignment, target, { ranges, reduceRange: true });
  const reference = await run(file.path, feeds);
  // Loaded with all optimizations too: an engine checks types then.
  await withSession(target, async () => {});
  return { ...result, target, noise: decibels(reference, await runUnfused(target, feeds)) };
}

describe('one file', () => {
  it('holds layers of every precision, with what converts between them', async () => {
    const assignment = new Map<NodeId, Precision>([
      ['0', STATIC],
      ['2', FLOAT16],
      ['3', FLOAT16],
      ['5', DYNAMIC],
      ['7', INT4],
      ['9', INT8],
    ]);
    const { target, kept, noise } = await measured(mixedModel(), assignment);
    expect([...kept]).toEqual([]);
    expect(operatorsOf(target)).toEqual({
      // x, the first layer's weight, and its output behind Relu; the last layer's weight.
      QuantizeLinear: 2,
      DequantizeLinear: 4,
      Conv: 2,
      Sigmoid: 1,
      // Into float16, and back for the graph's output and for what follows; the sums of the dynamic layer.
      Cast: 4,
      Reshape: 1,
      DynamicQuantizeLinear: 1,
      MatMulInteger: 1,
      Mul: 2,
      Relu: 1,
      MatMulNBits: 1,
      Add: 2,
      MatMul: 1,
    });
    const types = new Map(
      [...onnx.open(target).model.graph.constants].map(([name, { type }]) => [name, type]),
    );
    expect(['w0_int8', 'w1_half', 'm0_int8', 'm1_int4', 'm2_int8'].map((name) => types.get(name))).toEqual([
      'int8',
      'float16',
      'int8',
      'uint8',
      'int8',
    ]);
    expect(['w0', 'w1', 'm0', 'm1', 'm2'].some((name) => types.has(name))).toBe(false);
    expect(noise).toBeGreaterThan(15);
  });

  it('runs whatever precisions its nodes are given', async () => {
    const random = seededRandom(4);
    const file = mixedModel();
    const { nodes } = rewriter.plan(file);
    for (let round = 0; round < 25; round++) {
      const assignment = new Map<NodeId, Precision>();
      for (const { id, precisions } of nodes) {
        const choices = [...precisions.filter(({ activations }) => activations !== 'int8'), FLOAT32, null];
        const choice = choices[Math.floor(random() * choices.length)];
        if (choice) assignment.set(id, choice);
      }
      const message = JSON.stringify([...assignment].map(([id, one]) => [id, one.weights, schemeOf(one)]));
      const { noise } = await measured(file, assignment);
      expect(noise, message).toBeGreaterThan(12);
    }
  });
});

describe('nodes', () => {
  it('that share a name have a choice and a correction each', () => {
    const file = model({
      nodes: [
        makeNode('Conv', ['x', 'w0'], ['a'], {}, { name: 'twin' }),
        makeNode('Conv', ['a', 'w1'], ['y'], {}, { name: 'twin' }),
      ],
      initializers: [tensor('w0', [4, 4, 1, 1]), tensor('w1', [4, 4, 1, 1])],
    });
    const target = fresh();
    const range = { min: -1, max: 1 };
    const { layers } = layOut(rewriter.plan(file), new Map([['1', STATIC]]));
    expect(layers.map(({ id, name }) => [id, name])).toEqual([['1', 'twin']]);
    write(file, new Map([['1', STATIC]]), target, {
      ranges: new Map(['x', 'a', 'y'].map((name) => [name, range])),
      biasCorrections: new Map([
        ['0', new Float32Array(4).fill(7)],
        ['1', new Float32Array(4).fill(0.25)],
      ]),
    });
    const written = onnx.open(target);
    const { constants } = written.model.graph;
    expect([...constants.keys()].filter((name) => /^w\d(_int8)?$/.test(name)).sort()).toEqual([
      'w0',
      'w1_int8',
    ]);
    const numbers = (name: string) => {
      const stored = constants.get(name);
      return stored ? written.readTensor(stored).values : [];
    };
    const scales = numbers('twin_bias_int32_scale');
    const biases = Array.from(numbers('twin_bias_int32'), (value, i) => value * (scales[i] ?? 0));
    expect(biases).toHaveLength(4);
    for (const bias of biases) expect(bias).toBeCloseTo(0.25, 3);
  });

  it('are followed from the model through cleaning into the file', async () => {
    const file = model({
      inputs: { x: [2, 8] },
      opset: 11,
      nodes: [
        makeNode('Identity', ['x'], ['i']),
        makeNode('MatMul', ['i', 'w'], ['m'], {}, { name: 'same' }),
        makeNode('Add', ['m', 'b'], ['n'], {}, { name: 'same' }),
        makeNode('Dropout', ['n'], ['d'], {}, { name: 'same' }),
        makeNode('Tanh', ['d'], ['t'], {}, { name: 'same' }),
        makeNode('MatMul', ['t', 'v'], ['y'], {}, { name: 'same' }),
      ],
      initializers: [tensor('w', [8, 8]), tensor('b', [8]), tensor('v', [8, 4])],
    });
    const target = fresh();
    const origins = await rewriter.clean(file, target, evaluate);
    const cleaned = onnx.open(target);
    expect(cleaned.model.graph.nodes.map(({ id, op }) => [op, origins.get(id)])).toEqual([
      ['Gemm', '1'],
      ['Tanh', '4'],
      ['MatMul', '5'],
    ]);
    const written = fresh();
    const result = write(cleaned, 'int8-dynamic', written);
    const follow = (id: NodeId) => origins.get(result.origins.get(id) ?? '');
    expect(
      onnx.open(written).model.graph.nodes.flatMap(({ id, op }) => (follow(id) ? [[op, follow(id)]] : [])),
    ).toEqual([
      ['MatMulInteger', '1'],
      ['Tanh', '4'],
      ['MatMulInteger', '5'],
    ]);
  });

  it('of a real model all lead back to those of the original, and each to one', async () => {
    const source = onnx.open(SAMPLE);
    const target = fresh();
    const origins = await rewriter.clean(source, target, evaluate);
    const { nodes } = onnx.open(target).model.graph;
    const given = new Map(source.model.graph.nodes.map((node) => [node.id, node]));
    // The mean of the original is a pooling, and a Flatten that it did not have.
    const expected = { GlobalAveragePool: 'ReduceMean', Flatten: undefined };
    expect(nodes.map(({ id }) => given.get(origins.get(id) ?? '')?.op)).toEqual(
      nodes.map(({ op }) => (op in expected ? expected[op as keyof typeof expected] : op)),
    );
    expect(new Set(origins.values()).size).toBe(nodes.length - 1);
  });
});

describe('weights alone', () => {
  const forms = (['engine', 'standard'] as const).flatMap((weightForm) =>
    [INT8, INT4, { ...INT4, weights: 'int8' as const }, { ...INT4, granularity: { block: 128 } }].map(
      (precision) =>
        [weightForm, precision.weights, JSON.stringify(precision.granularity), precision] as const,
    ),
  );

  it.each(forms)('are right in the form of %s, %s by %s', async (weightForm, _, __, precision) => {
    // No size is a multiple of a block, and the factors of Gemm are not 1.
    const file = model({
      opset: 21,
      irVersion: 10n,
      inputs: { x: [3, 70] },
      nodes: [
        makeNode('Gemm', ['x', 'w', 'c'], ['a'], { transB: 1, alpha: -0.5, beta: 2 }),
        makeNode('Gemm', ['a', 'v'], ['b'], { alpha: 3 }),
        makeNode('MatMul', ['b', 'u'], ['y']),
      ],
      initializers: [
        tensor('w', [45, 70], 0.1),
        tensor('c', [45]),
        tensor('v', [45, 37], 0.1),
        tensor('u', [37, 9], 0.1),
      ],
    });
    const feeds = await withSession(file.path, async (session) => feedsFor(session, {}, 1));
    const target = fresh();
    const ids = ['0', '1', '2'];
    const { kept } = write(file, new Map(ids.map((id) => [id, precision])), target, { weightForm });
    expect([...kept]).toEqual([]);
    const blocks = weightForm === 'engine' && typeof precision.granularity !== 'string';
    expect(operatorsOf(target)).toEqual(
      blocks ? { MatMulNBits: 3, Add: 1 } : { DequantizeLinear: 3, Gemm: 2, MatMul: 1 },
    );
    const noise = decibels(await run(file.path, feeds), await run(target, feeds));
    expect(noise).toBeGreaterThan(precision.weights === 'int8' ? 35 : 12);
  });

  it('in standard blocks raise the operator set, with what changed on the way', async () => {
    const file = model({
      inputs: { x: [3, 64] },
      outputs: ['y', 'z'],
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['p']),
        makeNode('ReduceMean', ['p'], ['y'], { axes: [1] }),
        makeNode('Split', ['p'], ['z', 'rest'], { axis: 1 }),
      ],
      initializers: [tensor('w', [64, 8])],
    });
    const feeds = await withSession(file.path, async (session) => feedsFor(session, {}, 1));
    const target = fresh();
    const { kept } = write(file, new Map([['0', INT4]]), target, { weightForm: 'standard' });
    expect([...kept]).toEqual([]);
    expect(operatorsOf(target)).toEqual({ DequantizeLinear: 1, MatMul: 1, ReduceMean: 1, Split: 1 });
    expect(decibels(await run(file.path, feeds), await run(target, feeds))).toBeGreaterThan(14);
  });

  it('in standard blocks stay in float where a node would mean something else in operator set 21', () => {
    const file = model({
      inputs: { x: [1, 1, 8, 64], grid: [1, 2, 2, 2] },
      outputs: ['y', 'g'],
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['y']),
        makeNode('GridSample', ['x', 'grid'], ['g'], { mode: 'bilinear' }, { name: 'sampled' }),
      ],
      initializers: [tensor('w', [64, 8])],
    });
    const { kept } = write(file, new Map([['0', INT4]]), fresh(), { weightForm: 'standard' });
    expect([...kept.values()].join()).toMatch(
      /need operator set 21, in which sampled \(GridSample\) would mean/,
    );
  });

  it.each([
    ['engine', INT4],
    ['standard', INT4],
    ['engine', INT8],
  ] as const)(
    'are written as they were rounded, zero points too, in the form of %s',
    async (weightForm, precision) => {
      const [rows, columns] = [64, 6];
      const file = model({
        opset: 21,
        irVersion: 10n,
        inputs: { x: [64, 64] },
        nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
        initializers: [tensor('w', [rows, columns])],
      });
      const random = seededRandom(9);
      const values = Int8Array.from({ length: rows * columns }, () => Math.floor(random() * 15) - 7);
      const blocks = precision === INT4 ? rows / 32 : 1;
      const scales = Float32Array.from({ length: blocks * columns }, (_, i) => 2 ** -(i % 5));
      const zeroPoints = Int8Array.from({ length: blocks * columns }, (_, i) => (i % 7) - 3);
      const target = fresh();
      write(file, new Map([['0', precision]]), target, {
        weightForm,
        quantizedWeights: new Map([['w', { values, scales, zeroPoints }]]),
      });
      const identity = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 65 === 0 ? 1 : 0));
      const { y } = await runUnfused(target, { x: { type: 'float32', shape: [64, 64], data: identity } });
      const expected = Array.from(values, (value, i) => {
        const group = Math.floor(i / columns / (rows / blocks)) * columns + (i % columns);
        return (value - (zeroPoints[group] ?? 0)) * (scales[group] ?? 0);
      });
      // The engine's own operator quantizes its inputs to 8 bits.
      const error = Math.max(...expected.map((value, i) => Math.abs(value - Number(y?.data[i]))));
      expect(error).toBeLessThan(weightForm === 'engine' && precision === INT4 ? 0.1 : 1e-6);
    },
  );

  it('of convolutions are in 8 bits, and a recipe takes 4 bits where there are kernels', async () => {
    const file = mixedModel();
    const { kept } = write(file, 'int4-weights', fresh());
    expect([...kept]).toEqual([]);
    const assignment = assignRecipe(rewriter.plan(file), 'int4-weights', []);
    expect([...assignment].map(([id, { weights }]) => [id, weights])).toEqual([
      ['0', 'int8'],
      ['2', 'int8'],
      ['5', 'int4'],
      ['7', 'int4'],
      ['9', 'int4'],
    ]);
  });
});

describe('embeddings', () => {
  const embedding = (more: Parameters<typeof makeNode>[] = []) =>
    model({
      inputs: { x: [2, 3] },
      nodes: [
        makeNode('Cast', ['x'], ['rows'], { to: 7 }),
        makeNode('Gather', ['table', 'rows'], ['e'], {}, { name: 'embed' }),
        makeNode('MatMul', ['e', 'w'], ['y']),
        ...more.map((one) => makeNode(...one)),
      ],
      initializers: [
        makeFloatTensor(
          'table',
          [60, 32],
          Array.from({ length: 60 * 32 }, (_, i) => Math.sin(i) * 10 ** -(Math.floor(i / 32) % 5)),
        ),
        tensor('w', [32, 8]),
      ],
      ...(more.length > 0 ? { outputs: ['y', 'z'] } : {}),
    });
  const feeds = {
    x: { type: 'float32' as const, shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 59) },
  };

  it('are in 8 bits, a scale a row, and only rows that are looked up become float', async () => {
    const file = embedding();
    const target = fresh();
    expect([...write(file, 'int8-dynamic', target, { reduceRange: true }).kept]).toEqual([]);
    expect(operatorsOf(target)).toMatchObject({ Gather: 2, MatMulInteger: 1 });
    const { constants } = onnx.open(target).model.graph;
    expect(constants.get('table_int8')).toMatchObject({ type: 'int8', shape: [60, 32] });
    expect(constants.has('table')).toBe(false);
    // The weights of both layers are compared as the numbers that they stand for.
    const differences = differencesOf(file, onnx.open(target), { dims: {}, shapes: {} });
    const { layers, warnings } = comparisonReport(differences, { input: '', output: '' }, 0);
    expect(warnings).toEqual([]);
    expect(layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name)).toEqual([
      'embed',
      'y',
    ]);
    // Alone: rows differ in size by 10,000, and each is as exact as the others.
    const alone = fresh();
    write(file, new Map([['1', INT8]]), alone);
    const [before, after] = [await run(file.path, feeds), await run(alone, feeds)];
    for (let row = 0; row < 6; row++) {
      const part = ({ y }: typeof before) => ({
        y: {
          type: 'float32' as const,
          shape: [8],
          data: Float32Array.from(y?.data ?? [], Number).subarray(8 * row, 8 * row + 8),
        },
      });
      expect(decibels(part(before), part(after)), `row ${row}`).toBeGreaterThan(35);
    }
  });

  it('stay in float where something else reads the table in float', () => {
    const file = embedding([['Add', ['table', 'table'], ['z']]]);
    const target = fresh();
    write(file, 'int8-dynamic', target);
    expect(onnx.open(target).model.graph.constants.get('table')?.type).toBe('float32');
  });
});
