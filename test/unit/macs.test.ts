import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats';
import { type ModelProto, ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { mobilenetV1, mobilenetV2 } from '../models/mobilenet';
import { infer } from './operators/infer';
import { type Case, fed, modelOf } from './operators/single';
import { scratchFolder } from './support';

const folder = scratchFolder();

function totals(model: ModelProto) {
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, toBinary(ModelProtoSchema, model));
  return inspect(openModel(file), { dims: {}, shapes: {} }).totals;
}

/** Multiply-adds and parameters (in millions) as the papers state them. */
describe('published figures', () => {
  it.each([
    ['MobileNetV1 1.0/224', mobilenetV1({ seed: 1 }), 569, 4.2],
    ['MobileNetV2 1.0/224', mobilenetV2({ seed: 1, batchNorm: true, opset: 9 }), 300, 3.4],
  ])('%s', (_, model, millions, parameters) => {
    const found = totals(model);
    expect(Math.abs((found.macs ?? 0) / 1e6 / millions - 1)).toBeLessThan(0.01);
    expect(Math.abs((found.parameters ?? 0) / 1e6 / parameters - 1)).toBeLessThan(0.05);
  });

  it('MobileNetV1 0.25/128 has 14 million', () => {
    expect((totals(mobilenetV1({ seed: 1, width: 0.25, size: 128 })).macs ?? 0) / 1e6).toBeCloseTo(14, 0);
  });
});

/** Worked out by hand from each operator's definition. */
describe('MACs of an operator', () => {
  const cases: [string, Case, number][] = [
    ['convolution', { op: 'Conv', inputs: [fed([2, 4, 9, 7]), fed([6, 4, 3, 3])] }, 2 * 6 * 7 * 5 * 4 * 9],
    [
      'grouped convolution',
      {
        op: 'Conv',
        inputs: [fed([1, 4, 9, 7]), fed([8, 2, 3, 3])],
        attributes: { group: 2, pads: [1, 1, 1, 1] },
      },
      8 * 9 * 7 * 2 * 9,
    ],
    [
      'transposed convolution',
      {
        op: 'ConvTranspose',
        inputs: [fed([1, 4, 5, 5]), fed([4, 3, 2, 2])],
        attributes: { strides: [2, 2] },
      },
      4 * 25 * 3 * 4,
    ],
    ['matrix product', { op: 'MatMul', inputs: [fed([2, 1, 3, 4]), fed([5, 4, 6])] }, 2 * 5 * 3 * 6 * 4],
    ['matrix and vector', { op: 'MatMul', inputs: [fed([5, 3, 4]), fed([4])] }, 5 * 3 * 4],
    [
      'Gemm',
      { op: 'Gemm', inputs: [fed([4, 3]), fed([5, 4])], attributes: { transA: 1, transB: 1 } },
      3 * 4 * 5,
    ],
    [
      'Einsum of attention scores',
      {
        op: 'Einsum',
        inputs: [fed([2, 3, 4, 5]), fed([2, 3, 6, 5])],
        attributes: { equation: 'bhid,bhjd->bhij' },
      },
      2 * 3 * 4 * 6 * 5,
    ],
    [
      'Einsum of three operands',
      {
        op: 'Einsum',
        inputs: [fed([2, 3]), fed([3, 4]), fed([4, 5])],
        attributes: { equation: 'ab,bc,cd->ad' },
      },
      2 * 3 * 4 + 2 * 4 * 5,
    ],
    [
      'LSTM in both directions',
      {
        op: 'LSTM',
        inputs: [fed([5, 2, 3]), fed([2, 16, 3]), fed([2, 16, 4])],
        attributes: { hidden_size: 4, direction: 'bidirectional' },
      },
      5 * 2 * 2 * 16 * (3 + 4),
    ],
    ['GRU', { op: 'GRU', inputs: [fed([5, 2, 3]), fed([1, 12, 3]), fed([1, 12, 4])] }, 5 * 2 * 12 * (3 + 4)],
    [
      'attention with projection and past',
      {
        op: 'com.microsoft.Attention',
        inputs: [fed([2, 3, 8]), fed([8, 24]), fed([24]), null, fed([2, 2, 2, 5, 4])],
        attributes: { num_heads: 2 },
      },
      2 * 3 * 8 * 24 + 2 * 3 * (5 + 3) * (8 + 8),
    ],
    [
      'attention with fewer heads for keys',
      {
        op: 'Attention',
        inputs: [fed([2, 4, 3, 8]), fed([2, 2, 5, 8]), fed([2, 2, 5, 6])],
        opset: 23,
      },
      2 * 4 * 3 * 5 * (8 + 6),
    ],
    ['nothing but element-wise work', { op: 'Add', inputs: [fed([2, 3]), fed([3])] }, 0],
  ];
  it.each(cases)('%s', (_, one, macs) => {
    expect(infer(modelOf(one), folder).node?.macs).toBe(macs);
  });

  it('leaves what else is done as elements', () => {
    const elements = (one: Case) => infer(modelOf(one), folder).node?.elementOps;
    expect(elements({ op: 'Add', inputs: [fed([2, 1]), fed([3])] })).toBe(6);
    expect(
      elements({ op: 'MaxPool', inputs: [fed([1, 2, 4, 4])], attributes: { kernel_shape: [2, 2] } }),
    ).toBe(32);
    expect(elements({ op: 'ReduceSum', inputs: [fed([4, 5])] })).toBe(20);
    expect(elements({ op: 'Flatten', inputs: [fed([4, 5])] })).toBe(0);
    expect(elements({ op: 'Gemm', inputs: [fed([4, 3]), fed([3, 5])] })).toBe(0);
  });
});
