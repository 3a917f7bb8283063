import { describe, expect, it } from 'vitest';
import { textOf } from '../../test/unit/texts';
import { parseText } from './parser';
import type { TextAttribute, TextNode, TextType } from './syntax';

function parsed(source: string) {
  const { model, places } = parseText(source);
  expect(places.problems).toEqual([]);
  return model;
}

/** A node in a graph, as the examples of the grammar have them. */
function node(source: string): TextNode {
  const [first] = parsed(`g (float a) => (float b) { ${source} }`).graph.nodes;
  if (!first) throw new Error('no node');
  return first;
}

function attribute(source: string): TextAttribute {
  const [first] = node(`b = foo <${source}> (a)`).attributes;
  if (!first) throw new Error('no attribute');
  return first;
}

function type(source: string): TextType | null | undefined {
  return parsed(`g (${source} a) => () {}`).graph.inputs[0]?.type;
}

/** Texts as the ONNX project's documentation and the tests of its own parser have them. */
describe('texts of the ONNX project', () => {
  it('a model with a header', () => {
    const model = parsed(`
<
  ir_version: 7,
  opset_import: [ "" : 10, "com.microsoft": 1 ],
  producer_name: "ParserTest",
  doc_string: "A parser test case model.",
  metadata_props: [ "somekey" : "somevalue", "key2" : "value2" ]
>
agraph (float[N, 128] X, float[128, 10] W, float[10] B) => (float[N, 10] C)
{
    T = MatMul(X, W)
    S = Add(T, B)
    C = Softmax(S)
}
`);
    expect(model.header).toEqual([
      { key: 'ir_version', value: 7n },
      {
        key: 'opset_import',
        value: [
          ['', 10n],
          ['com.microsoft', 1n],
        ],
      },
      { key: 'producer_name', value: 'ParserTest' },
      { key: 'doc_string', value: 'A parser test case model.' },
      {
        key: 'metadata_props',
        value: [
          ['somekey', 'somevalue'],
          ['key2', 'value2'],
        ],
      },
    ]);
    expect(model.graph.inputs[0]).toEqual({
      name: 'X',
      type: { kind: 'tensor', element: 'float32', dims: ['N', 128] },
    });
    expect(Array.from(model.graph.nodes, ({ op }) => op)).toEqual(['MatMul', 'Add', 'Softmax']);
  });

  it('initializers, value infos and comments', () => {
    const { graph } = parsed(`
agraph (float y = {1.0}, float[N] z) => (float[N] w)
<float[2] w1 = {1.0, 2.0}, float[3] w2 = {4, 5.0, 6e1}, float[N] x>
{
    # This is a comment.
    x = foo(y, z, w1) # More comments.
    w = bar(x, y, w2)
}
`);
    expect(graph.inputs[0]).toMatchObject({ name: 'y', data: { elements: [1], complete: true } });
    expect([...graph.values]).toMatchObject([
      { name: 'w1', data: { elements: [1, 2] } },
      { name: 'w2', data: { elements: [4, 5, 60] } },
      { name: 'x' },
    ]);
    expect(Array.from(graph.nodes, ({ inputs }) => inputs)).toEqual([
      ['y', 'z', 'w1'],
      ['x', 'y', 'w2'],
    ]);
  });

  it('inputs without a type, and external data', () => {
    const { graph } = parsed(`
agraph (float[N] y, z) => (float[N] w) <float[3,2] m1 = ["location": "weight_1.bin", "offset": "17"]>
{ w = foo(y, z, m1) }`);
    expect(graph.inputs[1]).toEqual({ name: 'z', type: null });
    expect([...graph.values]).toMatchObject([
      {
        data: {
          external: [
            ['location', 'weight_1.bin'],
            ['offset', '17'],
          ],
        },
      },
    ]);
  });

  it('branches, attributes behind the inputs', () => {
    const one = node(`z = If (b) <
      then_branch = g1 () => (float[128] z_then) { z_then = Identity(X) },
      else_branch = g2 () => (float[128] z_else) { z_else = Identity(Y) }
    >`);
    expect(one.attributes.map(({ name, value }) => [name, value.kind])).toEqual([
      ['then_branch', 'graph'],
      ['else_branch', 'graph'],
    ]);
  });

  it('functions with attributes and types', () => {
    const { functions } = parsed(`
<ir_version: 9, opset_import: [ "" : 15, "custom_domain" : 1]>
agraph (float[N] x) => (float[N] out)
{
  out = custom_domain.foo<alpha=2.0, gamma=3.0>(x)
}
<domain: "custom_domain", opset_import: [ "" : 15], doc_string: "function foo">
  foo
  <alpha: float=4.0, gamma>
  (X) => (float[N] C)
  <float[N] constant_alpha_x>
  {
      constant_alpha = Constant<value_float: float=@alpha>()
      constant_alpha_x = Mul(constant_alpha, X)
      C = Add(constant_alpha_x, constant_gamma)
  }
`);
    expect(functions).toHaveLength(1);
    expect(functions[0]).toMatchObject({
      name: 'foo',
      attributes: [{ name: 'alpha', kind: 'float', value: { value: 4 } }, 'gamma'],
      inputs: [{ name: 'X', type: null }],
    });
    const [constant] = functions[0]?.nodes ?? [];
    expect(constant?.attributes[0]?.value).toEqual({ kind: 'reference', name: 'alpha' });
  });

  it.each([
    ['float[N]', { kind: 'tensor', element: 'float32', dims: ['N'] }],
    ['float', { kind: 'tensor', element: 'float32', dims: [] }],
    ['float[]', { kind: 'tensor', element: 'float32', dims: null }],
    ['float[N,?,3]', { kind: 'tensor', element: 'float32', dims: ['N', null, 3] }],
    ['seq(float[])', { kind: 'seq', of: { kind: 'tensor', element: 'float32', dims: null } }],
    ['optional(float)', { kind: 'optional', of: { kind: 'tensor', element: 'float32', dims: [] } }],
    ['sparse_tensor(float[1000])', { kind: 'sparse', element: 'float32', dims: [1000] }],
    [
      'map(int32, float[N])',
      { kind: 'map', key: 'int32', of: { kind: 'tensor', element: 'float32', dims: ['N'] } },
    ],
    ['opaque(test.rng, RNG)', { kind: 'opaque', name: 'test.rng, RNG' }],
  ])('the type %s', (source, expected) => {
    expect(type(source)).toEqual(expected);
  });

  it.each([
    ['x = 2', null, 2n],
    ['x = 0.625', null, 0.625],
    ['x : float = 2', 'float', 2],
    ['x = "astring"', null, 'astring'],
    ['x = nan', null, Number.NaN],
    ['x = -inf', null, Number.NEGATIVE_INFINITY],
    ['x = Infinity', null, Number.POSITIVE_INFINITY],
    ['x = 5.5e-10', null, 5.5e-10],
    ['x = "quoted \\"word\\" and \\\\"', null, 'quoted "word" and \\'],
  ])('the attribute %s', (source, kind, value) => {
    expect(attribute(source)).toEqual({ name: 'x', kind, value: { kind: 'scalar', value } });
  });

  it.each([
    ['x = [2, 4, 6]', [2n, 4n, 6n]],
    ['x = [0.125, 0.625]', [0.125, 0.625]],
    ['x = ["abc", "def"]', ['abc', 'def']],
    ['x: ints = []', []],
  ])('the list %s', (source, values) => {
    expect(attribute(source).value).toEqual({
      kind: 'list',
      complete: true,
      items: values.map((value) => ({ kind: 'scalar', value })),
    });
  });

  it.each(['float[3] {2.1, 4.1, 6.1}', 'int64[2] T {1, 2}', 'string[1] {"a"}', 'int32[1] T = {1}'])(
    'the tensor %s as attribute',
    (source) => {
      expect(attribute(`x = ${source}`).value.kind).toBe('tensor');
    },
  );

  it.each([
    ['x = com.example.foo(y, z)', 'com.example', 'foo', ['y', 'z']],
    ['x = foo(, y)', '', 'foo', ['', 'y']],
    ['x = foo("", y, "")', '', 'foo', ['', 'y', '']],
    ['x = foo(y, )', '', 'foo', ['y']],
    ['x = foo()', '', 'foo', []],
    ['x = foo:bar(y)', '', 'foo', ['y']],
  ])('the node %s', (source, domain, op, inputs) => {
    expect(node(source)).toMatchObject({ domain, op, inputs, outputs: ['x'] });
  });

  it('a node with a label and several outputs', () => {
    expect(node('["node 1"] a, "b.c" = foo(x)')).toMatchObject({ name: 'node 1', outputs: ['a', 'b.c'] });
  });
});

describe('additions to the syntax', () => {
  it('quantized tensors, elided elements, control characters, quoted operators', () => {
    const source = `g (quantized(int8[1,4], axis = 1, scale = [0.5, 0.25, ...], zero_point = -1) x) => (float y)
<
  float[1000] w = {1.0, 2.0, ...}
>
{
  y = "odd domain"."op:1" <words = ["a\\u{a}b"], more = ...> (x, w)
}
`;
    const model = parsed(source);
    expect(textOf(model)).toBe(source);
    expect(model.graph.inputs[0]?.type).toMatchObject({ kind: 'quantized', element: 'int8', dims: [1, 4] });
    expect([...model.graph.values][0]?.data).toEqual({ elements: [1, 2], complete: false });
    const [first] = model.graph.nodes;
    expect(first).toMatchObject({ domain: 'odd domain', op: 'op:1' });
    expect(first?.attributes[0]?.value).toMatchObject({ items: [{ value: 'a\nb' }] });
  });
});

describe('a text that is not finished', () => {
  const good = ['a = foo(x)', 'b = foo(a)', 'c = foo(b)'];

  it.each([
    'b = ',
    'b = foo',
    'b = foo(a',
    'b foo(a)',
    'b = foo <k = [1, 2> (a)',
    'b = foo <k: nothing = 1> (a)',
    '[label b = foo(a)',
    'b = If (a) < then_branch = g1 ( oops => (float b) { b = foo(a) } >',
    '% & $',
    'b = foo("a)',
  ])('has a problem, and its other nodes: %s', (broken) => {
    const source = `g (float x) => (float c) {\n${[good[0], broken, good[2]].join('\n')}\n}\n`;
    const { model, places } = parseText(source);
    expect(places.problems.length).toBeGreaterThan(0);
    expect(places.problems[0]?.start).toBeGreaterThan(source.indexOf('\n'));
    const outputs = Array.from(model.graph.nodes, (one) => one.outputs[0]);
    expect(outputs[0]).toBe('a');
    expect(outputs.at(-1)).toBe('c');
  });

  it('keeps the other tensors, and functions behind a broken graph', () => {
    const { model, places } = parseText(`g (float x) => (float y)
<
  float[2 w = {1.0},
  float[2] v = {1.0, 2.0}
>
{
  y = foo(x, v)
}
f (a) = (b) { b = foo(a) }
h (a) => (b) { b = foo(a) }`);
    expect(places.problems.length).toBeGreaterThanOrEqual(2);
    expect(Array.from(model.graph.values, ({ name }) => name)).toContain('v');
    expect([...model.graph.nodes]).toHaveLength(1);
    expect(model.functions.map(({ name }) => name)).toContain('h');
  });

  it('says that there is no graph', () => {
    expect(parseText('').places.problems.map(({ message }) => message)).toEqual(['There is no graph.']);
  });

  it('ends with what nests too deep', () => {
    const deep = 'y = foo <b = g () => () {\n'.repeat(5000);
    const { places } = parseText(`g () => () {\n${deep}`);
    expect(places.problems.some(({ message }) => message.includes('levels deep'))).toBe(true);
  });

  it.each([
    'seq('.repeat(20_000),
    '['.repeat(20_000),
    `x = foo<a=${'9'.repeat(2_000_000)}>()`,
    '"'.repeat(100_001),
  ])('ends in time with what is long (%#)', (hostile) => {
    const { places } = parseText(`g (float x) => () {\n${hostile}\n}`);
    expect(places.problems.length).toBeGreaterThan(0);
  });
});
