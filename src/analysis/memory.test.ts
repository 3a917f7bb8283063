import { describe, expect, it } from 'vitest';
import { byteLength, elementCount } from '../model/dataType';
import type { InferredGraph, InferredTensor } from '../model/inference';
import type { Graph, Node } from '../model/model';
import { seededRandom } from '../runtime/random';
import { activationMemory } from './memory';

function makeGraph(
  nodes: readonly { inputs: string[]; outputs: string[]; bodies?: InferredGraph[] }[],
  tensors: readonly InferredTensor[],
  inputs: string[],
  outputs: string[],
  runs: number | null = 1,
): InferredGraph {
  const info = (name: string) => ({ name, type: null, declaredShape: null });
  const plain = nodes.map(
    (node, index): Node => ({
      id: String(index),
      name: `node${index}`,
      op: 'Op',
      kind: null,
      inputs: node.inputs,
      outputs: node.outputs,
      attributes: [],
      bodies: (node.bodies ?? []).map((body) => ({ role: 'body', graph: body.graph })),
    }),
  );
  const graph: Graph = {
    name: 'graph',
    nodes: plain,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    valueInfo: new Map(),
    constants: new Map(),
  };
  return {
    graph,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    nodes: plain.map((node, index) => ({
      node,
      macs: 0,
      elementOps: 0,
      bodies: nodes[index]?.bodies ?? [],
      alternatives: false,
    })),
    runs,
  };
}

function floats(name: string, count: number | null, constant = false): InferredTensor {
  return { name, type: 'float32', shape: [count], declaredShape: null, constant };
}

/** For each node, asks of each tensor whether it lives then: no running sums, no order of deaths. */
function bruteForce({ graph, tensors, nodes }: InferredGraph): number {
  let peak = 0;
  nodes.forEach((_, at) => {
    let live = 0;
    for (const tensor of tensors.values()) {
      if (tensor.constant) continue;
      const birth = graph.nodes.findIndex((node) => node.outputs.includes(tensor.name));
      const uses = graph.nodes.flatMap((node, index) => (node.inputs.includes(tensor.name) ? [index] : []));
      const isOutput = graph.outputs.some((output) => output.name === tensor.name);
      if (birth < 0 && uses.length === 0 && !isOutput) continue;
      const death = isOutput ? nodes.length : Math.max(birth, ...uses);
      if (birth <= at && at <= death) live += byteLength('float32', elementCount(tensor.shape) ?? 0) ?? 0;
    }
    peak = Math.max(peak, live);
  });
  return peak;
}

function randomGraph(seed: number): InferredGraph {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const names = ['in0', 'in1', 'unused', 'weight'];
  const tensors = names.map((name) => floats(name, 1 + below(50), name === 'weight'));
  const nodes = Array.from({ length: 1 + below(30) }, (_, index) => {
    const inputs = Array.from({ length: below(4) }, () => names[below(names.length)] ?? 'in0');
    const outputs = Array.from({ length: 1 + below(2) }, (_, n) => `t${index}_${n}`);
    for (const name of outputs) {
      names.push(name);
      tensors.push(floats(name, below(100), random() < 0.1));
    }
    return { inputs: inputs.filter((name) => name !== 'unused'), outputs };
  });
  const outputs = names.slice(4).filter(() => random() < 0.1);
  return makeGraph(nodes, tensors, ['in0', 'in1', 'unused'], [...outputs, 'in1'].slice(0, below(4)));
}

describe('activation memory', () => {
  it('equals a brute-force count on random graphs', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const graph = randomGraph(seed);
      const memory = activationMemory(graph);
      expect({ seed, peak: memory.peak }).toEqual({ seed, peak: bruteForce(graph) });
      let total = 0;
      for (const { node } of graph.nodes) {
        for (const name of node.outputs) {
          const tensor = graph.tensors.get(name);
          if (tensor && !tensor.constant) total += 4 * (elementCount(tensor.shape) ?? 0);
        }
      }
      expect({ seed, total: memory.total, known: memory.known }).toEqual({ seed, total, known: total });
    }
  });

  it('names the node of a chain at which most lives', () => {
    const graph = makeGraph(
      [
        { inputs: ['x'], outputs: ['a'] },
        { inputs: ['a'], outputs: ['b'] },
        { inputs: ['b', 'x'], outputs: ['c'] },
      ],
      [floats('x', 10), floats('a', 5), floats('b', 100), floats('c', 1)],
      ['x'],
      ['c'],
    );
    // x, b and c live while the last node runs: 111; x, a and b while the second does: 115.
    expect(activationMemory(graph)).toEqual({
      total: 424,
      known: 424,
      peak: 460,
      knownPeak: 460,
      peakNode: 'node1',
      peakNodeId: '1',
    });
  });

  it('does not take what is unknown for nothing', () => {
    const graph = makeGraph(
      [
        { inputs: ['x'], outputs: ['a'] },
        { inputs: ['a'], outputs: ['b'] },
      ],
      [floats('x', 1), floats('a', null), floats('b', 2)],
      ['x'],
      ['b'],
    );
    expect(activationMemory(graph)).toEqual({
      total: null,
      known: 8,
      peak: null,
      knownPeak: 8,
      peakNode: null,
      peakNodeId: null,
    });
  });

  it('puts what lives in a body on top, without its inputs and outputs, unless it never runs', () => {
    const body = (runs: number | null) =>
      makeGraph(
        [
          { inputs: ['i', 'outer'], outputs: ['m'] },
          { inputs: ['m'], outputs: ['o'] },
        ],
        [floats('i', 1000), floats('m', 7), floats('o', 1000)],
        ['i'],
        ['o'],
        runs,
      );
    const around = (runs: number | null) =>
      makeGraph(
        [
          { inputs: ['x'], outputs: ['outer'] },
          { inputs: ['x'], outputs: ['y'], bodies: [body(runs)] },
        ],
        [floats('x', 1), floats('outer', 10), floats('y', 2)],
        ['x'],
        ['y'],
      );
    expect(activationMemory(around(1))).toMatchObject({
      peak: 4 * (1 + 10 + 2 + 7),
      total: 4 * (10 + 2 + 7),
    });
    expect(activationMemory(around(1))).toMatchObject({ peakNode: 'node0', peakNodeId: '1/body/0' });
    expect(activationMemory(around(0))).toMatchObject({ peak: 4 * (1 + 10 + 2), peakNode: 'node1' });
  });
});
