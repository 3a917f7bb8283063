import { itemAt } from '../model/assert';
import type { InferredGraph, InferredNode } from '../model/inference';
import { enteredBodies, type NodeId } from '../model/nodeId';
import { type Lifetime, lifetimes } from './lifetimes';

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

/** A graph's memory node by node, in the order of the file. Sizes that are not known count as 0. */
export interface FollowedMemory extends Omit<ActivationMemory, 'peakNode' | 'peakNodeId'> {
  readonly inferred: InferredGraph;
  /** How the ids of its nodes begin. */
  readonly path: NodeId;
  /** What counts in this graph; what the node around a body holds already does not. */
  readonly lifetimes: readonly Lifetime[];
  /** By index of the node: bytes that live while it runs, with the most that live in a body of it; */
  readonly live: Float64Array;
  /** that it gives; */
  readonly added: Float64Array;
  /** and that nobody needs behind it. */
  readonly freed: Float64Array;
  /** Index of the node at which most lives; null where nothing does. */
  readonly peakAt: number | null;
  /** The body in which the peak happens, where it does in one. */
  readonly inside: FollowedMemory | null;
}

/**
 * Follows the nodes in the order of the file. A tensor lives from the node that gives it to its last use, an
 * input from the start, an output of the graph to the end. No weights, no buffers that tensors share, no
 * workspace. While a node runs a body, what lives in the body comes on top; the body's inputs and outputs do
 * not, since the node's own are counted.
 */
export function followMemory(main: InferredGraph): FollowedMemory {
  return follow(main, true, '');
}

/** The figures of a whole model: what lives at once, followed as `followMemory` does. */
export function activationMemory(main: InferredGraph): ActivationMemory {
  const followed = followMemory(main);
  const { total, known, peak, knownPeak } = followed;
  const node = peak === null ? null : peakNode(followed);
  return {
    ...{ total, known, peak, knownPeak },
    peakNode: node?.name ?? null,
    peakNodeId: node?.id ?? null,
  };
}

/** The node at which most lives, in the innermost body. */
function peakNode({ inferred, path, peakAt, inside }: FollowedMemory): { name: string; id: NodeId } | null {
  if (inside !== null) return peakNode(inside);
  if (peakAt === null) return null;
  return { name: itemAt(inferred.nodes, peakAt).node.name, id: `${path}${peakAt}` };
}

/** Bytes of what the nodes in a node's bodies give, beside the node's own outputs. */
export function bodiesActivations({ bodies }: InferredNode): Pick<ActivationMemory, 'total' | 'known'> {
  let total: number | null = 0;
  let known = 0;
  for (const body of bodies) {
    if (body.runs === 0) continue;
    const memory = follow(body, false, '');
    known += memory.known;
    total = total === null || memory.total === null ? null : total + memory.total;
  }
  return { total, known };
}

function follow(inferred: InferredGraph, main: boolean, path: NodeId): FollowedMemory {
  const { nodes } = inferred;
  const live = new Float64Array(nodes.length);
  const added = new Float64Array(nodes.length);
  const freed = new Float64Array(nodes.length);
  const counted = lifetimes(inferred).filter(({ kind, to }) =>
    main ? kind !== 'input' || to !== null : kind === 'inner',
  );
  let now = 0;
  let allKnown = true;
  let total: number | null = 0;
  let known = 0;
  for (const { kind, bytes, from, to } of counted) {
    allKnown &&= bytes !== null;
    const size = bytes ?? 0;
    const death = to ?? from;
    // A graph without nodes has inputs that live nowhere.
    if (death < nodes.length) freed[death] = itemAt(freed, death) + size;
    if (kind === 'input') now += size;
    else {
      added[from] = itemAt(added, from) + size;
      known += size;
      total = total === null || bytes === null ? null : total + bytes;
    }
  }
  let knownPeak = 0;
  let peakAt: number | null = null;
  let peakInside: FollowedMemory | null = null;
  for (const [at, entry] of nodes.entries()) {
    now += itemAt(added, at);
    let inside: FollowedMemory | null = null;
    for (const { body, path: within } of enteredBodies(`${path}${at}`, entry)) {
      if (body.runs === 0) continue;
      const memory = follow(body, false, within);
      known += memory.known;
      total = total === null || memory.total === null ? null : total + memory.total;
      allKnown &&= memory.peak !== null;
      if (memory.knownPeak > (inside?.knownPeak ?? 0)) inside = memory;
    }
    const most = now + (inside?.knownPeak ?? 0);
    live[at] = most;
    if (most > knownPeak) {
      knownPeak = most;
      peakAt = at;
      peakInside = inside;
    }
    now -= itemAt(freed, at);
  }
  return {
    ...{ inferred, path, total, known, knownPeak, live, added, freed, peakAt, inside: peakInside },
    lifetimes: counted,
    peak: allKnown ? knownPeak : null,
  };
}
