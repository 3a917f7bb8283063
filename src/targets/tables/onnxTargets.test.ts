import { describe, expect, it } from 'vitest';
import {
  integers,
  type OneOnnxLayer,
  type OnnxTensor,
  oneOnnxLayer,
  type RuleCase,
  real,
  testRules,
  weights,
} from '../../../test/unit/oneLayer';
import { scratchFolder } from '../../../test/unit/support';
import { check } from '../checks';
import type { Target } from '../target';
import { coremlEp, nnapiEp, ortMobile } from './onnxRuntime';
import { qnn } from './qnn';
import { webnn } from './webnn';

const folder = scratchFolder();
const image = real(1, 2, 4, 4);
const build = (spec: OneOnnxLayer) => oneOnnxLayer(spec, folder);

const one = (op: string, input: OnnxTensor = image, more: Partial<OneOnnxLayer> = {}): OneOnnxLayer => ({
  op,
  inputs: [input],
  ...more,
});
const conv = (input: OnnxTensor = image, filter: OnnxTensor = weights(2, 2, 1, 1)): OneOnnxLayer => ({
  op: 'Conv',
  inputs: [input, filter],
});
const scale: OnnxTensor = { type: 'float32', shape: [], stored: 1 };
const zero: OnnxTensor = { type: 'uint8', shape: [], stored: 0 };
const bytes = (...shape: number[]): OnnxTensor => ({ type: 'uint8', shape });
const quantize = (by: OnnxTensor): OneOnnxLayer => ({
  op: 'QuantizeLinear',
  inputs: [image, by, zero],
  outputs: [bytes(1, 2, 4, 4)],
});
const volume = real(1, 2, 4, 4, 4);
const slice = (steps: OnnxTensor, starts: OnnxTensor = integers(0)): OneOnnxLayer => ({
  op: 'Slice',
  inputs: [real(1, 4), starts, integers(2), integers(1), steps],
});
const toSpace = (attributes: OneOnnxLayer['attributes'], input = real(1, 4, 2, 2)): OneOnnxLayer => ({
  op: 'DepthToSpace',
  inputs: [input],
  attributes: { blocksize: 2, ...attributes },
});
const gemm = (
  b: OnnxTensor,
  attributes: OneOnnxLayer['attributes'] = {},
  c: OnnxTensor | '' = '',
): OneOnnxLayer => ({
  op: 'Gemm',
  inputs: [real(1, 4), b, c],
  attributes,
});

const tables: readonly (readonly [Target, readonly RuleCase<OneOnnxLayer>[]])[] = [
  [
    qnn,
    [
      ['operator', one('Relu', real(1, 4), { decoded: 0 }), one('Einsum', real(1, 4))],
      ['precision', one('Relu', real(1, 4), { decoded: 0 }), one('Relu', real(1, 4))],
      [
        'norm',
        one('LpNormalization', real(1, 4), { decoded: 0, attributes: { p: 2 } }),
        one('LpNormalization', real(1, 4), { decoded: 0, attributes: { p: 1 } }),
      ],
    ],
  ],
  [
    ortMobile,
    [
      ['operator', one('Relu'), one('GRU')],
      ['opset', one('Relu', image, { opset: 12 }), one('Relu', image, { opset: 17 })],
      [
        'types',
        one('Relu'),
        one('Relu', { type: 'float16', shape: [1, 4] }, { outputs: [{ type: 'float16', shape: [1, 4] }] }),
      ],
    ],
  ],
  [
    nnapiEp,
    [
      ['operator', one('Relu'), one('ReduceMean')],
      ['places', conv(), conv(volume, weights(2, 2, 1, 1, 1))],
      ['stored', conv(), conv(image, real(2, 2, 1, 1))],
      ['stored', null, { ...conv(), decoded: 1 }],
      ['mode', toSpace({ mode: 'DCR' }), toSpace({ mode: 'CRD' })],
      ['mode', one('Pad'), one('Pad', image, { attributes: { mode: 'reflect' } })],
      ['scales', quantize(scale), quantize(real())],
      [
        'indices',
        { op: 'Gather', inputs: [image, { type: 'int32', shape: [2] }] },
        { op: 'Gather', inputs: [image, { type: 'int64', shape: [2] }] },
      ],
      ['matrix', gemm(weights(4, 4)), gemm(real(4, 4))],
    ],
  ],
  [
    coremlEp,
    [
      ['operator', one('Relu'), one('Gather')],
      ['operator', null, one('Resize')],
      ['places', conv(real(1, 2, 4), weights(2, 2, 1)), conv(volume, weights(2, 2, 1, 1, 1))],
      ['places', one('MaxPool'), one('MaxPool', real(1, 2, 4))],
      ['stored', gemm(weights(4, 4)), gemm(real(4, 4))],
      [
        'padding',
        { op: 'ConvTranspose', inputs: [image, weights(2, 2, 1, 1)] },
        { op: 'ConvTranspose', inputs: [image, weights(2, 2, 1, 1)], attributes: { auto_pad: 'SAME_UPPER' } },
      ],
      [
        'output-size',
        { op: 'ConvTranspose', inputs: [image, weights(2, 2, 1, 1)], attributes: { output_padding: [0, 0] } },
        { op: 'ConvTranspose', inputs: [image, weights(2, 2, 1, 1)], attributes: { output_padding: [1, 1] } },
      ],
      ['mode', toSpace({ mode: 'CRD' }), toSpace({ mode: 'CRD' }, real('N', 4, 2, 2))],
      [
        'batch',
        { op: 'GatherND', inputs: [image, integers(0)] },
        { op: 'GatherND', inputs: [image, integers(0)], attributes: { batch_dims: 1 } },
      ],
      ['dimensions', one('Tile', real(1, 1, 1, 1, 4)), one('Tile', real(1, 1, 1, 1, 1, 4))],
      [
        'types',
        { op: 'Pow', inputs: [real(1, 4), real(1, 4)] },
        { op: 'Pow', inputs: [real(1, 4), { type: 'int64', shape: [1, 4] }] },
      ],
    ],
  ],
  [
    webnn,
    [
      ['operator', one('Relu'), one('GRU')],
      ['opset', one('HardSwish', image, { opset: 14 }), one('HardSwish', image, { opset: 13 })],
      ['dimensions', one('GlobalAveragePool'), one('GlobalAveragePool', real(1, 2, 4))],
      [
        'padding',
        one('AveragePool', image, { attributes: { kernel_shape: [2, 2] } }),
        one('AveragePool', image, { attributes: { kernel_shape: [2, 2], count_include_pad: 1 } }),
      ],
      [
        'outputs',
        one('MaxPool', image, { attributes: { kernel_shape: [2, 2] } }),
        one('MaxPool', image, {
          attributes: { kernel_shape: [2, 2] },
          outputs: [image, { type: 'int64', shape: [1, 2, 4, 4] }],
        }),
      ],
      [
        'order',
        one('MaxPool', image, { attributes: { kernel_shape: [2, 2] } }),
        one('MaxPool', image, { attributes: { kernel_shape: [2, 2], storage_order: 1 } }),
      ],
      [
        'training',
        one('BatchNormalization'),
        one('BatchNormalization', image, { attributes: { training_mode: 1 } }),
      ],
      ['places', conv(), conv(volume, weights(2, 2, 1, 1, 1))],
      [
        'stored',
        { op: 'Expand', inputs: [real(1, 4), integers(2, 4)] },
        { op: 'Expand', inputs: [real(1, 4), { type: 'int64', shape: [2] }] },
      ],
      ['addend', gemm(weights(4, 4), {}, weights(4)), gemm(weights(4, 4), {}, weights(1, 4))],
      [
        'zero',
        { op: 'Reshape', inputs: [real(1, 4), integers(4, 1)] },
        { op: 'Reshape', inputs: [real(1, 4), integers(0, 4)] },
      ],
      ['steps', slice(integers(1)), slice(integers(2))],
      ['mode', one('Pad'), one('Pad', image, { attributes: { mode: 'wrap' } })],
      [
        'mode',
        {
          op: 'Resize',
          inputs: [image, '', { type: 'float32', shape: [4], stored: 1 }],
          attributes: { mode: 'linear' },
        },
        {
          op: 'Resize',
          inputs: [image, '', { type: 'float32', shape: [4], stored: 1 }],
          attributes: { mode: 'cubic' },
        },
      ],
    ],
  ],
];

describe.each(tables.map(([target, cases]) => [target.id, target, cases] as const))(
  '%s',
  (_, target, cases) => {
    testRules(target, 'onnx', cases, build);
  },
);

describe('QNN', () => {
  it('asks for fixed sizes of the model as a whole', () => {
    expect(check(build(one('Relu')), qnn).rules).toMatchObject([{ rule: 'sizes', status: 'pass' }]);
    expect(check(build(one('Relu', real('N', 4))), qnn).rules).toMatchObject([
      { rule: 'sizes', status: 'fail' },
    ]);
  });
});
