import { describe, expect, it } from 'vitest';
import type { TfliteFile } from '../../../src/formats/tflite/file';
import { dataPlaces } from '../../../src/formats/tflite/rewrite/plan';
import { POLICIES } from '../../../src/formats/tflite/rewrite/policy';
import { itemAt, present } from '../../../src/model/assert';
import type { Quantization } from '../../../src/model/model';
import { seededNormal } from '../../../src/runtime/random';
import { scratchFolder } from '../support';
import { type MadeTensor, makeTflite, reopenTflite } from '../tflite';
import { decibels, isOf, quantized, randomFeeds, run } from './tfliteQuantizing';

const folder = scratchFolder();
const normal = seededNormal(3);

type Shape = readonly number[];
type Input = 'a' | 'b' | MadeTensor;

interface Case {
  readonly inputs: readonly Input[];
  readonly outputs: readonly Shape[];
  readonly options?: {
    readonly table: string;
    readonly [option: string]: number | boolean | string | number[];
  };
}

const INT32 = 2;
const BOOL = 6;
/** What two convolutions give and most cases read. */
const IMAGE: Shape = [1, 4, 4, 4];

const weights = (...shape: number[]): MadeTensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => normal() / 2),
});
const integers = (shape: Shape, ...values: number[]): MadeTensor => ({
  shape,
  type: INT32,
  data: Int32Array.from(values),
});
const cond: MadeTensor = { shape: IMAGE, type: BOOL, data: Uint8Array.from({ length: 64 }, (_, i) => i % 2) };
const one = (table: string, options: object = {}, output: Shape = IMAGE): Case => ({
  inputs: ['a'],
  outputs: [output],
  options: { table, ...options },
});
const two = (table: string, options: object = {}, output: Shape = IMAGE): Case => ({
  ...one(table, options, output),
  inputs: ['a', 'b'],
});
const set = (settings: readonly MadeTensor[], output: Shape, table = '', options: object = {}): Case => ({
  inputs: ['a', ...settings],
  outputs: [output],
  ...(table && { options: { table, ...options } }),
});
const plain: Case = { inputs: ['a'], outputs: [IMAGE] };
const reduced = set([integers([2], 1, 2)], [1, 1, 1, 4], 'ReducerOptions', { keepDims: true });
const pool = one('Pool2DOptions', { strideW: 2, strideH: 2, filterWidth: 2, filterHeight: 2 }, [1, 2, 2, 4]);
const unit = { strideW: 1, strideH: 1 };
const padding = integers([4, 2], 0, 0, 1, 1, 1, 1, 0, 0);
const noCrops = integers([2, 2], 0, 0, 0, 0);

/** One operator of each line of the policy, as small as it can be. */
const CASES: Readonly<Record<string, Case>> = {
  CONV_2D: set([weights(3, 1, 1, 4), weights(3)], [1, 4, 4, 3], 'Conv2DOptions', unit),
  DEPTHWISE_CONV_2D: set([weights(1, 3, 3, 4), weights(4)], IMAGE, 'DepthwiseConv2DOptions', {
    ...unit,
    depthMultiplier: 1,
  }),
  TRANSPOSE_CONV: {
    inputs: [integers([4], 1, 8, 8, 3), weights(3, 2, 2, 4), 'a', weights(3)],
    outputs: [[1, 8, 8, 3]],
    options: { table: 'TransposeConvOptions', strideW: 2, strideH: 2 },
  },
  FULLY_CONNECTED: set([weights(5, 4), weights(5)], [1, 4, 4, 5], 'FullyConnectedOptions', {
    keepNumDims: true,
  }),
  ADD: two('AddOptions'),
  SUB: two('SubOptions'),
  MUL: two('MulOptions'),
  SQUARED_DIFFERENCE: two('SquaredDifferenceOptions'),
  BATCH_MATMUL: two('BatchMatMulOptions'),
  MEAN: reduced,
  RELU: plain,
  RELU6: plain,
  RELU_N1_TO_1: plain,
  RELU_0_TO_1: plain,
  LEAKY_RELU: one('LeakyReluOptions', { alpha: 0.1 }),
  PRELU: set([weights(1, 1, 4)], IMAGE),
  ELU: plain,
  GELU: one('GeluOptions'),
  HARD_SWISH: one('HardSwishOptions'),
  ABS: one('AbsOptions'),
  SOFTMAX: one('SoftmaxOptions', { beta: 1 }),
  LOGISTIC: plain,
  TANH: plain,
  L2_NORMALIZATION: one('L2NormOptions'),
  LOG_SOFTMAX: one('LogSoftmaxOptions'),
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  RESHAPE: set([integers([2], 1, 64)], [1, 64], 'ReshapeOptions', { newShape: [1, 64] }),
  SQUEEZE: one('SqueezeOptions', { squeezeDims: [0] }, [4, 4, 4]),
  EXPAND_DIMS: set([integers([], 0)], [1, 1, 4, 4, 4], 'ExpandDimsOptions'),
  RESIZE_BILINEAR: set([integers([2], 8, 8)], [1, 8, 8, 4], 'ResizeBilinearOptions'),
  RESIZE_NEAREST_NEIGHBOR: set([integers([2], 8, 8)], [1, 8, 8, 4], 'ResizeNearestNeighborOptions'),
  SPACE_TO_DEPTH: one('SpaceToDepthOptions', { blockSize: 2 }, [1, 2, 2, 16]),
  DEPTH_TO_SPACE: one('DepthToSpaceOptions', { blockSize: 2 }, [1, 8, 8, 1]),
  SPACE_TO_BATCH_ND: set([integers([2], 2, 2), noCrops], [4, 2, 2, 4], 'SpaceToBatchNDOptions'),
  BATCH_TO_SPACE_ND: set([integers([2], 1, 1), noCrops], IMAGE, 'BatchToSpaceNDOptions'),
  PAD: set([padding], [1, 6, 6, 4], 'PadOptions'),
  MIRROR_PAD: set([padding], [1, 6, 6, 4], 'MirrorPadOptions'),
  PADV2: set([padding, { shape: [], data: Float32Array.of(0.5) }], [1, 6, 6, 4], 'PadV2Options'),
  GATHER: set([integers([2], 2, 0)], [1, 4, 4, 2], 'GatherOptions', { axis: 3 }),
  GATHER_ND: set([integers([2, 2], 0, 1, 0, 2)], [2, 4, 4], 'GatherNdOptions'),
  SLICE: set([integers([4], 0, 1, 1, 0), integers([4], 1, 2, 2, 4)], [1, 2, 2, 4], 'SliceOptions'),
  STRIDED_SLICE: set(
    [integers([4], 0, 0, 0, 0), integers([4], 1, 4, 4, 4), integers([4], 1, 2, 2, 1)],
    [1, 2, 2, 4],
    'StridedSliceOptions',
  ),
  SPLIT: {
    inputs: [integers([], 3), 'a'],
    outputs: [
      [1, 4, 4, 2],
      [1, 4, 4, 2],
    ],
    options: { table: 'SplitOptions', numSplits: 2 },
  },
  SPLIT_V: {
    inputs: ['a', integers([2], 1, 3), integers([], 3)],
    outputs: [
      [1, 4, 4, 1],
      [1, 4, 4, 3],
    ],
    options: { table: 'SplitVOptions', numSplits: 2 },
  },
  UNPACK: {
    inputs: ['a'],
    outputs: Array.from({ length: 4 }, () => [1, 4, 4]),
    options: { table: 'UnpackOptions', num: 4, axis: 3 },
  },
  TRANSPOSE: set([integers([4], 0, 3, 1, 2)], IMAGE, 'TransposeOptions'),
  BROADCAST_TO: set([integers([4], 2, 4, 4, 4)], [2, 4, 4, 4], 'BroadcastToOptions'),
  TILE: set([integers([4], 1, 1, 2, 1)], [1, 4, 8, 4], 'TileOptions'),
  REVERSE_V2: set([integers([1], 2)], IMAGE, 'ReverseV2Options'),
  REDUCE_MIN: reduced,
  REDUCE_MAX: reduced,
  CONCATENATION: two('ConcatenationOptions', { axis: 3 }, [1, 4, 4, 8]),
  PACK: two('PackOptions', { valuesCount: 2 }, [2, 1, 4, 4, 4]),
  MAXIMUM: two('MaximumMinimumOptions'),
  MINIMUM: two('MaximumMinimumOptions'),
  SELECT: { inputs: [cond, 'a', 'b'], outputs: [IMAGE], options: { table: 'SelectOptions' } },
  SELECT_V2: { inputs: [cond, 'a', 'b'], outputs: [IMAGE], options: { table: 'SelectV2Options' } },
};

/** The operator behind two convolutions of one input. */
function modelOf(op: string): TfliteFile {
  const { inputs, outputs, options } = present(CASES[op], `case of ${op}`);
  const named = inputs.map((input, at) => (typeof input === 'string' ? input : `${op} ${at}`));
  const stored = inputs.flatMap((input, at): [string, MadeTensor][] =>
    typeof input === 'string' ? [] : [[`${op} ${at}`, input]],
  );
  const given = outputs.map((shape, at): [string, MadeTensor] => [`y${at}`, { shape }]);
  const convolution = (name: 'a' | 'b') => ({
    op: 'CONV_2D',
    inputs: ['x', `weights of ${name}`, `bias of ${name}`],
    outputs: [name],
    options: { table: 'Conv2DOptions', ...unit },
  });
  const usesB = inputs.includes('b');
  const made = makeTflite({
    inputs: ['x'],
    outputs: given.map(([name]) => name),
    tensors: {
      x: { shape: IMAGE },
      a: { shape: IMAGE },
      'weights of a': weights(4, 1, 1, 4),
      'bias of a': weights(4),
      ...(usesB && { b: { shape: IMAGE }, 'weights of b': weights(4, 1, 1, 4), 'bias of b': weights(4) }),
      ...Object.fromEntries([...stored, ...given]),
    },
    operators: [
      convolution('a'),
      ...(usesB ? [convolution('b')] : []),
      { op, inputs: named, outputs: given.map(([name]) => name), ...(options && { options }) },
    ],
  });
  // Its first version was taken back.
  const version = op === 'BROADCAST_TO' ? 2 : 1;
  const operatorCodes = made.operatorCodes?.map((code) => ({ ...code, version }));
  return reopenTflite({ ...made, ...(operatorCodes && { operatorCodes }) }, folder);
}

/** Quantization of a tensor of the file, stored or computed. */
function quantizationOf({ model }: TfliteFile, tensor: string): Quantization {
  const { graph } = model;
  const { quantization } = graph.constants.get(tensor) ?? graph.valueInfo.get(tensor) ?? {};
  return present(quantization, `scale of ${tensor}`);
}

const FIXED: Readonly<Record<string, readonly [int8: number, zeroPoint: number, int16: number]>> = {
  SOFTMAX: [1 / 256, -128, 1 / 32768],
  LOGISTIC: [1 / 256, -128, 1 / 32768],
  TANH: [1 / 128, 0, 1 / 32768],
  L2_NORMALIZATION: [1 / 128, 0, Number.NaN],
  LOG_SOFTMAX: [16 / 256, 127, Number.NaN],
};

describe('an operator of the policy', () => {
  it('has a case for every line', () => {
    expect(Object.keys(CASES).sort()).toEqual([...POLICIES.keys()].sort());
  });

  it.each([...POLICIES.keys()])('%s runs in 8 bits as in float, by its rules', async (op) => {
    await check(op, 'int8', 22);
  });

  it.each([...POLICIES].flatMap(([op, { int16 }]) => (int16 === undefined ? [] : [op])))(
    '%s runs in 16 bits as in float, by its rules',
    async (op) => {
      await check(op, 'int16', 30);
    },
  );

  async function check(op: string, type: 'int8' | 'int16', leastDecibels: number): Promise<void> {
    const float = modelOf(op);
    const feeds = randomFeeds(float);
    const { file } = await quantized(float, isOf(type), feeds, folder);
    const policy = present(POLICIES.get(op), op);
    const node = present(
      file.model.graph.nodes.findLast((one) => one.op === op),
      op,
    );
    const { graph, root } = file.model;
    const operator = node.table;
    const data = dataPlaces({ inputs: [...(operator.inputs ?? [])] }, policy).map((at) =>
      itemAt(node.inputs, at),
    );
    for (const tensor of [...data, ...node.outputs])
      expect((graph.constants.get(tensor) ?? graph.valueInfo.get(tensor))?.type).toBe(type);
    const version = root.operatorCodes?.[operator.opcodeIndex ?? 0]?.version ?? 1;
    expect(version).toBeGreaterThanOrEqual(present(policy[type], 'version'));
    const output = quantizationOf(file, itemAt(node.outputs, 0));
    const same = (tensor: string) => expect(quantizationOf(file, tensor)).toEqual(output);
    if (policy.scale === 'of the input') [itemAt(data, 0), ...node.outputs].forEach(same);
    if (policy.scale === 'of the output') data.forEach(same);
    const fixed = FIXED[op];
    if (fixed !== undefined)
      expect([output.scales, output.zeroPoints]).toEqual(
        type === 'int8' ? [[fixed[0]], [fixed[1]]] : [[fixed[2]], [0]],
      );
    if (type === 'int16')
      for (const tensor of node.outputs) expect(quantizationOf(file, tensor).zeroPoints).toEqual([0]);
    if (policy.product !== undefined) {
      const { weights: at, bias } = policy.product;
      const own = quantizationOf(file, itemAt(node.inputs, at));
      const input = itemAt(quantizationOf(file, itemAt(data, 0)).scales, 0);
      expect(own.axis).toBe(policy.product.axis);
      expect(own.zeroPoints.every((zero) => zero === 0)).toBe(true);
      expect(quantizationOf(file, itemAt(node.inputs, bias)).scales).toEqual(
        own.scales.map((scale) => Math.fround(scale * input)),
      );
      const stored = present(graph.constants.get(itemAt(node.inputs, at)), 'weights');
      expect(Math.min(...file.readTensor(stored).values)).toBeGreaterThanOrEqual(-127);
    }
    const expected = await run(float.path, feeds);
    expect(decibels(expected, await run(file.path, feeds))).toBeGreaterThan(leastDecibels);
  }
});
