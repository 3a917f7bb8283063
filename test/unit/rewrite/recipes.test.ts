import { existsSync } from 'node:fs';
import path from 'node:path';
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
import { HALVES_ALREADY } from '../../../src/formats/rewriter';
import type { Assignment } from '../../../src/model/precision';
import { RECIPES, type Recipe } from '../../../src/protocol/recipes';
import { SAMPLE, SHARED_ONNX } from '../support';
import { randomTensors, workshop } from './small';
import {
  type Choice,
  decibels,
  feedsFor,
  fusedOperators,
  operatorsOf,
  run,
  withSession,
  write,
} from './support';

const { fresh, model } = workshop();
const SEED = 5;
const { tensor } = randomTensors(SEED);

async function compared(file: OnnxFile, how: Recipe | Assignment, choice: Choice = {}) {
  const target = fresh();
  // With all 8 bits the sums of some processors saturate.
  const { kept } = write(file, how, target, { reduceRange: true, ...choice });
  const feeds = await withSession(file.path, async (session) => feedsFor(session, {}, SEED));
  const [reference, outputs] = [await run(file.path, feeds), await run(target, feeds)];
  return { kept, target, reference, outputs, noise: decibels(reference, outputs) };
}

describe('dynamic int8', () => {
  it.each(['forward', 'bidirectional'])('quantizes LSTM, %s', async (direction) => {
    const directions = direction === 'forward' ? 1 : 2;
    const file = model({
      inputs: { x: [5, 2, 12] },
      nodes: [
        makeNode('LSTM', ['x', 'w', 'r', 'b'], ['y', 'h'], { hidden_size: 8, direction }, { name: 'lstm' }),
      ],
      initializers: [
        tensor('w', [directions, 32, 12], 0.3),
        tensor('r', [directions, 32, 8], 0.3),
        tensor('b', [directions, 64], 0.3),
      ],
      outputs: ['y', 'h'],
    });
    const result = await compared(file, 'int8-dynamic');
    expect(operatorsOf(result.target)).toEqual({ DynamicQuantizeLSTM: 1 });
    expect(result.noise).toBeGreaterThan(30);
  });

  it('quantizes matrix products that share an input, once', async () => {
    const file = model({
      inputs: { x: [2, 3, 16] },
      nodes: [
        makeNode('MatMul', ['x', 'q'], ['a']),
        makeNode('MatMul', ['x', 'k'], ['b']),
        makeNode('MatMul', ['a', 'bt'], ['y']),
        makeNode('Transpose', ['b'], ['bt'], { perm: [0, 2, 1] }),
      ].sort((first, second) => Number(first.output[0] === 'y') - Number(second.output[0] === 'y')),
      initializers: [tensor('q', [16, 8]), tensor('k', [16, 8])],
    });
    const result = await compared(file, 'int8-dynamic');
    expect(operatorsOf(result.target)).toMatchObject({
      DynamicQuantizeLinear: 1,
      MatMulInteger: 2,
      MatMul: 1,
    });
    expect([...result.kept]).toEqual([['y', 'its weights are computed while it runs']]);
    expect(result.noise).toBeGreaterThan(30);
  });

  it.each([
    [true, 63],
    [false, 127],
  ])('with 7-bit weights %s uses them up to %i', (reduceRange, most) => {
    const file = model({
      inputs: { x: [2, 16] },
      nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
      initializers: [tensor('w', [16, 4])],
    });
    const target = fresh();
    write(file, 'int8-dynamic', target, { reduceRange });
    const written = onnx.open(target);
    const weights = written.model.graph.constants.get('w_int8');
    if (weights === undefined) throw new Error('no weights');
    const { values } = written.readTensor(weights);
    expect(Math.max(...values.map(Math.abs))).toBe(most);
  });

  it.each([0, 1])('quantizes Gemm with its factors, transB %i', async (transB) => {
    const file = model({
      inputs: { x: [4, 16] },
      nodes: [makeNode('Gemm', ['x', 'w', 'c'], ['y'], { transB, alpha: 0.5, beta: 3 })],
      initializers: [tensor('w', transB ? [6, 16] : [16, 6]), tensor('c', [6])],
    });
    const result = await compared(file, 'int8-dynamic');
    expect(result.noise).toBeGreaterThan(35);
    expect(await fusedOperators(result.target, fresh())).toEqual({ DynamicQuantizeMatMul: 1 });
  });

  it('leaves convolutions, embeddings and what is kept', async () => {
    const file = model({
      inputs: { x: [1, 4, 4, 4] },
      nodes: [
        makeNode('Conv', ['x', 'w'], ['c'], {}, { name: 'conv' }),
        makeNode('MatMul', ['c', 'm'], ['d'], {}, { name: 'kept' }),
        makeNode('Gather', ['table', 'at'], ['e']),
        makeNode('Add', ['d', 'e'], ['y']),
      ],
      initializers: [
        tensor('w', [4, 4, 1, 1]),
        tensor('m', [4, 4]),
        tensor('table', [9, 4]),
        makeInt64Tensor('at', [1], [3]),
      ],
    });
    const result = await compared(file, 'int8-dynamic', { keep: ['kept'] });
    expect([...result.kept.keys()]).toEqual(['conv']);
    expect(result.noise).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('float16', () => {
  it('keeps its borders, sizes and what it cannot serve in float32', async () => {
    const file = model({
      inputs: { x: [1, 4, 6, 6] },
      nodes: [
        makeNode('Conv', ['x', 'w'], ['c'], {}, { name: 'conv' }),
        makeNode('Resize', ['c', '', 'scales'], ['r'], { mode: 'linear' }, { name: 'resize' }),
        makeNode('Mul', ['r', 'large'], ['m'], {}, { name: 'large' }),
        makeNode('Div', ['m', 'large'], ['d'], {}, { name: 'back' }),
        makeNode('Max', ['d', 'infinite'], ['e'], {}, { name: 'mask' }),
        makeNode('Add', ['e', 'epsilon'], ['y'], {}, { name: 'add' }),
        makeNode('Relu', ['y'], ['z'], {}, { name: 'relu' }),
      ],
      initializers: [
        tensor('w', [4, 4, 1, 1]),
        makeFloatTensor('scales', [4], [1, 1, 2, 2]),
        makeFloatTensor('large', [1], [1e6]),
        makeFloatTensor('infinite', [1], [-3.4e38]),
        makeFloatTensor('epsilon', [1], [1e-12]),
      ],
      outputs: ['y', 'z'],
    });
    const result = await compared(file, 'float16');
    expect([...result.kept]).toEqual([
      ['large', 'values of large are too large for float16'],
      ['back', 'values of large are too large for float16'],
      ['add', 'values of epsilon are too small for float16'],
    ]);
    expect(result.noise).toBeGreaterThan(55);
    const { graph } = onnx.open(result.target).model;
    expect(graph.inputs.map(({ type }) => type)).toEqual(['float32']);
    expect(graph.constants.get('scales')?.type).toBe('float32');
    expect(graph.constants.get('w_half')?.type).toBe('float16');
    const { tensors } = onnx.open(result.target).infer({ dims: {}, shapes: {} }).graph;
    expect(['c', 'm', 'd', 'y'].map((name) => tensors.get(name)?.type)).toEqual([
      'float16',
      'float32',
      'float32',
      'float32',
    ]);
  });
});

describe('a model whose weights are float16', () => {
  const half = makeTensor('w', 'float16', [4, 4, 1, 1], new Uint8Array(32));
  const resize = makeNode('Resize', ['a', '', 'scales'], ['b']);
  const nodes = (last: NodeProto) => [
    makeNode('Cast', ['x'], ['h'], { to: 10 }),
    makeNode('Conv', ['h', 'w'], ['a']),
    resize,
    last,
  ];
  // Of float32 whatever the data are.
  const scales = makeTensor('scales', 'float32', [4], new Uint8Array(16));

  it('has nothing to gain by float16, whatever its sizes are', () => {
    const last = makeNode('Cast', ['b'], ['y'], { to: 1 });
    const file = model({ nodes: nodes(last), initializers: [half, scales] });
    expect(rewriter.refusal(file, 'float16')).toBe(HALVES_ALREADY);
    expect(rewriter.refusal(file, 'int8-weights')).toBeNull();
  });

  it('has where some are float32', () => {
    const last = makeNode('Cast', ['b'], ['c'], { to: 1 });
    const added = makeNode('Conv', ['c', 'v'], ['y']);
    const initializers = [half, scales, tensor('v', [4, 4, 1, 1])];
    const file = model({ nodes: [...nodes(last), added], initializers });
    expect(rewriter.refusal(file, 'float16')).toBeNull();
  });
});

describe('what fits a model', () => {
  const suggestions: [string, string][] = [
    ['stm32_mobilenet_v2_0.5_128.onnx', 'int8'],
    ['kbarbarin_digit_external_data/model.onnx', 'int8'],
    ['optimum_test_model.onnx', 'int8-dynamic'],
    ['dtln_model_1.onnx', 'int8-dynamic'],
    ['genai_tiny_random_gpt2_fp32/past.onnx', 'int8-dynamic'],
    ['ort_bert_toy_optimized.onnx', 'int8-dynamic'],
  ];
  // Models of ../shared/models/onnx.
  it.skipIf(!existsSync(SHARED_ONNX)).each(suggestions)('%s: %s', (name, recipe) => {
    const file = onnx.open(path.join(SHARED_ONNX, name));
    expect(rewriter.suggest(file).recipe).toBe(recipe);
    expect(rewriter.refusal(file, 'int8')).toBeNull();
  });

  it('the sample: int8', () => {
    expect(rewriter.suggest(onnx.open(SAMPLE))).toEqual({
      recipe: 'int8',
      reason: 'a convolutional network',
    });
  });

  const refusals: [string, NodeProto[], TensorProto[], string[], RegExp][] = [
    [
      'quantized already',
      [makeNode('MatMulInteger', ['x', 'w'], ['y'], {}, { name: 'n' })],
      [makeTensor('w', 'int8', [4, 4], new Uint8Array(16))],
      [],
      /quantized already: node n is a MatMulInteger\.$/,
    ],
    [
      'an unknown domain',
      [makeNode('Thing', ['x'], ['y'], {}, { name: 'n', domain: 'acme' })],
      [tensor('w', [4])],
      ['acme'],
      /Node n is a Thing of the domain acme/,
    ],
    [
      'the layout of one processor',
      [makeNode('Conv', ['x', 'w'], ['y'], {}, { domain: 'com.microsoft.nchwc' })],
      [tensor('w', [4])],
      ['com.microsoft.nchwc'],
      /lays it out for one processor/,
    ],
    [
      'nothing to quantize',
      [makeNode('Exp', ['x'], ['y'])],
      [],
      [],
      /The model has none of|no float32 weights/,
    ],
  ];
  it.each(refusals)('is refused: %s', (_, nodes, initializers, domains, sentence) => {
    const file = model({ inputs: { x: [4, 4] }, nodes, initializers, domains });
    for (const { name: recipe, formats } of RECIPES) {
      if (recipe === 'float32' || !formats.includes('onnx')) continue;
      expect(rewriter.refusal(file, recipe)).toMatch(sentence);
    }
  });
});
