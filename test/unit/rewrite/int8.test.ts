import { describe, expect, it } from 'vitest';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeInt64Tensor, makeNode } from '../../../src/formats/onnx/writing/make';
import type { Feeds } from '../../../src/runtime/engine';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { SAMPLE } from '../support';
import { randomTensors, type Small, workshop } from './small';
import {
  type Choice,
  calibrate,
  decibels,
  evaluate,
  feedsFor,
  fusedOperators,
  layersOf,
  run,
  runUnfused,
  withSession,
  write,
} from './support';

const { fresh, model: smallModel } = workshop();
const { tensor } = randomTensors(3);
const floatModel = (small: Small) => smallModel({ inputs: { x: [1, 8, 8, 8] }, ...small });

async function quantized(file: OnnxFile, more: Choice = {}) {
  const feeds = await withSession(file.path, async (session) =>
    [1, 2].map((seed) => feedsFor(session, {}, seed)),
  );
  const ranges = await calibrate(file, feeds, fresh(), more.keep);
  const target = fresh();
  const result = write(file, 'int8-all', target, { ...more, ranges });
  const [feed = {}] = feeds;
  const outputs: Feeds = await runUnfused(target, feed);
  const reference = await run(file.path, feed);
  return {
    ...result,
    target,
    reference,
    outputs,
    noise: decibels(reference, outputs),
    fused: await fusedOperators(target, fresh()),
    file: onnx.open(target),
  };
}

const conv = (input: string, output: string, weights: string, bias?: string) =>
  makeNode(
    'Conv',
    [input, weights, ...(bias ? [bias] : [])],
    [output],
    { pads: [1, 1, 1, 1] },
    { name: output },
  );
const W = () => [tensor('w1', [8, 8, 3, 3], 0.1), tensor('w2', [8, 8, 3, 3], 0.1)];

describe('between two convolutions', () => {
  // Operators that are computed in 8 bits, and what the engine makes of them.
  const cases: [name: string, node: NodeProto, fused: string, more?: TensorProto[]][] = [
    ['Add', makeNode('Add', ['a', 'a'], ['b']), 'QLinearAdd'],
    ['Add of a constant', makeNode('Add', ['a', 'k'], ['b']), 'QLinearAdd', [tensor('k', [8, 8, 8])]],
    ['Sub of a constant', makeNode('Sub', ['a', 'k'], ['b']), 'QLinearAdd', [tensor('k', [8, 8, 8])]],
    ['Mul', makeNode('Mul', ['a', 'a'], ['b']), 'QLinearMul'],
    ['Div by a constant', makeNode('Div', ['a', 'k'], ['b']), 'QLinearMul', [makeFloatTensor('k', [], [6])]],
    ['Concat', makeNode('Concat', ['a', 'a'], ['b'], { axis: 2 }), 'QLinearConcat'],
    ['Sigmoid', makeNode('Sigmoid', ['a'], ['b']), 'QLinearSigmoid'],
    ['LeakyRelu', makeNode('LeakyRelu', ['a'], ['b'], { alpha: 0.1 }), 'QLinearLeakyRelu'],
    ['AveragePool', makeNode('AveragePool', ['a'], ['b'], { kernel_shape: [2, 2] }), 'QLinearAveragePool'],
    ['GlobalAveragePool', makeNode('GlobalAveragePool', ['a'], ['b']), 'QLinearGlobalAveragePool'],
    ['MaxPool', makeNode('MaxPool', ['a'], ['b'], { kernel_shape: [2, 2] }), 'NhwcMaxPool'],
    ['Transpose', makeNode('Transpose', ['a'], ['b'], { perm: [0, 1, 3, 2] }), 'Transpose'],
    [
      'Slice',
      makeNode('Slice', ['a', 'from', 'to', 'axis'], ['b']),
      'Slice',
      [makeInt64Tensor('from', [1], [1]), makeInt64Tensor('to', [1], [5]), makeInt64Tensor('axis', [1], [2])],
    ],
    [
      'Resize',
      makeNode('Resize', ['a', '', 'k'], ['b'], { mode: 'nearest' }),
      'Resize',
      [makeFloatTensor('k', [4], [1, 1, 2, 2])],
    ],
  ];
  it.each(cases)('%s stays in 8 bits', async (_, node, fused, more = []) => {
    const file = floatModel({
      nodes: [conv('x', 'a', 'w1'), node, conv('b', 'y', 'w2')],
      initializers: [...W(), ...more],
    });
    const result = await quantized(file);
    expect(result.kept).toEqual(new Map());
    expect(result.noise).toBeGreaterThan(28);
    expect(result.fused).toMatchObject({ QLinearConv: 2, [fused]: expect.any(Number), QuantizeLinear: 1 });
    expect(result.fused).not.toHaveProperty('Conv');
    expect(result.fused['DequantizeLinear']).toBe(1);
  });

  it.each(['HardSwish', 'Exp', 'PRelu'])('%s is computed in float between one DQ and one Q', async (op) => {
    const file = floatModel({
      nodes: [
        conv('x', 'a', 'w1'),
        makeNode(op, op === 'PRelu' ? ['a', 'slope'] : ['a'], ['b'], {}, { name: 'act' }),
        conv('b', 'y', 'w2'),
      ],
      initializers: [...W(), ...(op === 'PRelu' ? [tensor('slope', [8, 1, 1])] : [])],
    });
    const result = await quantized(file);
    expect([...result.kept]).toEqual([['act', `${op} has no int8 kernel`]]);
    expect(result.fused).toMatchObject({ QLinearConv: 2, QuantizeLinear: 2, DequantizeLinear: 2 });
  });

  it.each([
    ['Relu', makeNode('Relu', ['a'], ['b']), []],
    [
      'Clip',
      makeNode('Clip', ['a', 'zero', 'six'], ['b']),
      [makeFloatTensor('zero', [], [0]), makeFloatTensor('six', [], [0.5])],
    ],
  ])('%s goes into the range of the output', async (_, node, more) => {
    const file = floatModel({
      nodes: [conv('x', 'a', 'w1'), node, conv('b', 'y', 'w2')],
      initializers: [...W(), ...more],
    });
    expect(layersOf(file)[0]).toMatchObject({
      name: 'a',
      rawOutput: 'a',
      output: 'b',
      role: { biasAxis: 1 },
    });
    const result = await quantized(file);
    expect(result.file.model.graph.nodes.map(({ op }) => op)).not.toContain(node.opType);
    // Both names live on: the raw output, and what follows it.
    const names = result.file.model.graph.nodes.flatMap(({ outputs }) => outputs);
    expect(names).toEqual(expect.arrayContaining(['a', 'b', 'y']));
    expect(result.noise).toBeGreaterThan(30);
    expect(result.fused).toMatchObject({ QLinearConv: 2, QuantizeLinear: 1, DequantizeLinear: 1 });
  });

  it('a Clip that cuts zero off is not taken for a range', async () => {
    const file = floatModel({
      nodes: [
        conv('x', 'a', 'w1'),
        makeNode('Clip', ['a', 'low'], ['b'], {}, { name: 'clip' }),
        conv('b', 'y', 'w2'),
      ],
      initializers: [...W(), makeFloatTensor('low', [], [0.25])],
    });
    const result = await quantized(file);
    expect(result.kept.get('clip')).toMatch(/no int8 kernel/);
    expect(result.noise).toBeGreaterThan(30);
  });
});

describe('layers', () => {
  it('that only normalize before convolutions become convolutions', async () => {
    const statistics = ['g', 'b', 'm'].map((name) => tensor(name, [8]));
    const variance = makeFloatTensor('v', [8], [1e-4, 1e-2, 1, 2, 3, 4, 1e2, 1e4]);
    const file = floatModel({
      nodes: [
        makeNode('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['n'], {}, { name: 'norm' }),
        makeNode('Relu', ['n'], ['a']),
        conv('a', 'c', 'w1'),
        makeNode('BatchNormalization', ['c', 'g', 'b', 'm', 'v'], ['y'], {}, { name: 'last' }),
      ],
      initializers: [...W(), ...statistics, variance],
      outputs: ['y', 'c'],
    });
    const result = await quantized(file);
    expect(result.fused).toMatchObject({ QLinearConv: 2, BatchNormalization: 1 });
    expect(result.noise).toBeGreaterThan(30);
    const kept = await quantized(file, { keep: new Set(['norm']) });
    expect(kept.fused).toMatchObject({ QLinearConv: 1, BatchNormalization: 2 });
  });

  it('that are kept have no Q and DQ around them', async () => {
    const file = floatModel({
      nodes: [conv('x', 'a', 'w1'), conv('a', 'b', 'w2'), conv('b', 'c', 'w1'), conv('c', 'y', 'w2')],
      initializers: W(),
    });
    const result = await quantized(file, { keep: new Set(['b', 'c']) });
    expect(result.fused).toMatchObject({ QLinearConv: 2, QuantizeLinear: 2, DequantizeLinear: 2 });
    expect(result.noise).toBeGreaterThan(30);
    expect(result.kept).toEqual(new Map());
    // The weights in float are the originals.
    expect(result.file.model.graph.constants.get('w1')?.type).toBe('float32');
  });

  it.each([0, 1])('of matrix products keep their factors, transB %i', async (transB) => {
    const file = floatModel({
      inputs: { x: [4, 16] },
      nodes: [
        makeNode('Gemm', ['x', 'w', 'c'], ['a'], { transB, alpha: 0.5, beta: -2 }, { name: 'first' }),
        makeNode('Relu', ['a'], ['b']),
        makeNode('Gemm', ['b', 'v'], ['y'], {}, { name: 'last' }),
      ],
      initializers: [tensor('w', transB ? [12, 16] : [16, 12]), tensor('c', [12]), tensor('v', [12, 5])],
    });
    const result = await quantized(file);
    expect(result.noise).toBeGreaterThan(30);
    // The last one gives float straight from its sums.
    expect(result.fused).toEqual({ QuantizeLinear: 1, QGemm: 2 });
  });

  it('of matrix products with stacked inputs are quantized by column', async () => {
    const w = tensor('w', [16, 4]);
    const values = new Float32Array(w.rawData.buffer, w.rawData.byteOffset, 64);
    for (let i = 0; i < 64; i += 4) values[i] = (values[i] ?? 0) * 1e-4;
    const file = floatModel({
      inputs: { x: [2, 3, 16] },
      nodes: [
        makeNode('MatMul', ['x', 'w'], ['m']),
        makeNode('Split', ['m', 'sizes'], ['small', 'large'], { axis: -1 }),
      ],
      initializers: [w, makeInt64Tensor('sizes', [2], [1, 3])],
      outputs: ['small', 'large'],
    });
    const result = await quantized(file);
    // With one scale for all columns the small one would be zero.
    const small = result.reference['small'];
    expect(small && decibels({ small }, result.outputs)).toBeGreaterThan(30);
  });

  it('with weights of zero, huge biases and tiny weights stay right', async () => {
    const w = tensor('w', [4, 8, 1, 1]);
    const values = new Float32Array(w.rawData.buffer, w.rawData.byteOffset, 32);
    values.fill(0, 0, 8);
    for (let i = 8; i < 16; i++) values[i] = (values[i] ?? 0) * 1e-9;
    const file = floatModel({
      nodes: [makeNode('Conv', ['x', 'w', 'b'], ['y'])],
      initializers: [w, makeFloatTensor('b', [4], [0.37, 5, -0.2, 3])],
    });
    const result = await quantized(file);
    expect(result.noise).toBeGreaterThan(35);
    // Channel by channel.
    const size = 64;
    const [reference, outputs] = [result.reference['y']?.data, result.outputs['y']?.data];
    for (let channel = 0; channel < 4; channel++) {
      const error = Math.abs(Number(reference?.[channel * size]) - Number(outputs?.[channel * size]));
      expect(error, `channel ${channel}`).toBeLessThan(0.1);
    }
    const biases = result.file.proto.graph?.initializer.filter(({ dataType }) => dataType === 6) ?? [];
    expect(biases.length).toBe(1);
  });

  it('without a finite range stay in float, and say so', async () => {
    const file = floatModel({ nodes: [conv('x', 'a', 'w1'), conv('a', 'y', 'w2')], initializers: W() });
    const target = fresh();
    const ranges = new Map([
      ['x', { min: -1, max: 1 }],
      ['y', { min: Number.NEGATIVE_INFINITY, max: 1 }],
      ['a', { min: -1, max: 1 }],
    ]);
    const { kept } = write(file, 'int8-all', target, { ranges });
    expect([...kept]).toEqual([['y', 'no finite values of y were seen in calibration']]);
    expect(onnx.open(target).model.graph.nodes.filter(({ op }) => op === 'DequantizeLinear').length).toBe(3);
  });

  it('take a correction into their bias, which they get if they have none', async () => {
    const file = floatModel({ nodes: [conv('x', 'y', 'w1')], initializers: W() });
    const plain = await quantized(file);
    const shifted = await quantized(file, {
      biases: { y: new Float32Array(8).fill(0.5) },
    });
    const [before = [], after = []] = [plain, shifted].map(({ outputs }) =>
      Array.from(outputs['y']?.data ?? [], Number),
    );
    const shifts = before.map((value, i) => (after[i] ?? 0) - value).sort((a, b) => a - b);
    expect(shifts[shifts.length >> 1]).toBeCloseTo(0.5, 1);
  });

  it('have 7-bit weights where sums would saturate', async () => {
    const file = floatModel({ nodes: [conv('x', 'y', 'w1')], initializers: W() });
    for (const [reduceRange, limit] of [
      [false, 127],
      [true, 63],
    ] as const) {
      const result = await quantized(file, { reduceRange });
      const stored = result.file.model.graph.constants.get('w1_int8');
      const { values } = stored ? result.file.readTensor(stored) : { values: [0] };
      expect(Math.max(...Array.from(values, Math.abs))).toBe(limit);
      expect(result.noise).toBeGreaterThan(reduceRange ? 28 : 33);
    }
  });

  it('that share a weight store it once', async () => {
    const file = floatModel({
      nodes: [conv('x', 'a', 'w1'), conv('a', 'b', 'w1'), conv('b', 'y', 'w1')],
      initializers: W().slice(0, 1),
    });
    const result = await quantized(file);
    const stored = [...result.file.model.graph.constants.values()].filter(({ shape }) => shape.length === 4);
    expect(stored.map(({ name, type }) => [name, type])).toEqual([['w1_int8', 'int8']]);
    expect(result.fused).toMatchObject({ QLinearConv: 3, QuantizeLinear: 1, DequantizeLinear: 1 });
    expect(result.noise).toBeGreaterThan(25);
  });

  it('past the last product are computed in float', async () => {
    const file = floatModel({
      nodes: [conv('x', 'a', 'w1'), makeNode('Sigmoid', ['a'], ['y'], {}, { name: 'last' })],
      initializers: W(),
    });
    const result = await quantized(file);
    expect(result.kept.get('last')).toMatch(/no convolution or matrix product follows/);
    expect(result.fused).toMatchObject({ QLinearConv: 1, Sigmoid: 1 });
  });

  it('whose result several layers and the graph read are quantized once', async () => {
    const file = floatModel({
      nodes: [
        conv('x', 'a', 'w1'),
        conv('a', 'b', 'w2'),
        makeNode('Add', ['a', 'b'], ['s']),
        conv('s', 'y', 'w1'),
      ],
      initializers: W(),
      outputs: ['y', 'a'],
    });
    const result = await quantized(file);
    expect(result.noise).toBeGreaterThan(28);
    expect(result.fused).toMatchObject({ QLinearConv: 3, QLinearAdd: 1, QuantizeLinear: 1 });
    expect(result.file.model.graph.outputs.map(({ name }) => name)).toEqual(['y', 'a']);
  });
});

describe('the sample model', () => {
  it('has all its layers fused', async () => {
    const target = fresh();
    await rewriter.clean(onnx.open(SAMPLE), target, evaluate);
    const result = await quantized(onnx.open(target));
    expect(result.kept).toEqual(new Map());
    const { Transpose, ...layers } = result.fused;
    expect(Transpose).toBeLessThanOrEqual(2);
    expect(layers).toEqual({
      QuantizeLinear: 1,
      QLinearConv: 52,
      QLinearAdd: 10,
      QLinearGlobalAveragePool: 1,
      Flatten: 1,
      QGemm: 1,
    });
  });
});

describe('a model that an engine has optimized', () => {
  it('is taken apart and quantized', async () => {
    const file = floatModel({
      nodes: [
        conv('x', 'a', 'w1'),
        makeNode('Relu', ['a'], ['b']),
        conv('b', 'c', 'w2'),
        makeNode('LeakyRelu', ['c'], ['y']),
      ],
      initializers: W(),
    });
    const optimized = fresh();
    const session = await onnxRuntime.load(file.path, {
      threads: 1,
      optimization: 'extended',
      optimizedModelPath: optimized,
    });
    await session.close();
    const source = onnx.open(optimized);
    expect(source.model.graph.nodes.map(({ op }) => op)).toContain('com.microsoft.FusedConv');
    expect(rewriter.refusal(source, 'int8')).toBeNull();
    const target = fresh();
    await rewriter.clean(source, target, evaluate);
    const result = await quantized(onnx.open(target));
    expect(result.noise).toBeGreaterThan(30);
    expect(result.fused).toMatchObject({ QLinearConv: 2 });
  });
});
