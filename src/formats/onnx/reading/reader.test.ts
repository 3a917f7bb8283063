import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../../test/unit/support';
import {
  AttributeProtoSchema,
  type FunctionProto,
  FunctionProtoSchema,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
} from '../onnx_pb';
import { makeFloatTensor, makeInt64Tensor, makeNode, makeTensor, makeValueInfo } from '../writing/make';

const folder = scratchFolder();
const x = makeValueInfo('x', 'float32', ['batch', 4]);
const y = makeValueInfo('y', 'float32', ['batch', 4]);

function sparse(name: string) {
  return create(SparseTensorProtoSchema, {
    values: makeFloatTensor(name, [2], [5, 7]),
    indices: makeInt64Tensor('', [2], [1, 3]),
    dims: [4n],
  });
}

function constant(
  output: string,
  attribute: Parameters<typeof create<typeof AttributeProtoSchema>>[1],
): NodeProto {
  return create(NodeProtoSchema, {
    opType: 'Constant',
    output: [output],
    attribute: [create(AttributeProtoSchema, attribute)],
  });
}

describe('a model', () => {
  it('has the properties and metadata of its file', () => {
    const { model } = reopen(
      makeModel(
        { name: 'net', input: [x], output: [y], node: [makeNode('Relu', ['x'], ['y'])] },
        {
          producerName: 'maker',
          producerVersion: '2.1',
          domain: 'org.example',
          modelVersion: 3n,
          docString: 'what it does',
          metadataProps: [create(StringStringEntryProtoSchema, { key: 'author', value: 'someone' })],
        },
      ),
      folder,
    );
    expect(Object.fromEntries(model.properties.map(({ name, value }) => [name, value]))).toEqual({
      'IR version': '8',
      Opset: 'ai.onnx 17',
      Producer: 'maker 2.1',
      Domain: 'org.example',
      'Model version': '3',
      Graph: 'net',
      Description: 'what it does',
    });
    expect(model.metadata).toEqual([{ name: 'author', value: 'someone' }]);
    expect(model.graph.inputs).toEqual([{ name: 'x', type: 'float32', declaredShape: ['batch', 4] }]);
    expect(model.problems).toEqual([]);
  });

  it('has no name for lengths that an exporter calls a question mark, so that they can differ', () => {
    const image = makeValueInfo('x', 'float32', [1, 3, '?', '?']);
    const graph = { input: [image], output: [y], node: [makeNode('Relu', ['x'], ['y'])] };
    const file = reopen(makeModel(graph), folder);
    expect(file.model.graph.inputs[0]?.declaredShape).toEqual([1, 3, null, null]);
    const { tensors } = file.infer({ dims: {}, shapes: { x: [1, 3, 48, 192] } }).graph;
    expect(tensors.get('y')?.shape).toEqual([1, 3, 48, 192]);
  });

  it('of an operator set that is not known yet says so, and is shown', () => {
    const graph = { input: [x], output: [y], node: [makeNode('Relu', ['x'], ['y'])] };
    const { model } = reopen(
      makeModel(graph, { opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 99n })] }),
      folder,
    );
    expect(model.problems.map(({ message }) => message)).toEqual([expect.stringMatching(/set 99 is newer/)]);
    expect(model.graph.nodes).toHaveLength(1);
  });

  it('does not count initializers among its inputs', () => {
    const { model } = reopen(
      makeModel(
        {
          input: [x, makeValueInfo('w', 'float32', [4])],
          output: [y],
          initializer: [makeFloatTensor('w', [4], [1, 2, 3, 4])],
          node: [makeNode('Add', ['x', 'w'], ['y'])],
        },
        { irVersion: 3n },
      ),
      folder,
    );
    expect(model.graph.inputs.map((input) => input.name)).toEqual(['x']);
    expect(model.problems).toEqual([]);
  });

  it('names a node after its output, and an operator with its domain', () => {
    const { model } = reopen(
      makeModel({
        input: [x],
        output: [y],
        node: [
          makeNode('Gelu', ['x'], ['g'], {}, { domain: 'com.microsoft' }),
          makeNode('Relu', ['g'], ['y'], {}, { name: 'last', domain: 'ai.onnx' }),
        ],
      }),
      folder,
    );
    expect(model.graph.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['g', 'com.microsoft.Gelu'],
      ['last', 'Relu'],
    ]);
  });

  it('describes attributes', () => {
    const node = makeNode('Thing', ['x'], ['y'], {
      axis: -1,
      alpha: 0.1,
      mode: 'same',
      pads: [0, 1],
      value: makeFloatTensor('', [2], [1, 2]),
      body: create(GraphProtoSchema, { node: [makeNode('Relu', ['x'], ['z'])] }),
    });
    const { model } = reopen(makeModel({ input: [x], output: [y], node: [node] }), folder);
    expect(
      Object.fromEntries(model.graph.nodes[0]?.attributes.map(({ name, value }) => [name, value]) ?? []),
    ).toEqual({
      axis: -1,
      alpha: 0.1,
      mode: 'same',
      pads: [0, 1],
      value: 'float32 [2]',
      body: 'a graph of 1 nodes',
    });
  });
});

describe('constants', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  it.each([
    ['value', { name: 'value', type: 4, t: makeFloatTensor('', [2], [3, 4]) }, 'float32', [2], [3, 4]],
    ['value_float', { name: 'value_float', type: 1, f: 1.5 }, 'float32', [], [1.5]],
    ['value_floats', { name: 'value_floats', type: 6, floats: [1, 2] }, 'float32', [2], [1, 2]],
    ['value_int', { name: 'value_int', type: 2, i: -3n }, 'int64', [], [-3]],
    ['value_int of 0, not written', { name: 'value_int', type: 2 }, 'int64', [], [0]],
    ['value_ints', { name: 'value_ints', type: 7, ints: [7n, 8n] }, 'int64', [2], [7, 8]],
    ['sparse_value', { name: 'sparse_value', type: 11, sparseTensor: sparse('') }, 'float32', [4], [5, 7]],
  ] as const)('of a node by %s', (_, attribute, type, shape, values) => {
    const file = reopen(
      makeModel({ output: [makeValueInfo('c', type, shape)], node: [constant('c', attribute as never)] }),
      folder,
    );
    const tensor = file.model.graph.constants.get('c');
    expect(tensor).toMatchObject({ name: 'c', type, shape, storedElements: values.length });
    expect(tensor && [...file.readTensor(tensor).values]).toEqual(values);
    expect(file.model.problems).toEqual([]);
  });

  it('of strings', () => {
    const file = reopen(
      makeModel({
        output: [makeValueInfo('c', 'string', [2])],
        node: [constant('c', { name: 'value_strings', type: 8, strings: [text('one'), text('two!')] })],
      }),
      folder,
    );
    expect(file.model.graph.constants.get('c')).toMatchObject({ type: 'string', shape: [2], bytes: 7 });
    expect(file.model.problems).toEqual([]);
  });

  it('that are sparse initializers', () => {
    const file = reopen(
      makeModel({
        input: [x],
        output: [y],
        sparseInitializer: [sparse('s')],
        node: [makeNode('Add', ['x', 's'], ['y'])],
      }),
      folder,
    );
    const tensor = file.model.graph.constants.get('s');
    expect(tensor).toMatchObject({ sparse: true, shape: [4], storedElements: 2, bytes: 2 * 4 + 2 * 8 });
    expect(tensor && [...file.readTensor(tensor).values]).toEqual([5, 7]);
    expect(file.model.problems).toEqual([]);
  });

  it('of types below 8 bits are stored packed', () => {
    const { model } = reopen(
      makeModel({ initializer: [makeTensor('w', 'int4', [5], Uint8Array.of(0x21, 0x43, 5))] }),
      folder,
    );
    expect(model.graph.constants.get('w')?.bytes).toBe(3);
  });
});

describe('graphs inside nodes', () => {
  it('see the names around them', () => {
    const branch = (op: string) =>
      create(GraphProtoSchema, {
        node: [makeNode(op, ['h'], [`${op}_out`])],
        output: [makeValueInfo(`${op}_out`, 'float32', [4])],
      });
    const { model } = reopen(
      makeModel({
        input: [x, makeValueInfo('condition', 'bool', [])],
        output: [y],
        node: [
          makeNode('Abs', ['x'], ['h']),
          makeNode('If', ['condition'], ['y'], { then_branch: branch('Relu'), else_branch: branch('Neg') }),
        ],
      }),
      folder,
    );
    const bodies = model.graph.nodes[1]?.bodies ?? [];
    expect(bodies.map(({ role, graph }) => [role, graph.nodes[0]?.op])).toEqual([
      ['then_branch', 'Relu'],
      ['else_branch', 'Neg'],
    ]);
    expect(model.problems).toEqual([]);
  });
});

describe('model-local functions', () => {
  const domain = 'local';
  const definition = (name: string, ...calls: string[]): FunctionProto =>
    create(FunctionProtoSchema, {
      name,
      domain,
      input: ['a'],
      output: ['b'],
      node: [
        ...calls.map((call, i) => makeNode(call, ['a'], [`c${i}`], {}, { domain })),
        makeNode('Relu', ['a'], ['b']),
      ],
    });
  const model = (functions: FunctionProto[], ...calls: string[]) =>
    reopen(
      makeModel(
        {
          input: [x],
          output: calls.map((_, i) => makeValueInfo(`y${i}`, 'float32', [4])),
          node: calls.map((call, i) => makeNode(call, ['x'], [`y${i}`], {}, { domain })),
        },
        { functions },
      ),
      folder,
    ).model;

  it('are the body of each node that calls them, one graph for all', () => {
    const { graph, problems } = model([definition('F', 'G'), definition('G')], 'F', 'F');
    const [first, second] = graph.nodes;
    expect(first?.bodies[0]?.role).toBe('F');
    expect(first?.bodies[0]?.graph).toBe(second?.bodies[0]?.graph);
    expect(first?.bodies[0]?.graph.nodes[0]?.bodies[0]?.graph.nodes.map((node) => node.op)).toEqual(['Relu']);
    expect(problems).toEqual([]);
  });

  it('that call themselves are not entered again', () => {
    const { problems } = model([definition('F', 'G'), definition('G', 'F')], 'F');
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringMatching(/function F.*calls itself/),
    ]);
  });

  it('that double with every call are not written out', () => {
    const chain = Array.from({ length: 40 }, (_, i) =>
      i === 39 ? definition(`F${i}`) : definition(`F${i}`, `F${i + 1}`, `F${i + 1}`),
    );
    const { problems } = model(chain, 'F0');
    expect(problems[0]?.message).toMatch(/more than 100000 nodes/);
  });

  it('in a chain too long are cut', () => {
    const chain = Array.from({ length: 3000 }, (_, i) =>
      definition(`F${i}`, ...(i < 2999 ? [`F${i + 1}`] : [])),
    );
    expect(model(chain, 'F0').problems[0]?.message).toMatch(/more than 50 calls deep/);
  });
});

describe('wrong connections', () => {
  const problems = (...node: NodeProto[]) =>
    reopen(makeModel({ input: [x], output: [y], node }), folder).model.problems;

  it('of a missing input', () => {
    expect(problems(makeNode('Add', ['x', 'gone'], ['y']))).toEqual([
      { message: "'y' needs 'gone', which no node, input or initializer gives.", node: 'y', nodeId: '0' },
    ]);
  });

  it('of nodes out of order', () => {
    expect(problems(makeNode('Relu', ['h'], ['y']), makeNode('Abs', ['x'], ['h']))).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/not in the order.*'y' needs 'h'/),
        node: 'y',
      }),
    ]);
  });

  it('in a cycle, named by a node on it', () => {
    const found = problems(
      makeNode('Add', ['x', 'c'], ['b']),
      makeNode('Relu', ['b'], ['c']),
      makeNode('Neg', ['c'], ['y']),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(/^The graph has a cycle: '[bc]' needs its own result\.$/);
  });

  it('of a name that two nodes give', () => {
    expect(problems(makeNode('Relu', ['x'], ['y']), makeNode('Abs', ['x'], ['y']))[0]?.message).toMatch(
      /'y' gives 'y', which exists already/,
    );
  });

  it('of an output that no node gives', () => {
    expect(problems(makeNode('Relu', ['x'], ['z']))[0]?.message).toMatch(
      /output 'y' of the graph is given by no node/,
    );
  });

  it('are listed up to a limit', () => {
    const many = Array.from({ length: 100 }, (_, i) => makeNode('Add', ['x', `gone${i}`], [`o${i}`]));
    const found = problems(...many, makeNode('Relu', ['x'], ['y']));
    expect(found).toHaveLength(21);
    expect(found.at(-1)?.message).toMatch(/80 more/);
  });
});
