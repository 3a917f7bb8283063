import { create, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { onnx } from './format';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type TypeProto,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb';
import { makeFloatTensor, makeInt64Tensor, makeNode, makeTensor, makeValueInfo } from './writing/make';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };

const yes = makeTensor('yes', 'bool', [], new Uint8Array([1]));
const constants = [
  ...[-2, -1, 0, 1, 2, 4].map((value) => makeInt64Tensor(`int${value}`, [], [value])),
  makeInt64Tensor('parts', [3], [1, 4, 2]),
  makeFloatTensor('w', [1, 3, 2, 2], new Array(12).fill(1)),
  yes,
];

const untyped = (name: string) => create(ValueInfoProtoSchema, { name });

/** x is [1, 3, 7, 5]; `flag` is fed. */
function modelOf(node: NodeProto[], outputs: string[], extra: TensorProto[] = []): ModelProto {
  return makeModel({
    name: 'sequences',
    node,
    input: [makeValueInfo('x', 'float32', [1, 3, 7, 5]), makeValueInfo('flag', 'bool', [])],
    initializer: [...constants, ...extra],
    output: outputs.map(untyped),
  });
}

async function run(model: ModelProto): Promise<Record<string, readonly number[]>> {
  const options = { logSeverityLevel: 4, graphOptimizationLevel: 'disabled' } as const;
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), options);
  const results = await session.run({
    x: new Tensor('float32', new Float32Array(105), [1, 3, 7, 5]),
    flag: new Tensor('bool', Uint8Array.of(1), []),
  });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { dims }]) => [name, dims]));
}

const sequenceType = (shape: number[]): TypeProto =>
  create(TypeProtoSchema, {
    sequenceType: { elemType: create(TypeProtoSchema, makeValueInfo('', 'float32', shape).type ?? {}) },
  });

function body(
  node: NodeProto[],
  inputs: { name: string; type: TypeProto | undefined }[],
  outputs: { name: string; type: TypeProto | undefined }[],
): GraphProto {
  return create(GraphProtoSchema, {
    name: 'body',
    node,
    input: inputs.map(({ name, type }) => create(ValueInfoProtoSchema, { name, ...(type && { type }) })),
    output: outputs.map(({ name, type }) => create(ValueInfoProtoSchema, { name, ...(type && { type }) })),
  });
}

const typed = (name: string, type: 'float32' | 'int64' | 'bool', shape: number[]) => ({
  name,
  type: makeValueInfo(name, type, shape).type,
});

/** Collects x and its halves in a loop. */
const collecting = [
  makeNode('SequenceEmpty', [], ['none'], { dtype: 1 }),
  makeNode('Loop', ['int4', 'yes', 'none'], ['all'], {
    body: body(
      [makeNode('Identity', ['going'], ['goes_on']), makeNode('SequenceInsert', ['before', 'x'], ['after'])],
      [
        typed('n', 'int64', []),
        typed('going', 'bool', []),
        { name: 'before', type: sequenceType([1, 3, 7, 5]) },
      ],
      [typed('goes_on', 'bool', []), { name: 'after', type: sequenceType([1, 3, 7, 5]) }],
    ),
  }),
];

const cases: Record<string, [NodeProto[], string[]]> = {
  'split into slices': [
    [
      makeNode('SplitToSequence', ['x'], ['s'], { axis: 2 }),
      makeNode('SequenceAt', ['s', 'int-2'], ['y']),
      makeNode('SequenceLength', ['s'], ['n']),
    ],
    ['y', 'n'],
  ],
  'split without keeping the axis': [
    [
      makeNode('SplitToSequence', ['x'], ['s'], { axis: -1, keepdims: 0 }),
      makeNode('SequenceAt', ['s', 'int4'], ['y']),
      makeNode('ConcatFromSequence', ['s'], ['z'], { axis: 0 }),
    ],
    ['y', 'z'],
  ],
  'split into parts of one size and a rest': [
    [
      makeNode('SplitToSequence', ['x', 'int2'], ['s'], { axis: 2 }),
      makeNode('SequenceAt', ['s', 'int0'], ['first']),
      makeNode('SequenceAt', ['s', 'int-1'], ['last']),
      makeNode('ConcatFromSequence', ['s'], ['z'], { axis: 2 }),
    ],
    ['first', 'last', 'z'],
  ],
  'split by a list': [
    [
      makeNode('SplitToSequence', ['x', 'parts'], ['s'], { axis: 2 }),
      makeNode('SequenceAt', ['s', 'int1'], ['y']),
      makeNode('SequenceErase', ['s', 'int1'], ['t']),
      makeNode('ConcatFromSequence', ['t'], ['z'], { axis: 2 }),
    ],
    ['y', 'z'],
  ],
  'insert and erase': [
    [
      makeNode('Transpose', ['x'], ['turned'], { perm: [0, 1, 3, 2] }),
      makeNode('SequenceConstruct', ['x', 'x'], ['s']),
      makeNode('SequenceInsert', ['s', 'turned', 'int1'], ['t']),
      makeNode('SequenceAt', ['t', 'int1'], ['y']),
      makeNode('SequenceErase', ['t'], ['u']),
      makeNode('SequenceAt', ['u', 'int-1'], ['z']),
    ],
    ['y', 'z'],
  ],
  'stack along a new axis': [
    [
      makeNode('SequenceConstruct', ['x', 'x', 'x'], ['s']),
      makeNode('ConcatFromSequence', ['s'], ['y'], { axis: -1, new_axis: 1 }),
      makeNode('ConcatFromSequence', ['s'], ['z'], { axis: 1, new_axis: 1 }),
    ],
    ['y', 'z'],
  ],
  'collect in a loop': [
    [
      ...collecting,
      makeNode('ConcatFromSequence', ['all'], ['y'], { axis: 0, new_axis: 1 }),
      makeNode('SequenceAt', ['all', 'int-1'], ['last']),
      makeNode('Conv', ['last', 'w'], ['z']),
    ],
    ['y', 'z'],
  ],
  'map a body over a sequence': [
    [
      makeNode('SplitToSequence', ['x', 'parts'], ['s'], { axis: 2 }),
      makeNode('SequenceMap', ['s'], ['t'], {
        body: body(
          [makeNode('Transpose', ['one'], ['other'], { perm: [0, 2, 1, 3] })],
          [{ name: 'one', type: makeValueInfo('', 'float32', ['a', 'b', 'c', 'd']).type }],
          [{ name: 'other', type: makeValueInfo('', 'float32', ['a', 'c', 'b', 'd']).type }],
        ),
      }),
      makeNode('SequenceAt', ['t', 'int1'], ['y']),
      makeNode('ConcatFromSequence', ['t'], ['z'], { axis: 1 }),
    ],
    ['y', 'z'],
  ],
  'take from what may be missing': [
    [
      makeNode('Optional', ['x'], ['o']),
      makeNode('OptionalHasElement', ['o'], ['there']),
      makeNode('OptionalGetElement', ['o'], ['y']),
      makeNode('SequenceConstruct', ['x', 'x'], ['s']),
      makeNode('Optional', ['s'], ['os']),
      makeNode('OptionalGetElement', ['os'], ['got']),
      makeNode('ConcatFromSequence', ['got'], ['z'], { axis: 0 }),
    ],
    ['there', 'y', 'z'],
  ],
};

describe('sequences against ONNX Runtime', () => {
  it.each(Object.entries(cases))('%s', async (_, [nodes, outputs]) => {
    const model = modelOf(nodes, outputs);
    const { graph, problems } = reopen(model, folder).infer(NOTHING);
    const shapes = Object.fromEntries(outputs.map((name) => [name, graph.tensors.get(name)?.shape]));
    expect(shapes).toEqual(await run(model));
    expect(problems).toEqual([]);
    expect(inspect(reopen(model, folder), NOTHING).totals).toMatchObject({
      macs: expect.any(Number),
      activationBytes: expect.any(Number),
      peakActivationBytes: expect.any(Number),
    });
  });
});

describe('sequences', () => {
  const totals = (nodes: NodeProto[], outputs: string[]) =>
    inspect(reopen(modelOf(nodes, outputs), folder), NOTHING).totals;

  it('take as much memory as their tensors', () => {
    const split = [makeNode('SplitToSequence', ['x', 'parts'], ['s'], { axis: 2 })];
    expect(totals(split, ['s']).activationBytes).toBe(4 * 105);
    // In the end the loop has collected x four times.
    expect(totals(collecting, ['all']).activationBytes).toBe(4 * 4 * 105);
  });

  it('of which the number is not known keep the shapes of what is in them', () => {
    const branch = (count: number) =>
      body(
        [makeNode('SequenceConstruct', new Array<string>(count).fill('x'), ['inner'])],
        [],
        [{ name: 'inner', type: undefined }],
      );
    const nodes = [
      makeNode('If', ['flag'], ['s'], { then_branch: branch(2), else_branch: branch(3) }),
      makeNode('SequenceAt', ['s', 'int0'], ['y']),
      makeNode('ConcatFromSequence', ['s'], ['z'], { axis: 1 }),
    ];
    const { tensors } = reopen(modelOf(nodes, ['y', 'z']), folder).infer(NOTHING).graph;
    expect(tensors.get('y')?.shape).toEqual([1, 3, 7, 5]);
    expect(tensors.get('z')?.shape).toEqual([1, null, 7, 5]);
    expect(totals(nodes, ['y', 'z'])).toMatchObject({ macs: 0, activationBytes: null });
  });

  it('that a model is given have tensors of the type that is stated', () => {
    const model = modelOf([makeNode('SequenceAt', ['given', 'int0'], ['y'])], ['y']);
    model.graph?.input.push(create(ValueInfoProtoSchema, { name: 'given', type: sequenceType([2, 9]) }));
    expect(reopen(model, folder).infer(NOTHING).graph.tensors.get('y')).toMatchObject({
      type: 'float32',
      shape: [2, 9],
    });
  });

  it('that are too short are a problem, not a guess', () => {
    const nodes = [
      makeNode('SequenceConstruct', ['x'], ['s']),
      makeNode('SequenceAt', ['s', 'int4'], ['y'], {}, { name: 'behind' }),
    ];
    const { graph, problems } = reopen(modelOf(nodes, ['y']), folder).infer(NOTHING);
    expect(graph.tensors.get('y')?.shape).toBeNull();
    expect(problems).toEqual([
      {
        message: "The node 'behind' (SequenceAt) takes tensor 4 of a sequence of 1.",
        node: 'behind',
        nodeId: '1',
      },
    ]);
  });

  it('lie between the convolutions of the trial, whose MACs are all counted', () => {
    const report = inspect(onnx.open('test/trials/onnx/sequences.onnx'), NOTHING);
    // 16·16·8·27, twice 16·16·6·4, 14·14·2·108.
    expect(report.totals.macs).toBe(55_296 + 2 * 6_144 + 42_336);
    const shapes = Object.fromEntries(report.layers.map(({ name, outputs }) => [name, outputs[0]?.shape]));
    expect(shapes).toMatchObject({
      at0: [1, 4, 16, 16],
      at1: [1, 4, 16, 16],
      ca: [1, 6, 16, 16],
      cb: [1, 6, 16, 16],
      cfs: [1, 12, 16, 16],
      last: [1, 2, 14, 14],
    });
  });
});

describe('maps', () => {
  it('of a classifier hold as many numbers as the scores that they are made of', () => {
    const nodes = [
      makeNode('Reshape', ['x', 'rows'], ['flat']),
      makeNode('MatMul', ['flat', 'matrix'], ['scores']),
      makeNode(
        'ZipMap',
        ['scores'],
        ['maps'],
        { classlabels_int64s: [0, 1, 2, 3] },
        { domain: 'ai.onnx.ml' },
      ),
    ];
    const model = modelOf(
      nodes,
      ['maps'],
      [makeInt64Tensor('rows', [2], [3, 35]), makeFloatTensor('matrix', [35, 4], new Array(140).fill(1))],
    );
    const { totals, problems } = inspect(reopen(model, folder), NOTHING);
    expect(totals).toMatchObject({ macs: 3 * 35 * 4, activationBytes: 4 * (105 + 12 + 12) });
    expect(totals.peakActivationBytes).toBe(4 * (105 + 105));
    expect(problems).toEqual([]);
  });
});
