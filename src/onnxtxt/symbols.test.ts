import { describe, expect, it } from 'vitest';
import { folds } from './folding';
import { Lines } from './lines';
import { outline } from './outline';
import { parseText } from './parser';
import { defines, Symbols } from './symbols';

const SOURCE = `<
  ir_version: 8
>
main (bool c, float[3] x) => (float[3] y)
<
  float[3] w = {1.0, 2.0, 3.0},
  float[3] t
>
{
  t = Mul (x, w)
  y = If (c) <
    then_branch: graph = then () => (float[3] x)
    {
      x = Identity (t)
    },
    else_branch: graph = else () => (float[3] z)
    {
      z = local.twice (t)
    }
  >
}

<
  domain: "local"
>
twice (t) => (b)
{
  b = Add (t, t)
}
`;

const { places } = parseText(SOURCE);
const symbols = new Symbols(places);
const lines = new Lines(SOURCE);

/** Offset of the n-th place of a text. */
function at(text: string, n = 0): number {
  let found = -1;
  for (let i = 0; i <= n; i++) found = SOURCE.indexOf(text, found + 1);
  return found;
}

const linesOf = (offset: number) =>
  symbols.mentionsAt(offset).map(({ start }) => lines.position(start).line + 1);

describe('names in a text', () => {
  it('mean the tensor of their graph, or of one around it', () => {
    expect(linesOf(at('t = Mul'))).toEqual([7, 10, 14, 18]);
    expect(linesOf(at('w = {'))).toEqual([6, 10]);
    // The branch has an x of its own, and the function a t.
    expect(linesOf(at('x) => (float[3] y'))).toEqual([4, 10]);
    expect(linesOf(at('x = Identity'))).toEqual([12, 14]);
    expect(linesOf(at('t) => (b)'))).toEqual([26, 28, 28]);
  });

  it('lead to where they get their meaning', () => {
    const definition = symbols.mentionsAt(at('t)\n    },')).find(defines);
    expect(definition && lines.position(definition.start).line + 1).toBe(10);
  });

  it('are found at both ends, and nowhere else', () => {
    expect(symbols.mentionAt(at('logits'))).toBeNull();
    expect(symbols.mentionAt(at('w = {') + 1)?.name).toBe('w');
    expect(symbols.mentionAt(at('= {1.0'))).toBeNull();
  });

  it('of operators lead to functions', () => {
    expect(symbols.functionAt(at('local.twice') + 8)?.text).toBe('twice');
    expect(symbols.functionAt(at('Identity'))).toBeNull();
  });

  it('belong to the innermost node', () => {
    expect(symbols.nodeAt(at('Identity'))?.op).toBe('Identity');
    expect(symbols.nodeAt(at('else_branch'))?.op).toBe('If');
    expect(symbols.nodeAt(at('twice (t) => '))).toBeNull();
  });
});

describe('the outline', () => {
  it('has graphs, what is in them, and functions', () => {
    const [main, twice, ...others] = outline(places, lines);
    expect(others).toEqual([]);
    expect(main).toMatchObject({ kind: 'graph', name: 'main' });
    expect(main?.children.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'input c',
      'input x',
      'output y',
      'initializer w',
      'node t',
      'node y',
    ]);
    expect(main?.children[5]?.children.map(({ name }) => name)).toEqual(['then', 'else']);
    expect(twice).toMatchObject({ kind: 'function', name: 'twice', detail: 'local' });
  });

  it('of a long graph has headings, and no more entries than can be shown', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => `t${i + 1} = Relu(t${i})`).join('\n');
    const source = `g (float t0) => (float t20000) {\n${nodes}\n}`;
    const [graph] = outline(parseText(source).places, new Lines(source));
    expect(graph?.children[1]?.name).toBe('501 – 1000');
    expect(graph?.children[1]?.children).toHaveLength(500);
    const entries = graph?.children.reduce((sum, { children }) => sum + 1 + children.length, 1) ?? 0;
    expect(entries).toBeLessThanOrEqual(10_000);
    expect(graph?.children).toHaveLength(41);
  });
});

describe('folding', () => {
  it('has headers, lists, graphs, functions and nodes with graphs', () => {
    expect(folds(places, lines).sort(([a], [b]) => a - b)).toEqual([
      [0, 2],
      [3, 20],
      [4, 7],
      [10, 19],
      [11, 14],
      [15, 18],
      [22, 24],
      [25, 28],
    ]);
  });
});
