import { describe, expect, it } from 'vitest';
import { familyOf } from '../../src/analysis/difference/families';
import { operationKind } from '../../src/formats/coreml/mil/kinds';
import { openModel } from '../../src/formats/index';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { BUILTIN_OPERATORS } from '../../src/formats/tflite/builtinOperators';
import { kindOf as tfliteKind } from '../../src/formats/tflite/operators/kinds';
import type { Node } from '../../src/model/model';
import { makeModel, reopen, SAMPLE, SAMPLE_TFLITE, scratchFolder } from './support';

const folder = scratchFolder();

/** Kinds of the nodes of an ONNX graph, made of `[operator, domain, attributes]`. */
function onnxNodes(
  ...nodes: readonly [op: string, domain?: string, attributes?: Parameters<typeof makeNode>[3]][]
) {
  const model = makeModel({
    name: 'kinds',
    node: nodes.map(([op, domain = '', attributes = {}], at) =>
      makeNode(op, ['x', 'filter'], [`y${at}`], attributes, { domain }),
    ),
    initializer: [makeFloatTensor('filter', [8, 1, 3, 3], new Array(72).fill(0))],
    input: [makeValueInfo('x', 'float32', [1, 4, 9, 9])],
    output: [],
  });
  return reopen(model, folder).model.graph.nodes;
}

describe('the kinds of the sample', () => {
  const counts = (path: string) => {
    const kinds = new Map<string | null, number>();
    for (const { kind } of openModel(path).model.graph.nodes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    return kinds;
  };

  // MobileNetV2: a stem and 17 blocks, the first of which does not expand, then one more convolution; 10 of the blocks add.
  it.each([SAMPLE, SAMPLE_TFLITE, 'models/shapes_mobilenetv2.mlpackage'])(
    'are those of MobileNetV2 in %s',
    (path) => {
      const kinds = counts(path);
      expect(kinds.get('convolution')).toBe(1 + 17 + 16 + 1);
      expect(kinds.get('depthwise convolution')).toBe(17);
      expect(kinds.get('addition')).toBe(10);
      expect(kinds.get('matrix product')).toBe(1);
    },
  );

  it.each([
    [SAMPLE, 'channels first'],
    [SAMPLE_TFLITE, 'channels last'],
    ['models/shapes_mobilenetv2.mlpackage', 'channels first'],
  ])('say where the channels are in %s', (path, layout) => {
    const file = openModel(path);
    const { nodes } = file.model.graph;
    const layouts = nodes.filter(({ kind }) => kind?.endsWith('convolution')).map((node) => node.layout);
    expect(new Set(layouts)).toEqual(new Set([layout]));
    expect(file.format.layout).toBe(layout);
    expect(nodes.find(({ kind }) => kind === 'addition')?.layout).toBeUndefined();
  });
});

describe('the kind of an ONNX operator', () => {
  it('is known in the domains that keep variants of ONNX’s own, and in no other', () => {
    const kinds = onnxNodes(
      ['Relu'],
      ['Relu', 'ai.onnx'],
      ['QLinearAdd', 'com.microsoft'],
      ['Relu', 'my.own'],
    ).map(({ kind }) => kind);
    expect(kinds).toEqual(['relu', 'relu', 'addition', null]);
  });

  it('tells a depthwise convolution by its filter', () => {
    const kinds = onnxNodes(['Conv', '', { group: 4 }], ['Conv']).map(({ kind }) => kind);
    expect(kinds).toEqual(['depthwise convolution', 'convolution']);
  });

  it('says that channels are last where an engine moved them', () => {
    const layouts = onnxNodes(
      ['Conv'],
      ['NhwcConv', 'com.microsoft'],
      ['QLinearAveragePool', 'com.microsoft', { channels_last: 1 }],
      ['MaxPool', 'com.ms.internal.nhwc'],
      ['Relu'],
    ).map(({ layout }) => layout);
    expect(layouts).toEqual(['channels first', 'channels last', 'channels last', 'channels last', undefined]);
  });
});

describe('families', () => {
  const onnx = (op: string) => familyOf(onnxNodes([op])[0] as Node);
  const tflite = (op: string) => familyOf({ op, kind: tfliteKind(op) });

  it.each([
    ['Conv', 'DEPTHWISE_CONV_2D'],
    ['ConvTranspose', 'TRANSPOSE_CONV'],
    ['Gemm', 'FULLY_CONNECTED'],
    ['MatMul', 'BATCH_MATMUL'],
    ['Clip', 'RELU6'],
    ['Sigmoid', 'LOGISTIC'],
    ['GlobalAveragePool', 'MEAN'],
    ['ReduceMean', 'MEAN'],
    ['Concat', 'CONCATENATION'],
    ['Unsqueeze', 'EXPAND_DIMS'],
    ['Resize', 'RESIZE_BILINEAR'],
    ['Sum', 'ADD_N'],
    // By their names alone: neither has a kind.
    ['Shape', 'SHAPE'],
    ['CumSum', 'CUMSUM'],
  ])('are the same for %s and %s', (a, b) => {
    expect(onnx(a)).toBe(tflite(b));
  });

  it.each([
    ['stack', 'PACK'],
    ['split', 'SPLIT_V'],
    ['reverse', 'REVERSE_V2'],
    ['real_div', 'DIV'],
    ['reduce_argmax', 'ARG_MAX'],
    ['upsample_bilinear', 'RESIZE_BILINEAR'],
  ])('are the same for an ML Program’s %s and %s', (a, b) => {
    expect(familyOf({ op: a, kind: operationKind(a, 1, undefined) })).toBe(tflite(b));
  });

  it.each([
    ['Conv', 'TRANSPOSE_CONV'],
    ['Max', 'REDUCE_MAX'],
    ['Sum', 'SUM'],
    ['MaxPool', 'AVERAGE_POOL_2D'],
  ])('are others for %s and %s', (a, b) => {
    expect(onnx(a)).not.toBe(tflite(b));
  });
});

describe('tables of kinds', () => {
  it('know the builtin operators that convolve or multiply matrices', () => {
    const heavy = BUILTIN_OPERATORS.filter((op) => /^(?!STABLEHLO).*(CONV|MATMUL|FULLY)/.test(op));
    expect(heavy.filter((op) => tfliteKind(op) === null)).toEqual([]);
    expect(heavy).toHaveLength(7);
  });
});
