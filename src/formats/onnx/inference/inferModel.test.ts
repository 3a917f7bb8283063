import { create, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../../test/unit/support';
import { inspect } from '../../../analysis/inspect';
import type { DimensionChoice, InferredGraph } from '../../../model/inference';
import { UsageError } from '../../../model/modelError';
import { AttributeType } from '../attributeType';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  ValueInfoProtoSchema,
} from '../onnx_pb';
import { makeFloatTensor, makeInt64Tensor, makeNode, makeTensor, makeValueInfo } from '../writing/make';

const folder = scratchFolder();
const NOTHING: DimensionChoice = { dims: {}, shapes: {} };

function infer(model: ModelProto, choice = NOTHING) {
  return reopen(model, folder).infer(choice);
}

function shapeOf(graph: InferredGraph, name: string) {
  return graph.tensors.get(name)?.shape;
}

function untyped(name: string) {
  return create(ValueInfoProtoSchema, { name });
}

function subgraph(node: NodeProto[], inputs: string[], outputs: string[]) {
  return create(GraphProtoSchema, {
    name: 'body',
    node,
    input: inputs.map(untyped),
    output: outputs.map(untyped),
  });
}

const yes = makeTensor('yes', 'bool', [], new Uint8Array([1]));

async function runs(
  model: ModelProto,
  feeds: Record<string, Tensor>,
): Promise<Record<string, readonly number[]>> {
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), { logSeverityLevel: 4 });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { dims }]) => [name, dims]));
}

describe('branches', () => {
  const branches = (condition: NodeProto[], size: number, input = makeValueInfo('x', 'float32', [2, 3])) =>
    makeModel({
      name: 'branches',
      node: [
        ...condition,
        makeNode('If', ['condition'], ['y'], {
          then_branch: subgraph([makeNode('Identity', ['x'], ['a'])], [], ['a']),
          else_branch: subgraph([makeNode('MatMul', ['x', 'w'], ['b'])], [], ['b']),
        }),
      ],
      input: [input, makeValueInfo('flag', 'bool', [])],
      initializer: [
        makeFloatTensor('w', [3, size], new Array(3 * size).fill(1)),
        makeInt64Tensor('two', [], [2]),
      ],
      output: [untyped('y')],
    });
  const known = [
    makeNode('Constant', [], ['zero'], { value_int: 0 }),
    makeNode('Shape', ['x'], ['s']),
    makeNode('Gather', ['s', 'zero'], ['first']),
    makeNode('Equal', ['first', 'two'], ['condition']),
  ];
  const unknown = [makeNode('Identity', ['flag'], ['condition'])];

  it('follow a condition that depends on shapes', () => {
    const { graph } = infer(branches(known, 5));
    expect(shapeOf(graph, 'y')).toEqual([2, 3]);
    expect(graph.nodes.at(-1)?.bodies.map((body) => body.runs)).toEqual([1, 0]);
  });

  it('keep what both have in common when the condition is not known', () => {
    const { graph } = infer(branches(unknown, 5));
    expect(shapeOf(graph, 'y')).toEqual([2, null]);
    expect(graph.tensors.get('y')?.type).toBe('float32');
    expect(shapeOf(infer(branches(unknown, 3)).graph, 'y')).toEqual([2, 3]);
  });

  it('rule out a branch that cannot run, without complaint', () => {
    const inference = infer(branches(unknown, 5, makeValueInfo('x', 'float32', [2, 7])));
    expect(shapeOf(inference.graph, 'y')).toEqual([2, 7]);
    expect(inference.problems).toEqual([]);
  });

  it('count MACs of the branch that is taken, or say what is at least done', () => {
    const totals = (model: ModelProto) => inspect(reopen(model, folder), NOTHING).totals;
    expect(totals(branches(known, 5))).toMatchObject({ macs: 0, knownMacs: 0 });
    expect(totals(branches(unknown, 5))).toMatchObject({ macs: null, knownMacs: 0 });
  });
});

describe('loops', () => {
  /** Carries `state` and collects it; `step` makes the next state of it. */
  const loop = (step: NodeProto[], trips: number) =>
    makeModel({
      name: 'loop',
      node: [
        makeNode('Loop', ['trips', 'yes', 'x'], ['last', 'all'], {
          body: subgraph(
            [
              makeNode('Identity', ['going'], ['goes_on']),
              ...step,
              makeNode('Identity', ['next'], ['collected']),
            ],
            ['n', 'going', 'state'],
            ['goes_on', 'next', 'collected'],
          ),
        }),
      ],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      initializer: [
        makeInt64Tensor('trips', [], [trips]),
        yes,
        makeFloatTensor('w', [3, 3], new Array(9).fill(1)),
      ],
      output: [makeValueInfo('last', 'float32', ['a', 'b']), untyped('all')],
    });

  it('collect as many slices as they have trips', async () => {
    const model = loop([makeNode('MatMul', ['state', 'w'], ['next'])], 4);
    const { graph } = infer(model);
    expect([shapeOf(graph, 'last'), shapeOf(graph, 'all')]).toEqual([
      [2, 3],
      [4, 2, 3],
    ]);
    expect(inspect(reopen(model, folder), NOTHING).totals.macs).toBe(4 * 2 * 3 * 3);
    // The engine wants the types of a body's inputs.
    const typed = loop([makeNode('MatMul', ['state', 'w'], ['next'])], 4);
    const body = typed.graph?.node[0]?.attribute[0]?.g;
    if (body) {
      body.input = [
        makeValueInfo('n', 'int64', []),
        makeValueInfo('going', 'bool', []),
        makeValueInfo('state', 'float32', [2, 3]),
      ];
    }
    const x = new Tensor('float32', new Float32Array(6), [2, 3]);
    expect(await runs(typed, { x })).toMatchObject({ last: [2, 3], all: [4, 2, 3] });
  });

  it('leave open what changes from trip to trip', () => {
    const { graph } = infer(loop([makeNode('Concat', ['state', 'state'], ['next'], { axis: 0 })], 4));
    expect([shapeOf(graph, 'last'), shapeOf(graph, 'all')]).toEqual([
      [null, 3],
      [4, null, 3],
    ]);
  });

  it('give up on a rank that changes', () => {
    const model = loop([makeNode('Unsqueeze', ['state', 'zero'], ['next'])], 4);
    model.graph?.initializer.push(makeInt64Tensor('zero', [1], [0]));
    expect(shapeOf(infer(model).graph, 'last')).toEqual([null, null]);
  });

  it('scan along an axis and collect along another', async () => {
    const body = create(GraphProtoSchema, {
      name: 'body',
      node: [makeNode('Add', ['state', 'slice'], ['next']), makeNode('Identity', ['next'], ['out'])],
      input: [makeValueInfo('state', 'float32', [2]), makeValueInfo('slice', 'float32', [2])],
      output: [makeValueInfo('next', 'float32', [2]), makeValueInfo('out', 'float32', [2])],
    });
    const model = makeModel({
      name: 'scan',
      node: [
        makeNode('Scan', ['start', 'x'], ['last', 'all'], {
          body,
          num_scan_inputs: 1,
          scan_input_axes: [1],
          scan_output_axes: [1],
        }),
      ],
      input: [makeValueInfo('start', 'float32', [2]), makeValueInfo('x', 'float32', [2, 5])],
      output: [untyped('last'), untyped('all')],
    });
    const { graph } = infer(model);
    const expected = await runs(model, {
      start: new Tensor('float32', new Float32Array(2), [2]),
      x: new Tensor('float32', new Float32Array(10), [2, 5]),
    });
    expect({ last: shapeOf(graph, 'last'), all: shapeOf(graph, 'all') }).toEqual(expected);
    expect(graph.nodes[0]?.bodies[0]?.runs).toBe(5);
  });
});

describe('functions', () => {
  /** y = Concat(x, x) along an axis that the caller names, 1 by default. */
  const twice = create(FunctionProtoSchema, {
    name: 'Twice',
    domain: 'local',
    input: ['x', 'unused'],
    output: ['y'],
    attributeProto: [create(AttributeProtoSchema, { name: 'axis', i: 1n, type: AttributeType.Int })],
    opsetImport: [{ domain: '', version: 17n }],
    node: [
      create(NodeProtoSchema, {
        opType: 'Concat',
        input: ['x', 'x'],
        output: ['y'],
        attribute: [
          create(AttributeProtoSchema, { name: 'axis', refAttrName: 'axis', type: AttributeType.Int }),
        ],
      }),
    ],
  });

  it('are inferred for each call, with the attributes of the call or their defaults', async () => {
    const model = makeModel(
      {
        name: 'functions',
        node: [
          makeNode('Twice', ['x'], ['wide'], {}, { domain: 'local', name: 'first' }),
          makeNode('Twice', ['wide'], ['tall'], { axis: 0 }, { domain: 'local', name: 'second' }),
        ],
        input: [makeValueInfo('x', 'float32', [2, 3])],
        output: [untyped('wide'), untyped('tall')],
      },
      {
        functions: [twice],
        opsetImport: ['', 'local'].map((domain) =>
          create(OperatorSetIdProtoSchema, { domain, version: domain === '' ? 17n : 1n }),
        ),
      },
    );
    const { graph, problems } = infer(model);
    const expected = await runs(model, { x: new Tensor('float32', new Float32Array(6), [2, 3]) });
    expect({ wide: shapeOf(graph, 'wide'), tall: shapeOf(graph, 'tall') }).toEqual(expected);
    expect(problems).toEqual([]);
    const { totals, layers } = inspect(reopen(model, folder), NOTHING);
    expect(totals).toMatchObject({ layers: 2, nodesWithSubgraphs: 4, activationBytes: 4 * (12 + 24) });
    expect(layers[1]?.body?.[0]?.outputs[0]?.shape).toEqual([4, 6]);
  });
});

describe('graphs that are not in order', () => {
  it('are followed all the same', () => {
    const model = makeModel({
      name: 'late',
      node: [makeNode('Relu', ['b'], ['c']), makeNode('Relu', ['a'], ['b']), makeNode('Relu', ['x'], ['a'])],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      output: [untyped('c')],
    });
    expect(shapeOf(infer(model).graph, 'c')).toEqual([2, 3]);
  });

  it('stay unknown on a cycle', () => {
    const model = makeModel({
      name: 'cycle',
      node: [
        makeNode('Add', ['x', 'b'], ['a']),
        makeNode('Relu', ['a'], ['b']),
        makeNode('Relu', ['x'], ['c']),
      ],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      output: [untyped('b'), untyped('c')],
    });
    const { graph } = infer(model);
    expect([shapeOf(graph, 'a') ?? null, shapeOf(graph, 'b') ?? null, shapeOf(graph, 'c')]).toEqual([
      null,
      null,
      [2, 3],
    ]);
  });
});

describe('dimensions', () => {
  const model = () =>
    makeModel({
      name: 'dimensions',
      node: [makeNode('Add', ['a', 'b'], ['sum']), makeNode('Odd', ['sum'], ['odd'], {}, { domain: 'none' })],
      input: [
        makeValueInfo('a', 'float32', ['batch', 'width', 4]),
        makeValueInfo('b', 'float32', ['batch', 'width', 4]),
        create(ValueInfoProtoSchema, {
          name: 'c',
          type: { tensorType: { elemType: 1, shape: { dim: [{}, { dimValue: 3n }] } } },
        }),
      ],
      output: [untyped('sum'), makeValueInfo('odd', 'float32', ['batch', 'other'])],
    });

  it('without a value are assumed 1 and marked', () => {
    const { graph, dims, assumedInputs } = infer(model());
    expect(shapeOf(graph, 'sum')).toEqual([1, 1, 4]);
    expect(Object.fromEntries(dims)).toEqual({
      batch: { value: 1, assumed: true },
      width: { value: 1, assumed: true },
    });
    expect(assumedInputs).toEqual(['c']);
  });

  it('take values by name and by input', () => {
    const { graph, dims, assumedInputs } = infer(model(), {
      dims: { batch: 2 },
      shapes: { a: [2, 5, 4], c: [7, 3] },
    });
    expect(shapeOf(graph, 'sum')).toEqual([2, 5, 4]);
    expect(shapeOf(graph, 'c')).toEqual([7, 3]);
    expect(dims.get('width')).toEqual({ value: 5, assumed: false });
    expect(assumedInputs).toEqual([]);
  });

  it('of an unknown operator come from the file, where their names have values', () => {
    const { graph, problems } = infer(model(), { dims: { batch: 2 }, shapes: {} });
    expect(shapeOf(graph, 'odd')).toEqual([2, null]);
    expect(problems.map(({ node }) => node)).toEqual(['odd']);
    expect(graph.nodes[1]?.macs).toBeNull();
  });

  it.each([
    [{ dims: { depth: 2 }, shapes: {} }, "named 'depth'; its named dimensions are batch, width"],
    [{ dims: { batch: -1 }, shapes: {} }, 'must be a whole number'],
    [{ dims: { batch: 1.5 }, shapes: {} }, 'must be a whole number'],
    [{ dims: {}, shapes: { z: [1] } }, "no input named 'z'"],
    [{ dims: {}, shapes: { a: [1, 2] } }, 'has 3 dimensions'],
    [{ dims: {}, shapes: { a: [1, 2, 5] } }, 'is fixed at 4'],
    [{ dims: { batch: 2 }, shapes: { a: [3, 2, 4] } }, 'cannot be both 2 and 3'],
    [{ dims: {}, shapes: { a: [3, 2, 4], b: [3, 5, 4] } }, 'cannot be both 2 and 5'],
  ])('are refused when they do not fit: %j', (choice, message) => {
    expect(() => infer(model(), choice)).toThrow(UsageError);
    expect(() => infer(model(), choice)).toThrow(message);
  });
});

describe('contradictions', () => {
  it('include windows that are larger than what they slide over', () => {
    const model = makeModel({
      name: 'window',
      node: [makeNode('MaxPool', ['x'], ['y'], { kernel_shape: [2, 2] }, { name: 'pool' })],
      input: [makeValueInfo('x', 'float32', [1, 3, 'height', 'width'])],
      output: [untyped('y')],
    });
    const assumed = infer(model);
    expect(assumed.problems).toEqual([
      {
        message:
          "Give height and width: at 1, as was assumed, the node 'pool' (MaxPool) has no room for its window of 2.",
        node: 'pool',
        nodeId: '0',
      },
    ]);
    expect(shapeOf(assumed.graph, 'y')).toBeNull();
    const given = infer(model, { dims: { height: 4, width: 5 }, shapes: {} });
    expect(given.problems).toEqual([]);
    expect(shapeOf(given.graph, 'y')).toEqual([1, 3, 3, 4]);
  });

  it('are none where a length that is not known may fit', () => {
    const model = makeModel({
      name: 'open',
      node: [
        makeNode('NonZero', ['x'], ['places']),
        makeNode('Unsqueeze', ['places', 'first'], ['more']),
        makeNode('Squeeze', ['more', 'last'], ['y']),
      ],
      initializer: [makeInt64Tensor('first', [1], [0]), makeInt64Tensor('last', [1], [2])],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      output: [untyped('y')],
    });
    const { graph, problems } = infer(model);
    expect(problems).toEqual([]);
    expect(shapeOf(graph, 'y')).toEqual([1, 2]);
  });

  it('are problems that name the node, and what follows is unknown', () => {
    const model = makeModel({
      name: 'contradiction',
      node: [makeNode('MatMul', ['x', 'x'], ['y'], {}, { name: 'square' }), makeNode('Relu', ['y'], ['z'])],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      output: [untyped('z')],
    });
    const { graph, problems } = infer(model);
    expect(problems).toEqual([
      {
        message: "The node 'square' (MatMul) multiplies [2, 3] and [2, 3], which do not fit.",
        node: 'square',
        nodeId: '0',
      },
    ]);
    expect(shapeOf(graph, 'z')).toBeNull();
    expect(inspect(reopen(model, folder), NOTHING).totals).toMatchObject({
      macs: null,
      activationBytes: null,
    });
  });
});
