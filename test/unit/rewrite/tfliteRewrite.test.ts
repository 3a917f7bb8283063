import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { ByteBuffer } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { HALVES_ALREADY } from '../../../src/formats/rewriter';
import { BUILTIN_OPERATORS } from '../../../src/formats/tflite/builtinOperators';
import type { TfliteFile } from '../../../src/formats/tflite/file';
import { tflite } from '../../../src/formats/tflite/format';
import { rewriter } from '../../../src/formats/tflite/rewrite';
import { densify } from '../../../src/formats/tflite/rewrite/densify';
import { itemAt, present } from '../../../src/model/assert';
import type { Precision } from '../../../src/model/precision';
import { layOut } from '../../../src/quantization/layout';
import { writeAssigned } from '../../../src/quantization/writeAssigned';
import { adaptedEngine } from '../../../src/runtime/adaptedEngine';
import { modelInputs } from '../../../src/runtime/inputs';
import { litert } from '../../../src/runtime/litert';
import { seededNormal } from '../../../src/runtime/random';
import { check } from '../../../src/targets/checks';
import { targetOf } from '../../../src/targets/targets';
import { SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from '../support';
import { type MadeGraph, type MadeTensor, makeTflite, reopenTflite } from '../tflite';
import { decibels, isOf, quantized, randomFeeds, rangesOf, run } from './tfliteQuantizing';

const folder = scratchFolder();
const normal = seededNormal(9);
const weights = (...shape: number[]): MadeTensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => normal() / 4),
});
const RELU6 = 3;

/** Two convolutions with an activation function each, and a product: large enough that weights are worth storing in fewer bits. */
function graphOf(): MadeGraph {
  return {
    inputs: ['x'],
    outputs: ['y'],
    tensors: {
      x: { shape: [1, 6, 6, 8] },
      w1: weights(32, 3, 3, 8),
      b1: weights(32),
      a: { shape: [1, 6, 6, 32] },
      w2: weights(1, 6, 6, 32),
      b2: weights(32),
      c: { shape: [1, 1, 1, 32] },
      w3: weights(40, 32),
      b3: weights(40),
      y: { shape: [1, 40] },
    },
    operators: [
      {
        op: 'CONV_2D',
        inputs: ['x', 'w1', 'b1'],
        outputs: ['a'],
        options: { table: 'Conv2DOptions', strideW: 1, strideH: 1, fusedActivationFunction: RELU6 },
      },
      {
        op: 'DEPTHWISE_CONV_2D',
        inputs: ['a', 'w2', 'b2'],
        outputs: ['c'],
        options: {
          table: 'DepthwiseConv2DOptions',
          strideW: 1,
          strideH: 1,
          padding: 1,
          depthMultiplier: 1,
        },
      },
      {
        op: 'FULLY_CONNECTED',
        inputs: ['c', 'w3', 'b3'],
        outputs: ['y'],
        options: { table: 'FullyConnectedOptions' },
      },
    ],
  };
}

function network(): TfliteFile {
  return reopenTflite(makeTflite(graphOf()), folder);
}

/** The same network as two graphs, which read the same weights. */
function twins(): TfliteFile {
  return twinsOf(graphOf());
}

function twinsOf(graph: MadeGraph): TfliteFile {
  const made = makeTflite(graph, { ...graph, name: 'twin' });
  const [main, twin] = made.subgraphs ?? [];
  const tensors = twin?.tensors?.map((tensor, at) => ({
    ...tensor,
    buffer: main?.tensors?.[at]?.buffer ?? 0,
  }));
  const [first, second] = [present(main, 'main graph'), { ...present(twin, 'twin'), tensors: tensors ?? [] }];
  return reopenTflite({ ...made, subgraphs: [first, second] }, folder);
}

/** A file whose main graph is the other one of two. */
function turned({ model: { root } }: TfliteFile): TfliteFile {
  return reopenTflite({ ...root, subgraphs: [...(root.subgraphs ?? [])].reverse() }, folder);
}

describe('a model in a precision', () => {
  it.each([
    ['int8', 30],
    ['int16', 40],
    ['dynamic', 30],
    ['int8 weights', 38],
    ['int4 weights', 14],
    ['float16', 65],
  ] as const)('%s runs nearly as in float', async (kind, least) => {
    const float = network();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf(kind), feeds, folder);
    expect(file.model.fileBytes).toBeLessThan(float.model.fileBytes);
    expect(decibels(await run(float.path, feeds), await run(file.path, feeds))).toBeGreaterThan(least);
    // Float inputs and outputs, called as before.
    for (const [own, before] of [
      [file.model.graph.inputs, float.model.graph.inputs],
      [file.model.graph.outputs, float.model.graph.outputs],
    ] as const)
      expect(own.map(({ name, type }) => [name, type])).toEqual(before.map(({ name, type }) => [name, type]));
  });

  it('stands beside every other in one file', async () => {
    const float = network();
    const feeds = randomFeeds(float);
    const plan = rewriter.plan(float);
    const kinds = [isOf('int8'), isOf('int8 weights'), isOf('dynamic')];
    const assignment = new Map<string, Precision>(
      plan.nodes.map(({ id, precisions }, at) => [id, present(precisions.find(itemAt(kinds, at)), id)]),
    );
    const ranges = await rangesOf(float, [...layOut(plan, assignment).roots.keys()], feeds, folder);
    const target = join(folder, 'mixed.tflite');
    const { origins } = writeAssigned(rewriter, float, plan, assignment, { ranges, asked: [] }, target);
    const file = tflite.open(target);
    expect([...file.model.graph.nodes.map(({ op }) => op)].sort()).toEqual([
      'CONV_2D',
      'DEPTHWISE_CONV_2D',
      'DEQUANTIZE',
      'DEQUANTIZE',
      'FULLY_CONNECTED',
      'QUANTIZE',
    ]);
    for (const { id, op } of file.model.graph.nodes) {
      const origin = float.model.graph.nodes.find((node) => node.id === origins.get(id));
      if (/QUANTIZE/.test(op)) expect(origin).toBeUndefined();
      else expect(origin?.op).toBe(op);
    }
    expect(decibels(await run(float.path, feeds), await run(target, feeds))).toBeGreaterThan(25);
  });

  it('has its zero points in the file once for all tensors of as many channels', async () => {
    const float = network();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder);
    // Weights and biases of two layers with 32 outputs and one with 40: ours reads what lies at one place once.
    const long = (file.model.root.subgraphs?.[0]?.tensors ?? []).flatMap(({ quantization }) =>
      (quantization?.zeroPoint?.length ?? 0) > 1 ? [quantization?.zeroPoint] : [],
    );
    expect(long.map((list) => list?.length).sort()).toEqual([32, 32, 32, 32, 40, 40]);
    expect(new Set(long).size).toBe(2);
  });

  it('is read by the flatbuffers library as by us', async () => {
    const float = network();
    const { file } = await quantized(float, isOf('int8'), randomFeeds(float), folder);
    const types = typesOf(readFileSync(file.path));
    expect(types).toEqual((file.model.graph.table.tensors ?? []).map(({ type = 0 }) => type));
    expect(types.filter((type) => type === INT8)).toHaveLength(7);
  });

  it('has no bias that does not fit 32 bits', async () => {
    const float = reopenTflite(
      makeTflite({
        inputs: ['x'],
        outputs: ['y'],
        tensors: {
          x: { shape: [1, 4] },
          w: { shape: [2, 4], data: Float32Array.of(1e-9, 2e-9, 1e-9, -1e-9, 1, 2, 3, 4) },
          b: { shape: [2], data: Float32Array.of(1000, -1) },
          y: { shape: [1, 2] },
        },
        operators: [
          {
            op: 'FULLY_CONNECTED',
            inputs: ['x', 'w', 'b'],
            outputs: ['y'],
            options: { table: 'FullyConnectedOptions' },
          },
        ],
      }),
      folder,
    );
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder);
    const bias = present(
      [...file.model.graph.constants.values()].find(({ type }) => type === 'int32'),
      'bias',
    );
    expect(Math.max(...file.readTensor(bias).values.map(Math.abs))).toBeLessThanOrEqual(2 ** 30);
    expect(decibels(await run(float.path, feeds), await run(file.path, feeds))).toBeGreaterThan(35);
  });

  it('stores a weight that two layers share once for each scale that they need', async () => {
    const shared = (large: number) =>
      reopenTflite(
        makeTflite({
          inputs: ['x'],
          outputs: ['y', 'z'],
          tensors: {
            x: { shape: [1, 4] },
            w: { shape: [2, 4], data: Float32Array.of(1e-9, 2e-9, 1e-9, -1e-9, 1, 2, 3, 4) },
            b: { shape: [2], data: Float32Array.of(large, -1) },
            b0: { shape: [2], data: Float32Array.of(0, 0) },
            y: { shape: [1, 2] },
            z: { shape: [1, 2] },
          },
          operators: [
            {
              op: 'FULLY_CONNECTED',
              inputs: ['x', 'w', 'b'],
              outputs: ['y'],
              options: { table: 'FullyConnectedOptions' },
            },
            {
              op: 'FULLY_CONNECTED',
              inputs: ['x', 'w', 'b0'],
              outputs: ['z'],
              options: { table: 'FullyConnectedOptions' },
            },
          ],
        }),
        folder,
      );
    const copies = async (large: number) => {
      const float = shared(large);
      const { file } = await quantized(float, isOf('int8'), randomFeeds(float), folder);
      return [...file.model.graph.constants.values()].filter(({ type }) => type === 'int8').length;
    };
    expect(await copies(0)).toBe(1);
    expect(await copies(1000)).toBe(2);
  });

  it('leaves in float what has no kernel, between conversions', async () => {
    const float = reopenTflite(
      makeTflite({
        inputs: ['x'],
        outputs: ['y'],
        tensors: {
          x: { shape: [1, 8] },
          w: weights(8, 8),
          b: weights(8),
          a: { shape: [1, 8] },
          s: { shape: [1, 8] },
          w2: weights(8, 8),
          y: { shape: [1, 8] },
        },
        operators: [
          {
            op: 'FULLY_CONNECTED',
            inputs: ['x', 'w', 'b'],
            outputs: ['a'],
            options: { table: 'FullyConnectedOptions' },
          },
          { op: 'SIN', inputs: ['a'], outputs: ['s'] },
          {
            op: 'FULLY_CONNECTED',
            inputs: ['s', 'w2', 'b'],
            outputs: ['y'],
            options: { table: 'FullyConnectedOptions' },
          },
        ],
      }),
      folder,
    );
    const { file, kept } = await quantized(float, isOf('int8'), randomFeeds(float), folder);
    expect(file.model.graph.nodes.map(({ op }) => op)).toEqual([
      'QUANTIZE',
      'FULLY_CONNECTED',
      'DEQUANTIZE',
      'SIN',
      'QUANTIZE',
      'FULLY_CONNECTED',
      'DEQUANTIZE',
    ]);
    expect([...kept]).toEqual([['1', 'SIN has no int8 kernel']]);
  });

  it.each(['int8', 'uint8'] as const)('takes and gives %s where that is asked for', async (ports) => {
    const float = network();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder, { ports });
    const { inputs, outputs } = file.model.graph;
    expect([...inputs, ...outputs].map(({ name, type }) => [name, type])).toEqual([
      ['x', ports],
      ['y', ports],
    ]);
    const given = modelInputs(float.infer({ dims: {}, shapes: {} }).graph);
    const engine = adaptedEngine(given, [litert], () => litert);
    const expected = await run(float.path, feeds);
    expect(decibels(expected, await run(file.path, feeds, engine))).toBeGreaterThan(30);
  });
});

const INT8 = 9;

/** Types of the main graph's tensors, by the flatbuffers library and the schema's numbers of fields. */
function typesOf(bytes: Uint8Array): number[] {
  const buffer = new ByteBuffer(bytes);
  const field = (table: number, id: number) => {
    const vtable = table - buffer.readInt32(table);
    const at = 4 + 2 * id;
    const offset = at < buffer.readInt16(vtable) ? buffer.readInt16(vtable + at) : 0;
    return offset === 0 ? null : table + offset;
  };
  const vector = (table: number, id: number) => {
    const at = present(field(table, id), `vector ${id}`);
    return { start: buffer.__vector(at), length: buffer.__vector_len(at) };
  };
  const model = buffer.readInt32(0);
  const graph = buffer.__indirect(vector(model, 2).start);
  const { start, length } = vector(graph, 0);
  return Array.from({ length }, (_, at) => {
    const type = field(buffer.__indirect(start + 4 * at), 1);
    return type === null ? 0 : buffer.readInt8(type);
  });
}

describe('operators between those that only compute in float', () => {
  const shape = [1, 40];
  const step = (op: string, from: string, to: string, more: readonly string[] = []) => ({
    op,
    inputs: [from, ...more],
    outputs: [to],
    options: { table: `${op.charAt(0)}${op.slice(1).toLowerCase()}Options` },
  });
  const tensors = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { shape }]));
  /** Energies of a layer's outputs, with something added to them before their logarithm. */
  const energies = (...last: ReturnType<typeof step>[]) =>
    reopenTflite(
      makeTflite({
        inputs: ['x'],
        outputs: ['y'],
        tensors: {
          x: { shape: [1, 16] },
          w: weights(40, 16),
          little: { shape: [1], data: Float32Array.of(1e-6) },
          ...tensors('a', 'squares', 'moved', 'logarithms', 'y'),
        },
        operators: [
          {
            op: 'FULLY_CONNECTED',
            inputs: ['x', 'w'],
            outputs: ['a'],
            options: { table: 'FullyConnectedOptions' },
          },
          { op: 'SQUARE', inputs: ['a'], outputs: ['squares'] },
          step('ADD', 'squares', 'moved', ['little']),
          { op: 'LOG', inputs: ['moved'], outputs: ['logarithms'] },
          ...last,
        ],
      }),
      folder,
    );

  it('stay in float, where no product is among them', async () => {
    const float = energies(step('MUL', 'logarithms', 'y', ['logarithms']));
    const { nodes } = rewriter.plan(float);
    expect(nodes.map(({ role }) => role?.kind ?? null)).toEqual(['product', null, null, null, null]);
    expect(nodes[2]?.refusals.static).toContain('between operators that have no integer kernel');
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder);
    expect(file.model.graph.nodes.filter(({ op }) => op === 'QUANTIZE')).toHaveLength(1);
    // What the logarithm is given never was an integer.
    expect(file.model.graph.nodes.find(({ op }) => op === 'LOG')?.inputs).toEqual(['moved']);
    expect(file.model.graph.valueInfo.get('moved')?.quantization).toBeUndefined();
  });

  it('are integers where a product of activations is', () => {
    const product = { ...step('MUL', 'logarithms', 'y', ['logarithms']), op: 'BATCH_MATMUL' };
    const float = energies({ ...product, options: { table: 'BatchMatMulOptions' } });
    expect(rewriter.plan(float).nodes.map(({ role }) => role?.kind ?? null)).toEqual([
      ...['product', null, null, null],
      'arithmetic',
    ]);
  });
});

describe('cleaning', () => {
  it('stores float16 weights in float32, and drops what brought them back', async () => {
    const float = network();
    const feeds = randomFeeds(float);
    const { file: half } = await quantized(float, isOf('float16'), feeds, folder);
    const target = join(folder, 'widened.tflite');
    const origins = await rewriter.clean(half, target, async () => new Map());
    const file = tflite.open(target);
    expect(file.model.graph.nodes.map(({ op }) => op)).toEqual(float.model.graph.nodes.map(({ op }) => op));
    expect([...origins.keys()]).toEqual(['0', '1', '2']);
    expect([...file.model.graph.constants.values()].map(({ type }) => type)).not.toContain('float16');
    expect(decibels(await run(half.path, feeds), await run(target, feeds))).toBeGreaterThan(100);
  });

  it('changes nothing of a model that needs nothing, and keeps its signature', async () => {
    const sample = tflite.open(SAMPLE_TFLITE);
    const target = join(folder, 'cleaned.tflite');
    await rewriter.clean(sample, target, async () => new Map());
    const file = tflite.open(target);
    expect(file.model.signatures).toEqual(sample.model.signatures);
    expect(file.model.metadata).toEqual(sample.model.metadata);
    const feeds = randomFeeds(sample);
    expect(await run(target, feeds)).toEqual(await run(SAMPLE_TFLITE, feeds));
  });
});

describe('a sparse tensor', () => {
  const indices = (values: number[]) => ({ table: 'Int32Vector', value: { values } });

  it('is written out row by row', () => {
    const sparsity = {
      traversalOrder: [0, 1],
      dimMetadata: [
        { denseSize: 2 },
        { format: 1, arraySegments: indices([0, 1, 2]), arrayIndices: indices([0, 2]) },
      ],
    };
    expect([...densify([1, 2], [2, 3], sparsity)]).toEqual([1, 0, 0, 0, 0, 2]);
  });

  it('is written out block by block', () => {
    const sparsity = {
      traversalOrder: [0, 1, 2, 3],
      blockMap: [0, 1],
      dimMetadata: [
        { denseSize: 2 },
        { format: 1, arraySegments: indices([0, 1, 2]), arrayIndices: indices([1, 0]) },
        { denseSize: 2 },
        { denseSize: 2 },
      ],
    };
    expect([...densify([1, 2, 3, 4, 5, 6, 7, 8], [4, 4], sparsity)]).toEqual([
      0, 0, 1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0,
    ]);
  });

  it('is refused where its indices lead elsewhere', () => {
    const sparsity = {
      traversalOrder: [0, 1],
      dimMetadata: [
        { denseSize: 2 },
        { format: 1, arraySegments: indices([0, 1, 9]), arrayIndices: indices([0, 2]) },
      ],
    };
    expect(() => densify([1, 2], [2, 3], sparsity)).toThrow('damaged');
    expect(() => densify([1, 2], [2, 3], { ...sparsity, traversalOrder: [0] })).toThrow('damaged');
  });
});

describe('a copy that is observed', () => {
  const observing = present(rewriter.observing, 'observing');

  it('gives means before the activation function that is folded into a layer', async () => {
    const float = network();
    const [feeds] = randomFeeds(float) as [never];
    const target = join(folder, 'means.tflite');
    const names = observing.withChannelMeans(float, ['a', 'y'], target);
    const session = await litert.load(target, { threads: 1 });
    const outputs = await session.run(feeds);
    await session.close();
    const means = present(outputs[present(names.get('a'), 'a')], 'means');
    expect(means.shape).toEqual([32]);
    // ReLU6 leaves nothing below zero.
    expect(Math.min(...Array.from(means.data, Number))).toBeLessThan(0);
    const y = present(outputs['y'], 'y');
    expect(present(outputs[present(names.get('y'), 'y')], 'means of y').data).toEqual(y.data);
  });

  it('shifts the layers of an integer model to the means that it is given', async () => {
    const float = network();
    const [feeds] = randomFeeds(float) as [never];
    const { file } = await quantized(float, isOf('int8'), randomFeeds(float), folder);
    const target = join(folder, 'matched.tflite');
    const matched = observing.withMatchedMeans(file, ['a', 'c', 'y'], target);
    const session = await litert.load(target, { threads: 1 });
    const shiftsFor = async (means: ReadonlyMap<string, Float32Array>) => {
      const wanted = Object.fromEntries(
        [...matched].map(([tensor, { mean }]) => {
          const data = present(means.get(tensor), tensor);
          return [mean, { type: 'float32' as const, shape: [data.length], data }];
        }),
      );
      const outputs = await session.run({ ...(feeds as object), ...wanted });
      return new Map(
        [...matched].map(([tensor, { shift }]) => [
          tensor,
          Float32Array.from(present(outputs[shift], shift).data, Number),
        ]),
      );
    };
    const zeros = new Map([
      ['a', new Float32Array(32)],
      ['c', new Float32Array(32)],
      ['y', new Float32Array(40)],
    ]);
    const first = await shiftsFor(zeros);
    // What takes the first layer's mean to zero is its mean: asked for that, it is not shifted.
    const own = new Map([...zeros, ['a', present(first.get('a'), 'a').map((shift) => -shift)]]);
    const second = await shiftsFor(own);
    await session.close();
    expect(Math.max(...present(second.get('a'), 'a').map(Math.abs))).toBeLessThan(1e-5);
    expect(Math.max(...present(second.get('y'), 'y').map(Math.abs))).toBeGreaterThan(1e-3);
  });
});

describe('dynamic int8', () => {
  it.each([
    ['a channel', false, 12],
    ['for all weights where a state is kept, as interpreters of such models want it', true, 9],
  ] as const)('has one scale %s', async (_, variable, version) => {
    const graph = graphOf();
    const tensors = { ...graph.tensors, ...(variable && { state: { shape: [1, 4], variable } }) };
    const float = reopenTflite(makeTflite({ ...graph, tensors }), folder);
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('dynamic'), feeds, folder);
    const scales = file.model.graph.constants.get('w3')?.quantization?.scales;
    expect(scales).toHaveLength(variable ? 1 : 40);
    expect(file.model.root.operatorCodes).toContainEqual(
      expect.objectContaining({ builtinCode: BUILTIN_OPERATORS.indexOf('FULLY_CONNECTED'), version }),
    );
    // Nothing reads the state, so that it is not written, and an engine without states runs the result.
    const stateless = reopenTflite(makeTflite(graph), folder);
    expect(decibels(await run(stateless.path, feeds), await run(file.path, feeds))).toBeGreaterThan(28);
  });
});

describe('what belongs to a model', () => {
  const labelled = join(SHARED_TFLITE, 'mobilenet_v1_0.25_224_float_metadata.tflite');

  it.skipIf(!existsSync(labelled)).each(['float', 'uint8'] as const)(
    'stays with it, and ML Kit takes it with %s inputs',
    async (ports) => {
      const float = tflite.open(labelled);
      const feeds = randomFeeds(float).slice(0, 1);
      const { file } = await quantized(float, isOf('int8'), feeds, folder, { ports });
      expect(file.model.metadata).toEqual(float.model.metadata);
      expect(file.usage()).toEqual(float.usage());
      // fflate reads entries where the archive says that they are, from the beginning of the file.
      expect(unzipSync(readFileSync(file.path))).toEqual(unzipSync(readFileSync(labelled)));
      const failed = (one: TfliteFile) =>
        check(one, targetOf('mlkit')).rules.filter(({ status }) => status === 'fail');
      expect(failed(file)).toEqual(failed(float));
      // (pixel − 127.5) / 127.5, whatever was calibrated on.
      const [input] = file.model.graph.inputs;
      expect(input?.quantization).toEqual(
        ports === 'float'
          ? undefined
          : expect.objectContaining({ scales: [Math.fround(1 / 127.5)], zeroPoints: [128] }),
      );
    },
  );
});

describe('a graph beside the main one', () => {
  it.each([
    ['int8', 38],
    ['int16', 38],
    ['dynamic', 38],
    ['int8 weights', 38],
    ['int4 weights', 14],
    ['float16', 65],
  ] as const)('reads the weights that it shares as %s stores them', async (kind, least) => {
    const float = twins();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf(kind), feeds, folder);
    // Weights are in the file once, in fewer bits.
    const alone = await quantized(network(), isOf(kind), feeds, folder);
    expect(file.model.fileBytes).toBeLessThan(alone.file.model.fileBytes + 8_000);
    expect(file.model.fileBytes).toBeLessThan(float.model.fileBytes);
    const expected = await run(turned(float).path, feeds);
    expect(decibels(expected, await run(turned(file).path, feeds))).toBeGreaterThan(least);
    expect(itemAt(rewriter.notes?.(float, 'int8-all') ?? [], 0)).toMatch(/'twin' computes in float/);
  });

  it('reads a factor of a product of activations as the main graph stores it', async () => {
    const graph: MadeGraph = {
      inputs: ['x'],
      outputs: ['y'],
      tensors: { x: { shape: [1, 4, 32] }, w: weights(1, 32, 64), y: { shape: [1, 4, 64] } },
      operators: [
        { op: 'BATCH_MATMUL', inputs: ['x', 'w'], outputs: ['y'], options: { table: 'BatchMatMulOptions' } },
      ],
    };
    const float = twinsOf(graph);
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf('int8'), feeds, folder);
    const lengths = (file.model.root.buffers ?? []).map(({ data }) => data?.length ?? 0);
    expect(lengths.filter((length) => length > 1000)).toEqual([32 * 64]);
    const expected = await run(turned(float).path, feeds);
    expect(decibels(expected, await run(turned(file).path, feeds))).toBeGreaterThan(35);
  });

  it('keeps its own where the main graph reads them in float, too', async () => {
    const float = twins();
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, () => false, feeds, folder);
    expect(await run(turned(file).path, feeds)).toEqual(await run(turned(float).path, feeds));
  });
});

describe('a model that cannot be quantized', () => {
  it('is refused when it is quantized already', async () => {
    const float = network();
    const { file } = await quantized(float, isOf('int8'), randomFeeds(float), folder);
    expect(rewriter.refusal(file, 'int8')).toMatch(/^The model is quantized already: '.*' holds integers/);
    expect(rewriter.refusal(float, 'int8')).toBeNull();
  });

  it('to float16 where its weights are that, and to others all the same', async () => {
    const float = network();
    const { file } = await quantized(float, isOf('float16'), randomFeeds(float), folder);
    expect(rewriter.refusal(file, 'float16')).toBe(HALVES_ALREADY);
    expect(rewriter.refusal(float, 'float16')).toBeNull();
    expect(rewriter.refusal(file, 'int8-weights')).toBeNull();
    let halved = 0;
    const first = (one: Precision) => isOf('float16')(one) && halved++ === 0;
    const { file: other } = await quantized(float, first, randomFeeds(float), folder);
    expect(rewriter.refusal(other, 'float16')).toBeNull();
  });
});
