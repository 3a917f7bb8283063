import { describe, expect, it } from 'vitest';
import {
  kept,
  lastLayer,
  made,
  type OneLayer,
  oneTfliteLayer,
  type RuleCase,
  testRules,
} from '../../../test/unit/oneLayer';
import { scratchFolder } from '../../../test/unit/support';
import { makeTflite, reopenTflite } from '../../../test/unit/tflite';
import { analyze } from '../../analysis/inspect';
import { check } from '../checks';
import { targetReport } from '../report';
import type { Target } from '../target';
import { edgetpu } from './edgetpu';
import { gpu } from './gpu';
import { hexagon } from './hexagon';
import { micro } from './micro';
import { nnapi } from './nnapi';
import { qnn } from './qnn';

const folder = scratchFolder();
const image = [1, 4, 4, 2];
const build = (spec: OneLayer) => oneTfliteLayer(spec, folder);

const one = (op: string, tensor = made.int8(image), more: Partial<OneLayer> = {}): OneLayer => ({
  op,
  inputs: [tensor],
  outputs: [tensor],
  ...more,
});
const list = (
  op: string,
  values: ReturnType<typeof made.float>,
  input = made.int8(image),
  output = input,
): OneLayer => ({
  op,
  inputs: [input, values],
  outputs: [output],
});
const conv = (options: OneLayer['options'], op = 'CONV_2D'): OneLayer => ({
  op,
  inputs: [made.int8(image), kept.int8(op === 'CONV_2D' ? [2, 2, 2, 2] : [1, 2, 2, 2]), kept.bias(2)],
  outputs: [made.int8(image)],
  ...(options && { options }),
});
const pool = (activation: number, tensor = made.int8(image)): OneLayer =>
  one('MAX_POOL_2D', tensor, {
    options: { table: 'Pool2DOptions', fusedActivationFunction: activation, filterWidth: 2, filterHeight: 2 },
  });
const [NONE, RELU, TANH] = [0, 1, 4];

/** Rules of single layers by target. */
const tables: readonly (readonly [Target, readonly RuleCase<OneLayer>[]])[] = [
  [
    gpu,
    [
      ['operator', one('RELU'), one('RANGE')],
      ['operator', null, one('MEAN')],
      ['types', one('RELU', made.half(1, 4)), one('RELU', made.int16(1, 4))],
      ['dimensions', one('RELU'), one('RELU', made.float(1, 1, 1, 1, 4))],
      [
        'version',
        one('CONCATENATION', made.float(1, 4), { version: 2 }),
        one('CONCATENATION', made.float(1, 4), { version: 3 }),
      ],
      ['version', null, one('MUL', made.float(1, 4), { version: 4 })],
    ],
  ],
  [
    nnapi,
    [
      ['operator', one('RELU'), one('CUMSUM')],
      ['operator', null, one('SVDF')],
      [
        'version',
        one('RELU', made.float(1, 4), { version: 2 }),
        one('RELU', made.float(1, 4), { version: 3 }),
      ],
      ['types', one('RELU'), one('RELU', made.int32(1, 4))],
      ['dimensions', one('SOFTMAX', made.float(1, 4)), one('SOFTMAX', made.float(1, 1, 1, 1, 4))],
      ['stored', list('TRANSPOSE', kept.list(0, 1, 3, 2)), list('TRANSPOSE', made.int32(4))],
      [
        'activation',
        one('CONCATENATION', made.float(1, 4), { options: { table: 'ConcatenationOptions' } }),
        one('CONCATENATION', made.float(1, 4), {
          options: { table: 'ConcatenationOptions', fusedActivationFunction: RELU },
        }),
      ],
    ],
  ],
  [
    hexagon,
    [
      ['operator', one('RELU'), one('EXP')],
      ['quantized', one('RELU'), one('RELU', made.float(1, 4))],
      ['quantized', null, one('RELU', made.int8(image, null))],
      ['dimensions', one('RELU'), one('RELU', made.int8([1, 1, 1, 1, 4]))],
      ['activation', pool(NONE), pool(RELU)],
      [
        'activation',
        one('ADD', made.int8(image), { options: { table: 'AddOptions', fusedActivationFunction: RELU } }),
        one('ADD', made.int8(image), { options: { table: 'AddOptions', fusedActivationFunction: TANH } }),
      ],
      [
        'stride',
        conv({ table: 'Conv2DOptions', strideW: 3, strideH: 3 }),
        conv({ table: 'Conv2DOptions', strideW: 4, strideH: 1 }),
      ],
      [
        'depthwise',
        conv(
          { table: 'DepthwiseConv2DOptions', strideW: 2, strideH: 2, depthMultiplier: 1 },
          'DEPTHWISE_CONV_2D',
        ),
        conv(
          { table: 'DepthwiseConv2DOptions', strideW: 1, strideH: 1, depthMultiplier: 2 },
          'DEPTHWISE_CONV_2D',
        ),
      ],
      [
        'depthwise',
        null,
        conv(
          { table: 'DepthwiseConv2DOptions', strideW: 2, strideH: 2, depthMultiplier: 1, dilationWFactor: 2 },
          'DEPTHWISE_CONV_2D',
        ),
      ],
      ['size', list('RESIZE_BILINEAR', kept.list(65, 65)), list('RESIZE_BILINEAR', kept.list(66, 8))],
    ],
  ],
  [
    qnn,
    [
      ['operator', one('RELU'), one('SQUEEZE')],
      ['precision', one('RELU'), one('RELU', made.float(1, 4))],
      ['precision', one('QUANTIZE', made.float(1, 4)), one('CONV_2D', made.half(1, 4))],
    ],
  ],
  [
    edgetpu,
    [
      ['operator', one('RELU'), one('EXP')],
      ['operator', null, one('TRANSPOSE_CONV')],
      ['quantized', one('RELU', made.uint8(image)), one('RELU', made.float(...image))],
      ['dimensions', one('RELU'), one('RELU', made.int8([2, 4, 4, 2]))],
      ['activation', pool(NONE), pool(RELU)],
      [
        'dilation',
        conv({ table: 'Conv2DOptions', dilationWFactor: 2, dilationHFactor: 2 }),
        conv({ table: 'Conv2DOptions', dilationWFactor: 2, dilationHFactor: 1 }),
      ],
      [
        'weights-format',
        { ...one('FULLY_CONNECTED', made.int8([1, 4])), options: { table: 'FullyConnectedOptions' } },
        {
          ...one('FULLY_CONNECTED', made.int8([1, 4])),
          options: { table: 'FullyConnectedOptions', weightsFormat: 1 },
        },
      ],
      [
        'flat-output',
        one('FULLY_CONNECTED', made.int8([1, 4])),
        one('FULLY_CONNECTED', made.int8([1, 3, 4])),
      ],
      ['batch', list('MEAN', kept.list(1, 2)), list('MEAN', kept.list(0))],
      [
        'batch',
        list('PAD', kept.pairs(0, 0, 1, 1, 1, 1, 0, 0)),
        list('PAD', kept.pairs(1, 0, 1, 1, 1, 1, 0, 0)),
      ],
      [
        'batch',
        one('PACK', made.int8([1, 4]), { options: { table: 'PackOptions', axis: 1 } }),
        one('PACK', made.int8([1, 4]), { options: { table: 'PackOptions', axis: 0 } }),
      ],
      [
        'batch',
        { op: 'SPLIT', inputs: [kept.list(3), made.int8(image)], outputs: [made.int8([1, 4, 4, 1])] },
        { op: 'SPLIT', inputs: [kept.list(-4), made.int8(image)], outputs: [made.int8([1, 4, 4, 1])] },
      ],
      [
        'channels',
        list('MEAN', kept.list(3), made.int8([1, 4, 4, 8])),
        list('MEAN', kept.list(-1), made.int8([1, 4, 4, 6])),
      ],
      [
        'constant-input',
        { op: 'CONCATENATION', inputs: [made.int8([1, 4]), made.int8([1, 4])], outputs: [made.int8([1, 8])] },
        { op: 'CONCATENATION', inputs: [made.int8([1, 4]), kept.int8([1, 4])], outputs: [made.int8([1, 8])] },
      ],
      ['precision', null, list('RESIZE_BILINEAR', kept.list(8, 8))],
      ['softmax', one('SOFTMAX', made.int8([1, 10])), one('SOFTMAX', made.int8([1, 2, 10]))],
      ['softmax', null, one('SOFTMAX', made.int8([1, 16_001]))],
      [
        'leading',
        one('SQUEEZE', made.int8([1, 1, 10]), { outputs: [made.int8([10])] }),
        one('SQUEEZE', made.int8([5, 1, 10]), { outputs: [made.int8([5, 10])] }),
      ],
      ['slope', list('PRELU', kept.int8([1, 1, 2])), list('PRELU', kept.int8([4, 4, 2]))],
      [
        'strides',
        {
          op: 'STRIDED_SLICE',
          inputs: [made.int8([1, 4]), kept.list(0, 0), kept.list(1, 2), kept.list(1, 1)],
          outputs: [made.int8([1, 2])],
        },
        {
          op: 'STRIDED_SLICE',
          inputs: [made.int8([1, 4]), kept.list(0, 0), kept.list(1, 4), kept.list(1, 2)],
          outputs: [made.int8([1, 2])],
        },
      ],
      [
        'masks',
        {
          op: 'STRIDED_SLICE',
          inputs: [made.int8([1, 4]), kept.list(0, 0), kept.list(1, 2), kept.list(1, 1)],
          outputs: [made.int8([1, 2])],
          options: { table: 'StridedSliceOptions', shrinkAxisMask: 1 },
        },
        {
          op: 'STRIDED_SLICE',
          inputs: [made.int8([1, 4]), kept.list(0, 0), kept.list(1, 2), kept.list(1, 1)],
          outputs: [made.int8([1, 2])],
          options: { table: 'StridedSliceOptions', newAxisMask: 1 },
        },
      ],
    ],
  ],
  [
    micro,
    [
      ['operator', one('RELU'), one('SELECT')],
      [
        'types',
        conv({ table: 'Conv2DOptions' }),
        {
          ...conv({ table: 'Conv2DOptions' }),
          inputs: [made.uint8(image), kept.uint8([2, 2, 2, 2]), kept.bias(2)],
        },
      ],
      ['types', one('ADD', made.int16(1, 4)), one('ADD', made.uint8(image))],
      [
        'hybrid',
        { op: 'FULLY_CONNECTED', inputs: [made.float(1, 4), kept.float(3, 4)], outputs: [made.float(1, 3)] },
        { op: 'FULLY_CONNECTED', inputs: [made.float(1, 4), kept.int8([3, 4])], outputs: [made.float(1, 3)] },
      ],
    ],
  ],
];

describe.each(tables.map(([target, cases]) => [target.id, target, cases] as const))(
  '%s',
  (id, target, cases) => {
    // Blocks of weights need a tensor of scales, which one layer alone cannot have: they have a test of their own below.
    const blocks: readonly RuleCase<OneLayer>[] = id === 'qnn' ? [['blocks', one('RELU'), blockwise]] : [];
    testRules(target, 'tflite', [...cases, ...blocks], (spec) =>
      spec === blockwise ? inBlocks() : build(spec),
    );
  },
);

const blockwise: OneLayer = { op: 'FULLY_CONNECTED', inputs: [], outputs: [] };

function inBlocks() {
  const details = {
    table: 'BlockwiseQuantization',
    value: { scales: 2, zeroPoints: -1, blockSize: 32 },
  } as const;
  const tables_ = makeTflite({
    tensors: {
      x: made.int8([1, 64]),
      w: { ...kept.int8([2, 64], null), quantization: { details } },
      s: kept.half(2, 2),
      y: made.int8([1, 2]),
    },
    inputs: ['x'],
    outputs: ['y'],
    operators: [{ op: 'FULLY_CONNECTED', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  return reopenTflite(tables_, folder);
}

describe('rules of the model as a whole', () => {
  const sized = (shape: number[], signature?: number[]) =>
    build(one('RELU', { ...made.int8(shape), ...(signature && { signature }) }));

  it.each([
    ['edgetpu', edgetpu, 'unknown'],
    ['qnn', qnn, 'unknown'],
    ['micro', micro, 'pass'],
  ] as const)('%s asks for fixed sizes', (_, target, open) => {
    expect(check(sized([1, 4]), target).rules).toMatchObject([{ rule: 'sizes', status: 'pass' }]);
    expect(check(sized([1, 4], [-1, 4]), target).rules).toMatchObject([{ rule: 'sizes', status: open }]);
  });
});

describe('what comes behind a layer on the CPU', () => {
  const chain = (...ops: string[]) =>
    reopenTflite(
      makeTflite({
        tensors: Object.fromEntries(ops.concat('end').map((_, index) => [`t${index}`, made.int8([1, 4])])),
        inputs: ['t0'],
        outputs: [`t${ops.length}`],
        operators: ops.map((op, index) => ({ op, inputs: [`t${index}`], outputs: [`t${index + 1}`] })),
      }),
      folder,
    );
  const report = (target: Target, ...ops: string[]) => {
    const file = chain(...ops);
    return targetReport(file, analyze(file, { dims: {}, shapes: {} }), target);
  };

  it('stays there on the Edge TPU, whose compiler maps one part', () => {
    const { layers, summary } = report(edgetpu, 'RELU', 'EXP', 'RELU');
    expect(layers?.map(({ where, rule }) => [where, rule])).toEqual([
      ['there', undefined],
      ['falls back', 'operator'],
      ['falls back', 'first-part'],
    ]);
    expect(summary).toMatchObject({ there: 1, fallsBack: 2, partitions: 1, switches: 1 });
  });

  it('runs on the accelerator again elsewhere', () => {
    expect(report(hexagon, 'RELU', 'EXP', 'RELU', 'EXP').summary).toMatchObject({
      there: 2,
      fallsBack: 2,
      partitions: 2,
      switches: 3,
    });
  });

  it('names what to change once, with how many layers it would bring', () => {
    expect(report(hexagon, 'EXP', 'EXP', 'RELU').changes).toEqual([
      { rule: 'operator', fix: 'Replace EXP.', ops: ['EXP'], layers: 2, macs: 0, first: '0' },
    ]);
  });

  it('is at least what is said where a layer is unknown', () => {
    const { summary } = report(gpu, 'RELU', 'MEAN');
    expect(summary).toMatchObject({ there: 1, unknown: 1, fallsBack: 0, atLeast: true });
    expect(lastLayer(chain('RELU'), gpu).where).toBe('there');
  });
});
