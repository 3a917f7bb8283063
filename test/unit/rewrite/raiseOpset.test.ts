import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { onnx } from '../../../src/formats/onnx/format';
import { AttributeProtoSchema, type NodeProto, type TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeInt64Tensor, makeNode } from '../../../src/formats/onnx/writing/make';
import { workshop } from './small';
import { decibels, evaluate, feedsFor, run, withSession } from './support';

const { fresh, model } = workshop();

interface Case {
  readonly name: string;
  readonly from: number;
  readonly to?: number;
  readonly nodes: NodeProto[];
  readonly initializers?: TensorProto[];
}

/** Operators that the first sets had as experimental ones: engines know them up to operator set 9. */
const REMOVED: [op: string, attributes: Record<string, number | number[]>][] = [
  ['ImageScaler', { scale: 0.5, bias: [1, 2, 3, 4] }],
  ['ImageScaler', { bias: [1, 2, 3, 4] }],
  ['Crop', { border: [1, 0, 2, 1] }],
  ['Crop', { border: [1, 2, 0, 0], scale: [3, 4] }],
  ['Affine', { alpha: 2, beta: -1 }],
  ['Scale', { scale: 3 }],
  ['ScaledTanh', { alpha: 2, beta: 0.5 }],
  ['ParametricSoftplus', { alpha: 2, beta: 0.5 }],
  ['MeanVarianceNormalization', { across_channels: 1 }],
  ['MeanVarianceNormalization', { across_channels: 0, normalize_variance: 0 }],
  ['MeanVarianceNormalization', { across_channels: 1, normalize_variance: 0 }],
];

/** `makeNode` with attributes typed as these operators have them: floats, but for the sizes of Crop. */
function withAttributes(op: string, attributes: Record<string, number | number[]>): NodeProto {
  const node = makeNode(op, ['x'], ['y']);
  for (const [name, value] of Object.entries(attributes)) {
    const whole = op === 'Crop' || op === 'MeanVarianceNormalization';
    node.attribute.push(
      create(AttributeProtoSchema, {
        name,
        ...(Array.isArray(value)
          ? whole
            ? { type: 7, ints: value.map(BigInt) }
            : { type: 6, floats: value }
          : whole
            ? { type: 2, i: BigInt(value) }
            : { type: 1, f: value }),
      }),
    );
  }
  return node;
}

/** Each operator whose form changed between operator sets 7 and 13, in its old form: x [1,4,6,6] → y. */
const CASES: Case[] = [
  { name: 'Clip', from: 7, to: 10, nodes: [makeNode('Clip', ['x'], ['y'], { min: -0.5, max: 1 })] },
  { name: 'Clip without a bound', from: 7, to: 10, nodes: [makeNode('Clip', ['x'], ['y'], { max: 0 })] },
  {
    name: 'Pad',
    from: 7,
    to: 10,
    nodes: [makeNode('Pad', ['x'], ['y'], { pads: [0, 0, 1, 2, 0, 0, 0, 1], mode: 'reflect' })],
  },
  {
    name: 'Slice',
    from: 7,
    to: 9,
    nodes: [makeNode('Slice', ['x'], ['y'], { axes: [1, 3], starts: [1, -4], ends: [3, 2 ** 53 - 1] })],
  },
  {
    name: 'Slice without axes',
    from: 7,
    to: 9,
    nodes: [makeNode('Slice', ['x'], ['y'], { starts: [0, 1], ends: [1, 3] })],
  },
  { name: 'TopK', from: 7, to: 9, nodes: [makeNode('TopK', ['x'], ['y', 'at'], { axis: -1, k: 2 })] },
  {
    name: 'Upsample',
    from: 7,
    to: 8,
    nodes: [makeNode('Upsample', ['x'], ['y'], { mode: 'nearest', scales: [1, 1, 2, 3] })],
  },
  {
    name: 'Upsample, linear',
    from: 7,
    to: 8,
    nodes: [makeNode('Upsample', ['x'], ['y'], { mode: 'linear', scales: [1, 1, 2, 2] })],
  },
  ...[
    [1, 1, 0.5, 0.5],
    [1, 1, 0.7, 0.45],
    [1, 1, 0.34, 1],
    [1, 1, 1.7, 2.4],
    [1, 1, 0.6, 1.9],
    [1, 1, 2.5, 0.3],
  ].map((scales) => ({
    name: `Resize to the nearest by ${scales}`,
    from: 10,
    to: 10,
    nodes: [makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'nearest' })],
    initializers: [makeFloatTensor('scales', [4], scales)],
  })),
  {
    name: 'Resize to the nearest by what is computed',
    from: 10,
    to: 10,
    nodes: [
      makeNode('Concat', ['two', 'halves'], ['scales'], { axis: 0 }),
      makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'nearest' }),
    ],
    initializers: [makeFloatTensor('two', [2], [1, 1]), makeFloatTensor('halves', [2], [0.7, 0.4])],
  },
  {
    name: 'Resize, linear, that shrinks',
    from: 10,
    to: 10,
    nodes: [makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'linear' })],
    initializers: [makeFloatTensor('scales', [4], [1, 1, 0.6, 0.8])],
  },
  ...REMOVED.map(([op, attributes]) => ({
    name: `${op} ${Object.keys(attributes)}`,
    from: 7,
    to: op === 'MeanVarianceNormalization' ? 8 : 9,
    nodes: [withAttributes(op, attributes)],
  })),
  {
    name: 'DynamicSlice',
    from: 7,
    to: 9,
    nodes: [makeNode('DynamicSlice', ['x', 'starts', 'ends', 'axes'], ['y'])],
    initializers: [
      makeInt64Tensor('starts', [2], [1, 2]),
      makeInt64Tensor('ends', [2], [3, 5]),
      makeInt64Tensor('axes', [2], [1, 3]),
    ],
  },
  {
    name: 'Upsample with an input',
    from: 9,
    nodes: [makeNode('Upsample', ['x', 'scales'], ['y'], { mode: 'nearest' })],
    initializers: [makeFloatTensor('scales', [4], [1, 1, 2, 2])],
  },
  {
    name: 'Resize',
    from: 10,
    nodes: [makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'nearest' })],
    initializers: [makeFloatTensor('scales', [4], [1, 1, 2, 2])],
  },
  {
    name: 'Resize, linear',
    from: 10,
    nodes: [makeNode('Resize', ['x', 'scales'], ['y'], { mode: 'linear' })],
    initializers: [makeFloatTensor('scales', [4], [1, 1, 2.5, 2])],
  },
  { name: 'Softmax over a matrix', from: 7, to: 12, nodes: [makeNode('Softmax', ['x'], ['y'], { axis: 1 })] },
  { name: 'Softmax by default', from: 7, to: 12, nodes: [makeNode('Softmax', ['x'], ['y'])] },
  { name: 'Softmax over the last', from: 7, to: 12, nodes: [makeNode('Softmax', ['x'], ['y'], { axis: 3 })] },
  { name: 'LogSoftmax', from: 7, to: 12, nodes: [makeNode('LogSoftmax', ['x'], ['y'], { axis: 2 })] },
  {
    name: 'Unsqueeze and Squeeze',
    from: 7,
    to: 12,
    nodes: [
      makeNode('Unsqueeze', ['x'], ['u'], { axes: [0, 3] }),
      makeNode('Relu', ['u'], ['r']),
      makeNode('Squeeze', ['r'], ['y'], { axes: [0, 1] }),
    ],
  },
  {
    name: 'ReduceSum',
    from: 7,
    to: 12,
    nodes: [makeNode('ReduceSum', ['x'], ['y'], { axes: [1, 2], keepdims: 0 })],
  },
  {
    name: 'Split',
    from: 7,
    to: 12,
    nodes: [makeNode('Split', ['x'], ['a', 'b'], { axis: 1, split: [1, 3] }), makeNode('Exp', ['b'], ['y'])],
  },
  {
    name: 'Dropout',
    from: 7,
    to: 11,
    nodes: [makeNode('Dropout', ['x'], ['d'], { ratio: 0.3 }), makeNode('Neg', ['d'], ['y'])],
  },
  {
    name: 'BatchNormalization',
    from: 7,
    to: 12,
    nodes: [makeNode('BatchNormalization', ['x', 'c', 'c', 'c', 'c'], ['y'], { epsilon: 0.001 })],
    initializers: [makeFloatTensor('c', [4], [1, 2, 3, 4])],
  },
  {
    name: 'Scatter',
    from: 9,
    to: 10,
    nodes: [makeNode('Scatter', ['x', 'at', 'x'], ['y'], { axis: 1 })],
    initializers: [
      makeInt64Tensor(
        'at',
        [1, 4, 6, 6],
        Array.from({ length: 144 }, (_, i) => 3 - Math.floor(i / 36)),
      ),
    ],
  },
];

const ALL = CASES.flatMap((entry) =>
  Array.from(
    { length: (entry.to ?? entry.from) - entry.from + 1 },
    (_, i) => [entry.from + i, entry.name, entry] as const,
  ),
);

describe('a model of an older operator set', () => {
  it.each(ALL)('%i: %s', async (opset, _, entry) => {
    const file = model({ nodes: entry.nodes, initializers: entry.initializers ?? [], opset });
    const target = fresh();
    await rewriter.clean(file, target, evaluate);
    const feeds = await withSession(file.path, async (session) => feedsFor(session, {}, opset));
    expect(decibels(await run(file.path, feeds), await run(target, feeds))).toBeGreaterThan(120);
    expect(onnx.open(target).proto.opsetImport.map(({ version }) => version)).toEqual([13n]);
  });
});
