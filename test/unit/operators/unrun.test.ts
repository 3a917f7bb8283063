import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../../src/analysis/inspect';
import {
  OperatorSetIdProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from '../../../src/formats/onnx/onnx_pb';
import {
  type AttributeValue,
  makeInt64Tensor,
  makeNode,
  makeValueInfo,
} from '../../../src/formats/onnx/writing/make';
import type { DataType } from '../../../src/model/dataType';
import { makeModel, reopen, scratchFolder } from '../support';

/** Operators that ONNX Runtime does not run, or not for itself: shapes from ONNX's documentation, counted by hand. */
const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };

interface Unrun {
  readonly op: string;
  /** Shapes of inputs; a list within a list is a stored vector. */
  readonly inputs: readonly (readonly number[] | { readonly held: readonly number[] })[];
  readonly type?: DataType;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  readonly shapes: readonly (readonly (number | null)[] | null)[];
  readonly types?: readonly (DataType | null)[];
}

const cases: Unrun[] = [
  {
    op: 'Upsample',
    inputs: [[1, 1, 3, 4]],
    attributes: { height_scale: 2.5, width_scale: 1.5 },
    shapes: [[1, 1, 7, 6]],
  },
  { op: 'GivenTensorFill', inputs: [], attributes: { shape: [2, 3] }, shapes: [[2, 3]] },
  { op: 'GivenTensorFill', inputs: [[2, 3]], attributes: { extra_shape: [4] }, shapes: [[2, 3, 4]] },
  {
    op: 'ConstantFill',
    inputs: [{ held: [5, 6] }],
    attributes: { input_as_shape: 1, extra_shape: [1], dtype: 7 },
    shapes: [[5, 6, 1]],
    types: ['int64'],
  },
  { op: 'GRUUnit', inputs: [[1, 2, 8], [1, 2, 24], [2], [1]], shapes: [[1, 2, 8]] },
  { op: 'Scale', inputs: [[2, 3]], attributes: { scale: 2.5 }, shapes: [[2, 3]] },
  { op: 'Cast', inputs: [[2, 3]], attributes: { to: 'INT64' }, shapes: [[2, 3]], types: ['int64'] },
  { op: 'Cast', inputs: [[2, 3]], attributes: { to: 'DOUBLE' }, shapes: [[2, 3]], types: ['float64'] },
  { op: 'Cast', inputs: [[2, 3]], attributes: { to: 'constructor' }, shapes: [[2, 3]], types: [null] },
  { op: 'Tile', inputs: [[2, 3], { held: [4] }, { held: [1] }], shapes: [[2, 12]] },
  { op: 'CumProd', inputs: [[2, 3], { held: [0] }], opset: 26, shapes: [[2, 3]] },
  { op: 'RegexFullMatch', inputs: [[4]], type: 'string', opset: 20, shapes: [[4]], types: ['bool'] },
  { op: 'StringConcat', inputs: [[2, 1], [3]], type: 'string', opset: 20, shapes: [[2, 3]] },
  {
    op: 'StringSplit',
    inputs: [[4]],
    type: 'string',
    opset: 20,
    shapes: [[4, null], [4]],
    types: ['string', 'int64'],
  },
  { op: 'StringNormalizer', inputs: [[4]], type: 'string', opset: 10, shapes: [[4]] },
  {
    op: 'StringNormalizer',
    inputs: [[1, 4]],
    type: 'string',
    opset: 10,
    attributes: { stopwords: ['the'] },
    shapes: [[1, null]],
  },
  {
    op: 'ImageDecoder',
    inputs: [[1000]],
    type: 'uint8',
    opset: 20,
    attributes: { pixel_format: 'Grayscale' },
    shapes: [[null, null, 1]],
    types: ['uint8'],
  },
  {
    op: 'ai.onnx.ml.CategoryMapper',
    inputs: [[2, 3]],
    type: 'int64',
    attributes: { cats_int64s: [0, 1], cats_strings: ['a', 'b'] },
    shapes: [[2, 3]],
    types: ['string'],
  },
  {
    op: 'ai.onnx.ml.LabelEncoder',
    inputs: [[5]],
    type: 'string',
    attributes: { classes_strings: ['a', 'b'] },
    shapes: [[5]],
    types: ['int64'],
  },
  {
    op: 'ai.onnx.ml.LabelEncoder',
    inputs: [[5]],
    type: 'string',
    attributes: { values_tensor: makeInt64Tensor('values', [2], [1, 2]) },
    shapes: [[5]],
    types: ['int64'],
  },
  {
    op: 'ai.onnx.ml.TreeEnsemble',
    inputs: [[5, 3]],
    type: 'float64',
    attributes: { n_targets: 2 },
    shapes: [[5, 2]],
    types: ['float64'],
  },
  {
    op: 'ai.onnx.preview.training.Adam',
    inputs: [[], [], [2, 3], [4], [2, 3], [4], [2, 3], [4], [2, 3], [4]],
    shapes: [[2, 3], [4], [2, 3], [4], [2, 3], [4]],
  },
  {
    op: 'ai.onnx.preview.training.Momentum',
    inputs: [[], [], [2, 3], [2, 3], [2, 3]],
    shapes: [
      [2, 3],
      [2, 3],
    ],
  },
];

function modelOf({ op, inputs, type = 'float32', attributes = {}, opset = 1, shapes }: Unrun) {
  const at = op.lastIndexOf('.');
  const domain = at < 0 ? '' : op.slice(0, at);
  const names = inputs.map((_, index) => `in${index}`);
  const outputs = shapes.map((_, index) => `out${index}`);
  return makeModel(
    {
      name: 'single',
      node: [makeNode(op.slice(at + 1), names, outputs, attributes, { domain, name: 'node' })],
      input: inputs.flatMap((input, index) =>
        'held' in input ? [] : [makeValueInfo(names[index] ?? '', type, input)],
      ),
      initializer: inputs.flatMap((input, index) =>
        'held' in input ? [makeInt64Tensor(names[index] ?? '', [input.held.length], input.held)] : [],
      ),
      output: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    },
    {
      opsetImport: [
        create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) }),
        ...(domain === '' ? [] : [create(OperatorSetIdProtoSchema, { domain, version: 1n })]),
      ],
    },
  );
}

describe('operators that no engine here runs', () => {
  it.each(cases.map((one, index) => [`${index} ${one.op}`, one] as const))('%s', (_, one) => {
    const { graph, problems } = reopen(modelOf(one), folder).infer(NOTHING);
    expect(one.shapes.map((_, index) => graph.tensors.get(`out${index}`)?.shape)).toEqual(one.shapes);
    const types = one.types?.map((_, index) => graph.tensors.get(`out${index}`)?.type);
    expect(types).toEqual(one.types);
    expect(problems).toEqual([]);
    expect(graph.nodes[0]?.macs).toBe(0);
  });

  it.each([
    ['CastMap', { map_form: 'SPARSE', max_map: 7 }, [1, 7], 'float32'],
    ['CastMap', { cast_to: 'TO_INT64' }, [1, null], 'int64'],
    ['DictVectorizer', { string_vocabulary: ['a', 'b', 'c'] }, [1, 3], null],
  ] as const)('%s %j takes a map', (op, attributes, shape, type) => {
    const map = create(TypeProtoSchema, {
      mapType: { keyType: 8, valueType: create(TypeProtoSchema, { tensorType: { elemType: 1 } }) },
    });
    const model = makeModel({
      name: 'map',
      node: [makeNode(op, ['map'], ['y'], attributes, { domain: 'ai.onnx.ml' })],
      input: [create(ValueInfoProtoSchema, { name: 'map', type: map })],
      output: [create(ValueInfoProtoSchema, { name: 'y' })],
    });
    expect(reopen(model, folder).infer(NOTHING).graph.tensors.get('y')).toMatchObject({ shape, type });
  });

  it('ATen can be anything: what follows is unknown, and the totals are what is at least done', () => {
    const model = makeModel({
      name: 'aten',
      node: [
        makeNode('MatMul', ['x', 'w'], ['a']),
        makeNode('ATen', ['a'], ['b'], { operator: 'anything' }),
        makeNode('MatMul', ['b', 'w'], ['c']),
      ],
      input: [makeValueInfo('x', 'float32', [2, 3]), makeValueInfo('w', 'float32', [3, 3])],
      output: [create(ValueInfoProtoSchema, { name: 'c' })],
    });
    const { totals } = inspect(reopen(model, folder), NOTHING);
    expect(totals).toMatchObject({
      macs: null,
      knownMacs: 18,
      activationBytes: null,
      knownActivationBytes: 24,
      peakActivationBytes: null,
      // x, w and a at the first product.
      knownPeakActivationBytes: 24 + 36 + 24,
      elementOps: null,
      knownElementOps: 0,
    });
  });
});

describe('attributes of classical models', () => {
  it('are weights that are multiplied: MACs of a linear model and of support vectors', () => {
    const macs = (op: string, attributes: Record<string, AttributeValue>) => {
      const model = makeModel({
        name: 'linear',
        node: [makeNode(op, ['x'], ['y', 'z'], attributes, { domain: 'ai.onnx.ml' })],
        input: [makeValueInfo('x', 'float32', [5, 3])],
        output: [create(ValueInfoProtoSchema, { name: 'y' })],
      });
      return inspect(reopen(model, folder), NOTHING).totals.macs;
    };
    const floats = (count: number) => new Float32Array(count);
    expect(macs('LinearClassifier', { coefficients: floats(12), intercepts: floats(4) })).toBe(5 * 12);
    expect(macs('LinearRegressor', { coefficients: floats(6), targets: 2 })).toBe(5 * 6);
    // Seven support vectors of three features, and a coefficient for each.
    expect(macs('SVMRegressor', { support_vectors: floats(21), coefficients: floats(7) })).toBe(5 * 28);
    expect(macs('TreeEnsembleRegressor', { n_targets: 1 })).toBe(0);
  });
});
