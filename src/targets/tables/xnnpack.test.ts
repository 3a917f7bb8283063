import { describe } from 'vitest';
import {
  kept,
  made,
  type OneLayer,
  oneTfliteLayer,
  type RuleCase,
  testRules,
} from '../../../test/unit/oneLayer';
import { scratchFolder } from '../../../test/unit/support';
import { xnnpack } from './xnnpack';

const folder = scratchFolder();
const image = [1, 4, 4, 2];
const one = (op: string, input = made.float(...image), more: Partial<OneLayer> = {}): OneLayer => ({
  op,
  inputs: [input],
  outputs: [input],
  ...more,
});
const two = (
  op: string,
  a = made.float(1, 4),
  b = a,
  output = a,
  more: Partial<OneLayer> = {},
): OneLayer => ({
  op,
  inputs: [a, b],
  outputs: [output],
  ...more,
});
const conv = (more: Partial<OneLayer> = {}): OneLayer => ({
  op: 'CONV_2D',
  inputs: [made.float(...image), kept.float(3, 1, 1, 2), kept.float(3)],
  outputs: [made.float(1, 4, 4, 3)],
  options: { table: 'Conv2DOptions', strideW: 1, strideH: 1 },
  ...more,
});
const dense = (more: Partial<OneLayer> = {}): OneLayer => ({
  op: 'FULLY_CONNECTED',
  inputs: [made.float(1, 4), kept.float(3, 4), kept.float(3)],
  outputs: [made.float(1, 3)],
  options: { table: 'FullyConnectedOptions' },
  ...more,
});
const pool = (filter: number, stride: number): OneLayer =>
  one('AVERAGE_POOL_2D', made.float(...image), {
    outputs: [made.float(1, 2, 2, 2)],
    options: {
      table: 'Pool2DOptions',
      filterWidth: filter,
      filterHeight: filter,
      strideW: stride,
      strideH: stride,
    },
  });
const scaled = (scale: number) => made.int8([1, 4], { scale: [scale], zeroPoint: [0] });
const several = { scale: [1, 2, 3], zeroPoint: [0, 0, 0], quantizedDimension: 0 };
const slice = (sizes: number[], stored = true): OneLayer => ({
  op: 'SLICE',
  inputs: [made.float(1, 4), stored ? kept.list(0, 0) : made.int32(2), kept.list(...sizes)],
  outputs: [made.float(1, 2)],
});
const strided = (strides: number[], mask = 0): OneLayer => ({
  op: 'STRIDED_SLICE',
  inputs: [made.float(1, 4), kept.list(0, 0), kept.list(1, 2), kept.list(...strides)],
  outputs: [made.float(1, 2)],
  options: { table: 'StridedSliceOptions', shrinkAxisMask: mask },
});
const reduce = (axes = kept.list(1)): OneLayer => ({
  op: 'MEAN',
  inputs: [made.float(1, 4), axes],
  outputs: [made.float(1)],
});
const turned = (output = made.float(...image)): OneLayer => ({
  op: 'TRANSPOSE_CONV',
  inputs: [kept.list(1, 4, 4, 2), kept.float(2, 1, 1, 2), made.float(...image)],
  outputs: [output],
});
const blocks = (blockSize: number, height = 4): OneLayer =>
  one('SPACE_TO_DEPTH', made.float(1, height, 4, 2), {
    outputs: [made.float(1, 2, 2, 8)],
    options: { table: 'SpaceToDepthOptions', blockSize },
  });

const cases: readonly RuleCase<OneLayer>[] = [
  ['operator', one('RELU'), one('SQUEEZE')],
  ['operator', null, one('STABLEHLO_COMPOSITE')],
  ['inputs', two('ADD'), one('ADD')],
  ['dimensions', one('RELU', made.float(1, 1, 1, 1, 1, 4)), one('RELU', made.float(1, 1, 1, 1, 1, 1, 4))],
  ['float', one('RELU', made.half(...image)), one('RELU', made.int8(image))],
  ['float', null, one('SOFTMAX', made.int8([1, 4]), { options: { table: 'SoftmaxOptions', beta: 1 } })],
  ['types', one('LOGISTIC', made.int8(image)), one('LOGISTIC', made.int16(...image))],
  ['types', null, one('LOGISTIC', made.int8(image, several))],
  ['types', one('ELU', made.int8(image)), one('ELU', made.uint8(image))],
  [
    'slope',
    one('LEAKY_RELU', made.float(1, 4), { options: { table: 'LeakyReluOptions', alpha: 0.1 } }),
    one('LEAKY_RELU', made.float(1, 4), { options: { table: 'LeakyReluOptions', alpha: 0 } }),
  ],
  ['scales', two('ADD', scaled(1)), two('ADD', scaled(1), scaled(1), scaled(0.001))],
  ['scales', two('MUL', scaled(1)), two('MUL', scaled(100), scaled(100), scaled(1))],
  [
    'conversion',
    one('QUANTIZE', made.float(1, 4), { outputs: [made.int8([1, 4])] }),
    one('QUANTIZE', made.int8([1, 4]), { outputs: [made.uint8([1, 4])] }),
  ],
  ['conversion', null, one('QUANTIZE', scaled(300), { outputs: [scaled(1)] })],
  [
    'decoded',
    one('DEQUANTIZE', made.int8([1, 4]), { outputs: [made.float(1, 4)] }),
    one('DEQUANTIZE', made.int16(1, 4), { outputs: [made.float(1, 4)] }),
  ],
  ['same-types', two('ADD'), two('ADD', made.float(1, 4), made.half(1, 4))],
  [
    'activation',
    conv({ options: { table: 'Conv2DOptions', strideW: 1, strideH: 1, fusedActivationFunction: 3 } }),
    conv({ options: { table: 'Conv2DOptions', strideW: 1, strideH: 1, fusedActivationFunction: 4 } }),
  ],
  [
    'stored',
    conv({
      inputs: [made.float(...image), made.float(3, 1, 1, 2), kept.float(3)],
      unpacked: { op: 'DEQUANTIZE', from: kept.half(3, 1, 1, 2), input: 1 },
    }),
    conv({ inputs: [made.float(...image), made.float(3, 1, 1, 2), kept.float(3)] }),
  ],
  ['stored', reduce(), reduce(made.int32(1))],
  ['bias', conv(), conv({ inputs: [made.float(...image), kept.float(3, 1, 1, 2), ''] })],
  ['image', conv(), conv({ inputs: [made.float(1, 4, 2), kept.float(3, 1, 1, 2), kept.float(3)] })],
  // Per channel, per tensor, weights alone in int8; with zero points, along another axis, of another type.
  [
    'filter',
    conv({
      inputs: [made.int8(image), kept.int8([3, 1, 1, 2], several), kept.bias(3)],
      outputs: [made.int8([1, 4, 4, 3])],
    }),
    conv({
      inputs: [made.int8(image), kept.int8([3, 1, 1, 2], { ...several, zeroPoint: [1, 1, 1] }), kept.bias(3)],
      outputs: [made.int8([1, 4, 4, 3])],
    }),
  ],
  [
    'filter',
    conv({ inputs: [made.float(...image), kept.int8([3, 1, 1, 2], several), kept.float(3)] }),
    conv({ inputs: [made.float(...image), kept.uint8([3, 1, 1, 2]), kept.float(3)] }),
  ],
  [
    'filter',
    dense({ inputs: [made.int8([1, 4]), kept.int8([3, 4]), kept.bias(3)], outputs: [made.int8([1, 3])] }),
    dense({
      inputs: [made.int8([1, 4]), kept.int8([3, 4], { scale: [1], zeroPoint: [3] }), kept.bias(3)],
      outputs: [made.int8([1, 3])],
    }),
  ],
  [
    'filter',
    null,
    conv({
      inputs: [
        made.int8(image),
        kept.int8([3, 1, 1, 2], { ...several, quantizedDimension: 3 }),
        kept.bias(3),
      ],
      outputs: [made.int8([1, 4, 4, 3])],
    }),
  ],
  ['window', pool(2, 2), pool(1, 2)],
  [
    'product',
    two('BATCH_MATMUL', made.float(2, 2)),
    two('BATCH_MATMUL', made.int8([2, 2]), made.int8([2, 2], { scale: [1], zeroPoint: [2] })),
  ],
  [
    'same-scale',
    one('RESHAPE', scaled(1), { outputs: [made.int8([4], { scale: [1], zeroPoint: [0] })] }),
    one('RESHAPE', scaled(1), { outputs: [made.int8([4], { scale: [2], zeroPoint: [0] })] }),
  ],
  [
    'inputs',
    two('CONCATENATION', made.float(1, 4), made.float(1, 4), made.float(1, 8)),
    { op: 'CONCATENATION', inputs: Array(6).fill(made.float(1, 1)), outputs: [made.float(1, 6)] },
  ],
  ['block', blocks(2), blocks(1)],
  ['divides', blocks(2), blocks(2, 5)],
  ['dense-weights', dense({ version: 9 }), dense({ version: 8 })],
  ['weights-format', dense(), dense({ options: { table: 'FullyConnectedOptions', weightsFormat: 1 } })],
  ['list-type', reduce(), reduce({ shape: [1], type: 4, data: new Uint8Array(8) as never })],
  ['axes', reduce(), reduce({ shape: [0], type: 2, data: new Int32Array(0) })],
  [
    'padding',
    two('PAD', made.float(1, 4), kept.pairs(0, 0, 1, 1), made.float(1, 6)),
    two('PAD', made.float(1, 4), kept.pairs(0, 0, -1, 0), made.float(1, 3)),
  ],
  ['size', slice([1, 2]), slice([1, -1])],
  [
    'beta',
    one('SOFTMAX', made.float(1, 4), { options: { table: 'SoftmaxOptions', beta: 1 } }),
    one('SOFTMAX', made.float(1, 4), { options: { table: 'SoftmaxOptions', beta: 2 } }),
  ],
  [
    'outputs',
    { op: 'SPLIT', inputs: [kept.list(1), made.float(1, 4)], outputs: [made.float(1, 2), made.float(1, 2)] },
    { op: 'SPLIT', inputs: [kept.list(1), made.float(1, 5)], outputs: Array(5).fill(made.float(1, 1)) },
  ],
  ['masks', strided([1, 1]), strided([1, 1], 1)],
  ['strides', strided([1, 1]), strided([1, 2])],
  ['turned', turned(), turned(made.int8(image))],
];

describe('XNNPACK', () => {
  testRules(xnnpack, 'tflite', cases, (spec) => oneTfliteLayer(spec, folder));
});
