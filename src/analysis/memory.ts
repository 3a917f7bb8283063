import { itemAt } from '../model/assert';
import type { InferredGraph } from '../model/inference';
import { enteredBodies, type NodeId } from '../model/nodeId';
import { lifetimes } from './lifetimes';

/** Bytes of the tensors that a graph's nodes give, constants excluded. */
export interface ActivationMemory {
  /** Sum over all nodes; null when one is unknown, then `known` is the part that is not. */
  readonly total: number | null;
  readonly known: number;
  /** Most bytes that live at the same time; null when a size is unknown, then `knownPeak` is the part that is not. */
  readonly peak: number | null;
  readonly knownPeak: number;
  /** Name of the node that runs then, and which one of that name it is. */
  readonly peakNode: string | null;
  readonly peakNodeId: NodeId | null;
}

const NOTHING = { knownPeak: 0, peakNode: null, peakNodeId: null };

/**
 * Follows the nodes in the order of the file. A tensor lives from the node that gives it to its last use, an
 * input from the start, an output of the graph to the end. No weights, no buffers that tensors share, no
 * workspace. While a node runs a body, what lives in the body comes on top; the body's inputs and outputs do
 * not, since the node's own are counted.
 */
export function activationMemory(main: InferredGraph): ActivationMemory {
  return memoryOf(main, true, '');
}

/** @param path how the ids of the graph's nodes begin. */
function memoryOf(inferred: InferredGraph, main: boolean, path: NodeId): ActivationMemory {
  const { nodes } = inferred;
  const born = new Array<number>(nodes.length).fill(0);
  /** Bytes that are free again after each node. */
  const freed = new Array<number>(nodes.length).fill(0);
  let live = 0;
  let allKnown = true;
  let total: number | null = 0;
  let known = 0;
  for (const { kind, bytes, from, to } of lifetimes(inferred)) {
    if (main ? kind === 'input' && to === null : kind !== 'inner') continue;
    allKnown &&= bytes !== null;
    const death = to ?? from;
    freed[death] = (freed[death] ?? 0) + (bytes ?? 0);
    if (kind === 'input') live += bytes ?? 0;
    else {
      born[from] = itemAt(born, from) + (bytes ?? 0);
      known += bytes ?? 0;
      total = total === null || bytes === null ? null : total + bytes;
    }
  }
  let peak = 0;
  let peakNode: string | null = null;
  let peakNodeId: NodeId | null = null;
  for (const [at, entry] of nodes.entries()) {
    live += itemAt(born, at);
    const id = `${path}${at}`;
    let inside: Pick<ActivationMemory, 'knownPeak' | 'peakNode' | 'peakNodeId'> = NOTHING;
    for (const { body, path: within } of enteredBodies(id, entry)) {
      if (body.runs === 0) continue;
      const memory = memoryOf(body, false, within);
      known += memory.known;
      total = total === null || memory.total === null ? null : total + memory.total;
      allKnown &&= memory.peak !== null;
      if (memory.knownPeak > inside.knownPeak) inside = memory;
    }
    if (live + inside.knownPeak > peak) {
      peak = live + inside.knownPeak;
      peakNode = inside.peakNode ?? entry.node.name;
      peakNodeId = inside.peakNodeId ?? id;
    }
    live -= itemAt(freed, at);
  }
  return {
    total,
    known,
    peak: allKnown ? peak : null,
    knownPeak: peak,
    peakNode: allKnown ? peakNode : null,
    peakNodeId: allKnown ? peakNodeId : null,
  };
}
