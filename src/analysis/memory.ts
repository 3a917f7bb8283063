import { itemAt } from '../model/assert';
import { byteLength, elementCount } from '../model/dataType';
import type { InferredGraph, InferredTensor, SequenceItem } from '../model/inference';
import type { Graph } from '../model/model';

/** Bytes of the tensors that a graph's nodes give, constants excluded. */
export interface ActivationMemory {
  /** Sum over all nodes; null when one is unknown, then `known` is the part that is not. */
  readonly total: number | null;
  readonly known: number;
  /** Most bytes that live at the same time; null when a size is unknown, then `knownPeak` is the part that is not. */
  readonly peak: number | null;
  readonly knownPeak: number;
  /** Name of the node that runs then. */
  readonly peakNode: string | null;
}

export function tensorBytes(tensor: InferredTensor | undefined): number | null {
  const { sequence } = tensor ?? {};
  if (!sequence) return itemBytes(tensor);
  if (sequence.items === null) {
    const each = sequence.each && itemBytes(sequence.each);
    return each === null || sequence.length === null ? null : each * sequence.length;
  }
  let bytes = 0;
  for (const item of sequence.items) {
    const one = itemBytes(item);
    if (one === null) return null;
    bytes += one;
  }
  return bytes;
}

function itemBytes(tensor: SequenceItem | undefined): number | null {
  if (!tensor?.type) return null;
  const elements = elementCount(tensor.shape);
  return elements === null ? null : byteLength(tensor.type, elements);
}

/**
 * Follows the nodes in the order of the file. A tensor lives from the node that gives it to its last use, an
 * input from the start, an output of the graph to the end. No weights, no buffers that tensors share, no
 * workspace. While a node runs a body, what lives in the body comes on top; the body's inputs and outputs do
 * not, since the node's own are counted.
 */
export function activationMemory(main: InferredGraph): ActivationMemory {
  return new Walk().graph(main, true);
}

class Walk {
  readonly #free = new Map<Graph, ReadonlySet<string>>();

  graph({ graph, tensors, nodes }: InferredGraph, main: boolean): ActivationMemory {
    const outside = new Set(main ? [] : [...graph.inputs, ...graph.outputs].map(({ name }) => name));
    const counts = (name: string) =>
      name !== '' && !outside.has(name) && tensors.get(name)?.constant !== true;
    const lastUse = this.#lastUses(graph);
    // An output stays to the end.
    for (const { name } of graph.outputs) lastUse.set(name, nodes.length - 1);

    /** Bytes that are free again after each node. */
    const freed = new Array<number>(nodes.length + 1).fill(0);
    const born = new Set<string>();
    let live = 0;
    let allKnown = true;
    let total: number | null = 0;
    let known = 0;
    const bear = (name: string, at: number): number | null => {
      const bytes = tensorBytes(tensors.get(name));
      born.add(name);
      allKnown &&= bytes !== null;
      live += bytes ?? 0;
      const death = Math.max(lastUse.get(name) ?? at, at);
      freed[death] = itemAt(freed, death) + (bytes ?? 0);
      return bytes;
    };
    if (main) {
      for (const { name } of graph.inputs)
        if (counts(name) && lastUse.has(name) && !born.has(name)) bear(name, 0);
    }
    let peak = 0;
    let peakNode: string | null = null;
    nodes.forEach(({ node, bodies }, at) => {
      for (const name of node.outputs) {
        if (!counts(name) || born.has(name)) continue;
        const bytes = bear(name, at);
        known += bytes ?? 0;
        total = total === null || bytes === null ? null : total + bytes;
      }
      let inside: { bytes: number; node: string | null } = { bytes: 0, node: null };
      for (const body of bodies) {
        if (body.runs === 0) continue;
        const memory = this.graph(body, false);
        known += memory.known;
        total = total === null || memory.total === null ? null : total + memory.total;
        allKnown &&= memory.peak !== null;
        if (memory.knownPeak > inside.bytes) inside = { bytes: memory.knownPeak, node: memory.peakNode };
      }
      if (live + inside.bytes > peak) {
        peak = live + inside.bytes;
        peakNode = inside.node ?? node.name;
      }
      live -= itemAt(freed, at);
    });
    return {
      total,
      known,
      peak: allKnown ? peak : null,
      knownPeak: peak,
      peakNode: allKnown ? peakNode : null,
    };
  }

  #lastUses(graph: Graph): Map<string, number> {
    const last = new Map<string, number>();
    graph.nodes.forEach((node, at) => {
      for (const name of node.inputs) last.set(name, at);
      for (const body of node.bodies) for (const name of this.#freeNames(body.graph)) last.set(name, at);
    });
    return last;
  }

  /** Names that a body takes from the graphs around it. */
  #freeNames(graph: Graph): ReadonlySet<string> {
    const known = this.#free.get(graph);
    if (known !== undefined) return known;
    const own = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
    for (const node of graph.nodes) for (const name of node.outputs) own.add(name);
    const free = new Set<string>();
    const use = (name: string) => {
      if (!own.has(name)) free.add(name);
    };
    for (const node of graph.nodes) {
      node.inputs.forEach(use);
      for (const body of node.bodies) this.#freeNames(body.graph).forEach(use);
    }
    for (const { name } of graph.outputs) use(name);
    this.#free.set(graph, free);
    return free;
  }
}
