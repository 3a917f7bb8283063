import type { InferredGraph } from '../model/inference';
import type { Graph, Node } from '../model/model';
import { tensorBytes } from './tensorBytes';

/** A tensor of a graph that is not constant, and the nodes (by their place in the graph) between which it is needed. */
export interface Lifetime {
  readonly name: string;
  /** null = not known. */
  readonly bytes: number | null;
  readonly kind: 'input' | 'output' | 'inner';
  /** The node that gives it; the first one for an input. */
  readonly from: number;
  /** The last node that takes it, itself or in a body; the last of all for an output. null = nobody takes it. */
  readonly to: number | null;
}

/** What lives while a graph runs in the order of its file: its inputs, then what its nodes give. Without its bodies' own. */
export function lifetimes({ graph, tensors, nodes }: InferredGraph): Lifetime[] {
  const uses = lastUses(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const name of outputs) uses.set(name, Math.max(0, nodes.length - 1));
  const found = new Map<string, Lifetime>();
  const live = (name: string, from: number, kind: Lifetime['kind']) => {
    const tensor = tensors.get(name);
    if (name === '' || found.has(name) || tensor?.constant) return;
    const use = uses.get(name);
    const to = use === undefined ? null : Math.max(from, use);
    found.set(name, { name, bytes: tensorBytes(tensor), kind, from, to });
  };
  for (const { name } of graph.inputs) live(name, 0, 'input');
  for (const [at, { node }] of nodes.entries()) {
    for (const name of node.outputs) live(name, at, outputs.has(name) ? 'output' : 'inner');
  }
  return [...found.values()];
}

function lastUses(graph: Graph): Map<string, number> {
  const last = new Map<string, number>();
  for (const [at, node] of graph.nodes.entries()) {
    for (const name of node.inputs) last.set(name, at);
    for (const body of node.bodies) for (const name of freeNames(body.graph)) last.set(name, at);
  }
  return last;
}

/** A node takes a tensor, itself or in a body. */
export function takes({ inputs, bodies }: Node, name: string): boolean {
  return inputs.includes(name) || bodies.some(({ graph }) => freeNames(graph).has(name));
}

/** Kept, since a body's names are asked for again by each graph around it. */
const free = new WeakMap<Graph, ReadonlySet<string>>();

/** Names that a body takes from the graphs around it. */
function freeNames(graph: Graph): ReadonlySet<string> {
  const known = free.get(graph);
  if (known !== undefined) return known;
  const own = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  for (const node of graph.nodes) for (const name of node.outputs) own.add(name);
  const names = new Set<string>();
  const use = (name: string) => {
    if (!own.has(name)) names.add(name);
  };
  for (const node of graph.nodes) {
    node.inputs.forEach(use);
    for (const body of node.bodies) freeNames(body.graph).forEach(use);
  }
  for (const { name } of graph.outputs) use(name);
  free.set(graph, names);
  return names;
}
