import { describe, expect, it } from 'vitest';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeTensor,
} from '../../../src/formats/onnx/writing/make';
import { randomTensors, type Small, workshop } from './small';
import { decibels, evaluate, feedsFor, operatorsOf, run, withSession } from './support';

const { fresh, model } = workshop();
const SEED = 11;
const { tensor, positive } = randomTensors(SEED);

async function cleaned(
  small: Small,
): Promise<{ noise: number; operators: Record<string, number>; file: OnnxFile }> {
  const file = model(small);
  const target = fresh();
  await rewriter.clean(file, target, evaluate);
  const feeds = await withSession(file.path, async (session) => {
    const all = feedsFor(session, {}, SEED);
    return Object.fromEntries(Object.entries(all).filter(([name]) => name === 'x'));
  });
  const noise = decibels(await run(file.path, feeds), await run(target, feeds));
  return { noise, operators: operatorsOf(target), file: onnx.open(target) };
}

/** Rounding of folded float32 weights stays below this. */
const EXACT_DB = 110;

const bn = (input: string, output: string, channels: number, name = 'bn'): [NodeProto, TensorProto[]] => [
  makeNode('BatchNormalization', [input, `${name}_g`, `${name}_b`, `${name}_m`, `${name}_v`], [output], {}),
  [
    tensor(`${name}_g`, [channels]),
    tensor(`${name}_b`, [channels]),
    tensor(`${name}_m`, [channels]),
    positive(`${name}_v`, [channels]),
  ],
];

describe('folding into the layer before', () => {
  it('BatchNormalization, with and without a bias', async () => {
    for (const bias of [[], ['bias']]) {
      const [node, stored] = bn('c', 'y', 5);
      const result = await cleaned({
        nodes: [makeNode('Conv', ['x', 'w', ...bias], ['c']), node],
        initializers: [tensor('w', [5, 4, 3, 3]), tensor('bias', [5]), ...stored],
      });
      expect(result.noise).toBeGreaterThan(EXACT_DB);
      expect(result.operators).toEqual({ Conv: 1 });
      expect(result.file.proto.graph?.node[0]?.output).toEqual(['y']);
    }
  });

  it('BatchNormalization into a transposed convolution of groups', async () => {
    const [node, stored] = bn('c', 'y', 6);
    const result = await cleaned({
      nodes: [makeNode('ConvTranspose', ['x', 'w'], ['c'], { group: 2 }), node],
      initializers: [tensor('w', [4, 3, 3, 2]), ...stored],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ ConvTranspose: 1 });
  });

  it.each([0, 1])('BatchNormalization into Gemm, transB %i', async (transB) => {
    const [node, stored] = bn('c', 'y', 3);
    const result = await cleaned({
      inputs: { x: [2, 4] },
      nodes: [makeNode('Gemm', ['x', 'w', 'b'], ['c'], { transB, alpha: 0.5 }), node],
      initializers: [tensor('w', transB ? [3, 4] : [4, 3]), tensor('b', [1, 3]), ...stored],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ Gemm: 1 });
  });

  it('arithmetic with a constant a channel, one after the other', async () => {
    const result = await cleaned({
      nodes: [
        makeNode('Conv', ['x', 'w'], ['a']),
        makeNode('Mul', ['a', 'scale'], ['b']),
        makeNode('Sub', ['shift', 'b'], ['c']),
        makeNode('Div', ['c', 'one'], ['d']),
        makeNode('Add', ['shift', 'd'], ['y']),
      ],
      initializers: [
        tensor('w', [3, 4, 2, 2]),
        tensor('scale', [3, 1, 1]),
        tensor('shift', [1, 3, 1, 1]),
        positive('one', []),
      ],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ Conv: 1 });
  });

  it('not what differs from place to place, widens the tensor, or is read elsewhere', async () => {
    const conv = makeNode('Conv', ['x', 'w'], ['c']);
    const w = tensor('w', [6, 4, 1, 1]);
    for (const shape of [[6], [1, 6], [1, 1, 1, 6, 1, 1], [6, 6, 1]]) {
      const result = await cleaned({
        nodes: [conv, makeNode('Add', ['c', 'k'], ['y'])],
        initializers: [w, tensor('k', shape)],
      });
      expect(result.operators).toEqual({ Conv: 1, Add: 1 });
      expect(result.noise).toBe(Number.POSITIVE_INFINITY);
    }
    const result = await cleaned({
      nodes: [conv, makeNode('Mul', ['c', 'k'], ['y'])],
      initializers: [w, tensor('k', [6, 1, 1])],
      outputs: ['y', 'c'],
    });
    expect(result.operators).toEqual({ Conv: 1, Mul: 1 });
  });

  it('weights that two layers share, without changing the other', async () => {
    const [node, stored] = bn('a', 'b', 4);
    const result = await cleaned({
      nodes: [makeNode('Conv', ['x', 'w'], ['a']), node, makeNode('Conv', ['b', 'w'], ['y'])],
      initializers: [tensor('w', [4, 4, 1, 1]), ...stored],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ Conv: 2 });
  });

  it('padding with zeros, into all that read it', async () => {
    const pads = makeInt64Tensor('pads', [8], [0, 0, 1, 0, 0, 0, 2, 1]);
    const result = await cleaned({
      nodes: [
        makeNode('Pad', ['x', 'pads'], ['p']),
        makeNode('Conv', ['p', 'w'], ['a'], { pads: [1, 1, 0, 0] }),
        makeNode('AveragePool', ['p'], ['b'], { kernel_shape: [3, 3], strides: [2, 2] }),
      ],
      initializers: [pads, tensor('w', [2, 4, 3, 3])],
      outputs: ['a', 'b'],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ Conv: 1, AveragePool: 1 });
  });

  it('no padding with another value, mode or axis, and none for a maximum', async () => {
    const conv = makeNode('Conv', ['p', 'w'], ['y']);
    const zeros = makeInt64Tensor('pads', [8], [0, 0, 1, 1, 0, 0, 1, 1]);
    const cases: Small[] = [
      {
        nodes: [makeNode('Pad', ['x', 'pads', 'k'], ['p']), conv],
        initializers: [zeros, tensor('w', [2, 4, 3, 3]), makeFloatTensor('k', [], [2])],
      },
      {
        nodes: [makeNode('Pad', ['x', 'pads'], ['p'], { mode: 'edge' }), conv],
        initializers: [zeros, tensor('w', [2, 4, 3, 3])],
      },
      {
        nodes: [makeNode('Pad', ['x', 'pads'], ['p']), conv],
        initializers: [makeInt64Tensor('pads', [8], [0, 1, 1, 1, 0, 0, 1, 1]), tensor('w', [2, 5, 3, 3])],
      },
      {
        nodes: [
          makeNode('Pad', ['x', 'pads'], ['p']),
          makeNode('MaxPool', ['p'], ['y'], { kernel_shape: [3, 3] }),
        ],
        initializers: [zeros],
      },
    ];
    for (const small of cases) {
      const result = await cleaned(small);
      expect(result.operators['Pad']).toBe(1);
      expect(result.noise).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('what is not needed', () => {
  it('goes: initializers among the inputs, Identity, Dropout, dead nodes, unused weights', async () => {
    const result = await cleaned({
      irVersion: 3n,
      asInputs: ['w', 'unused'],
      nodes: [
        makeNode('Identity', ['x'], ['i']),
        makeNode('Identity', ['w'], ['iw']),
        makeNode('Conv', ['i', 'iw'], ['c']),
        makeNode('Dropout', ['c'], ['d']),
        makeNode('Exp', ['d'], ['dead']),
        makeNode('Identity', ['d'], ['y']),
      ],
      initializers: [tensor('w', [4, 4, 1, 1]), tensor('unused', [9])],
    });
    expect(result.noise).toBe(Number.POSITIVE_INFINITY);
    expect(result.operators).toEqual({ Conv: 1 });
    const { proto } = result.file;
    expect(proto.graph?.input.map(({ name }) => name)).toEqual(['x']);
    expect(proto.graph?.initializer.map(({ name }) => name)).toEqual(['w']);
    expect(proto.irVersion).toBeGreaterThanOrEqual(4n);
  });

  it('stays where its name is needed: an input that is an output, one tensor under two names', async () => {
    const result = await cleaned({
      nodes: [
        makeNode('Identity', ['x'], ['same']),
        makeNode('Relu', ['x'], ['a']),
        makeNode('Identity', ['a'], ['b']),
      ],
      outputs: ['same', 'a', 'b'],
    });
    expect(result.noise).toBe(Number.POSITIVE_INFINITY);
    expect(result.file.proto.graph?.output.map(({ name }) => name)).toEqual(['same', 'a', 'b']);
  });
});

describe('constants', () => {
  it('are computed once, and shapes with them where no dimension is open', async () => {
    const nodes = [
      makeNode('Shape', ['x'], ['s']),
      makeNode('Gather', ['s', 'zero'], ['n']),
      makeNode('Unsqueeze', ['n', 'axis'], ['n1']),
      makeNode('Concat', ['n1', 'rest'], ['shape'], { axis: 0 }),
      makeNode('Constant', [], ['k'], { value: tensor('', [4, 1, 1]) }),
      makeNode('Exp', ['k'], ['e']),
      makeNode('Mul', ['x', 'e'], ['m']),
      makeNode('Reshape', ['m', 'shape'], ['y']),
    ];
    const initializers = [
      makeInt64Tensor('zero', [], [0]),
      makeInt64Tensor('axis', [1], [0]),
      makeInt64Tensor('rest', [1], [-1]),
    ];
    const fixed = await cleaned({ nodes, initializers });
    expect(fixed.operators).toEqual({ Mul: 1, Reshape: 1 });
    expect(fixed.noise).toBeGreaterThan(EXACT_DB);
    const open = await cleaned({ nodes, initializers, inputs: { x: ['N', 4, 6, 6] } });
    expect(open.operators).toMatchObject({ Shape: 1, Gather: 1, Concat: 1 });
    expect(open.noise).toBeGreaterThan(EXACT_DB);
  });

  it('stay computed where storing them would make the file larger, and where they are random', async () => {
    const result = await cleaned({
      nodes: [
        makeNode('ConstantOfShape', ['size'], ['big'], {
          value: makeTensor('', 'float32', [1], new Uint8Array(4)),
        }),
        makeNode('RandomNormal', [], ['noise'], { shape: [1] }),
        makeNode('Mul', ['noise', 'zero'], ['none']),
        makeNode('ReduceSum', ['big'], ['sum'], { keepdims: 0 }),
        makeNode('Add', ['x', 'sum'], ['a']),
        makeNode('Add', ['a', 'none'], ['y']),
      ],
      initializers: [makeInt64Tensor('size', [2], [1000, 1000]), makeFloatTensor('zero', [1], [0])],
    });
    expect(result.operators).toMatchObject({ ConstantOfShape: 1, RandomNormal: 1 });
    expect(result.file.model.fileBytes).toBeLessThan(10_000);
  });
});

describe('one spelling', () => {
  it('the mean over an image is a pooling, with the shape that was asked for', async () => {
    for (const keepdims of [0, 1]) {
      const result = await cleaned({
        nodes: [makeNode('ReduceMean', ['x'], ['y'], { axes: [-1, 2], keepdims })],
      });
      expect(result.noise).toBeGreaterThan(EXACT_DB);
      expect(result.operators).toEqual({ GlobalAveragePool: 1, ...(keepdims ? {} : { Flatten: 1 }) });
    }
    const other = await cleaned({ nodes: [makeNode('ReduceMean', ['x'], ['y'], { axes: [1, 2] })] });
    expect(other.operators).toEqual({ ReduceMean: 1 });
  });

  it('a matrix product and its bias are Gemm', async () => {
    const result = await cleaned({
      inputs: { x: [3, 4] },
      nodes: [makeNode('MatMul', ['x', 'w'], ['m']), makeNode('Add', ['b', 'm'], ['y'])],
      initializers: [tensor('w', [4, 5]), tensor('b', [5])],
    });
    expect(result.noise).toBeGreaterThan(EXACT_DB);
    expect(result.operators).toEqual({ Gemm: 1 });
  });

  it('Relu comes before the maximum', async () => {
    const pooled = await cleaned({
      nodes: [
        makeNode('Conv', ['x', 'w'], ['c']),
        makeNode('MaxPool', ['c'], ['p'], { kernel_shape: [2, 2] }),
        makeNode('Relu', ['p'], ['y']),
      ],
      initializers: [tensor('w', [3, 4, 3, 3])],
    });
    expect(pooled.noise).toBe(Number.POSITIVE_INFINITY);
    expect(pooled.file.proto.graph?.node.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'MaxPool']);
  });
});
