import { expect, it } from 'vitest';
import type { InferredGraph, InferredNode, InferredTensor } from '../model/inference';
import type { Graph, Node } from '../model/model';
import { lifetimes } from './lifetimes';

/** A graph of float32 vectors; a name `w` is constant. */
function graphOf(
  inputs: string[],
  nodes: { inputs: string[]; outputs: string[]; body?: InferredGraph }[],
  outputs: string[],
  lengths: Record<string, number | null>,
): InferredGraph {
  const values = (names: string[]) => names.map((name) => ({ name }));
  const inferred = nodes.map(({ body, ...names }) => {
    const node = { ...names, bodies: body ? [{ graph: body.graph }] : [] } as unknown as Node;
    return { node, bodies: body ? [body] : [] } as unknown as InferredNode;
  });
  const graph = {
    inputs: values(inputs),
    outputs: values(outputs),
    constants: new Map([['w', {}]]),
    nodes: inferred.map(({ node }) => node),
  } as unknown as Graph;
  const tensors = Object.entries(lengths).map(([name, length]): [string, InferredTensor] => [
    name,
    { type: 'float32', shape: [length], constant: name === 'w' } as unknown as InferredTensor,
  ]);
  return { graph, tensors: new Map(tensors), nodes: inferred } as unknown as InferredGraph;
}

it('are from what gives a tensor to what takes it last, bodies included', () => {
  const body = graphOf(['i'], [{ inputs: ['i', 'a'], outputs: ['j'] }], ['j'], {});
  const graph = graphOf(
    ['x', 'unused'],
    [
      { inputs: ['x', 'w'], outputs: ['a', 'nobody'] },
      { inputs: ['a', 'x', ''], outputs: ['b', ''] },
      { inputs: ['b'], outputs: ['c'], body },
      { inputs: ['c'], outputs: ['y'] },
    ],
    ['b', 'y'],
    { x: 4, w: 9, a: 2, nobody: 1, b: null, c: 3, y: 1 },
  );
  expect(lifetimes(graph)).toEqual([
    { name: 'x', bytes: 16, kind: 'input', from: 0, to: 1 },
    { name: 'unused', bytes: null, kind: 'input', from: 0, to: null },
    { name: 'a', bytes: 8, kind: 'inner', from: 0, to: 2 },
    { name: 'nobody', bytes: 4, kind: 'inner', from: 0, to: null },
    { name: 'b', bytes: null, kind: 'output', from: 1, to: 3 },
    { name: 'c', bytes: 12, kind: 'inner', from: 2, to: 3 },
    { name: 'y', bytes: 4, kind: 'output', from: 3, to: 3 },
  ]);
});

it('of a graph without nodes are those of its inputs', () => {
  expect(lifetimes(graphOf(['x'], [], ['x'], { x: 1 }))).toEqual([
    { name: 'x', bytes: 4, kind: 'input', from: 0, to: 0 },
  ]);
});
