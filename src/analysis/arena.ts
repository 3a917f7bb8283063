import type { InferredGraph } from '../model/inference';
import type { Graph } from '../model/model';
import { lifetimes } from './lifetimes';

/**
 * Each is held against all that were placed before it: more would take seconds. Models for phones have hundreds
 * (CWE-407).
 */
const MAX_TENSORS = 10_000;

interface Planned {
  readonly name: string;
  readonly bytes: number;
  /** First and last node between which it must not be overwritten. */
  readonly from: number;
  readonly to: number;
  readonly order: number;
}

/** A tensor's place in an arena; `from` and `to` are the nodes between which nothing else may lie there. */
export interface ArenaPlace extends Omit<Planned, 'order'> {
  readonly offset: number;
}

/**
 * Where the activations of the main graph lie; what it calls has places of its own. `bytes` is the end of the last.
 * null as for `arenaBytes`.
 */
export function arenaPlaces(
  main: InferredGraph,
  alignment: number,
): { readonly bytes: number; readonly places: readonly ArenaPlace[] } | null {
  const planned = tensorsOf(main);
  if (planned === null || planned.length > MAX_TENSORS) return null;
  const placed = placeAll(planned, alignment);
  const places = placed.map(({ at, tensor: { order: _, ...tensor } }) => ({ ...tensor, offset: at }));
  return { bytes: endOf(placed), places };
}

/**
 * Bytes of the arenas in which activations are placed before a run, as TensorFlow Lite's planner places them: the
 * largest first, each in the tightest gap between those that live at the same time. Inputs and outputs of a graph
 * keep their place throughout. A graph that nodes call has an arena of its own, its inputs and outputs in it, for as
 * long as the model is loaded. Without weights, variables and scratch memory of single operators. null when a size
 * is unknown, or there are too many.
 */
export function arenaBytes(main: InferredGraph, alignment: number): number | null {
  const arenas = new Map<Graph, Map<string, number>>();
  let tensors = 0;
  for (const inferred of withCalled(main)) {
    const planned = tensorsOf(inferred);
    if (planned === null) return null;
    const bySizes = arenas.get(inferred.graph) ?? new Map<string, number>();
    arenas.set(inferred.graph, bySizes);
    // A graph that is called often is planned once for its sizes.
    const sizes = planned.map(({ bytes }) => bytes).join();
    if (bySizes.has(sizes)) continue;
    tensors += planned.length;
    if (tensors > MAX_TENSORS) return null;
    bySizes.set(sizes, endOf(placeAll(planned, alignment)));
  }
  let sum = 0;
  for (const bySizes of arenas.values()) sum += Math.max(...bySizes.values());
  return sum;
}

/** A graph, and those that it calls whenever it runs or may run. */
function* withCalled(graph: InferredGraph): Generator<InferredGraph> {
  yield graph;
  for (const { bodies, alternatives } of graph.nodes) {
    // One that only runs before the first run gives its memory back; a branch that is never taken keeps it.
    for (const body of bodies) if (body.runs !== 0 || alternatives) yield* withCalled(body);
  }
}

interface Placed {
  readonly at: number;
  readonly tensor: Planned;
}

/** In the order of their places. */
function placeAll(planned: Planned[], alignment: number): Placed[] {
  planned.sort((a, b) => b.bytes - a.bytes || a.from - b.from || a.order - b.order);
  const placed: Placed[] = [];
  for (const tensor of planned) {
    if (tensor.bytes === 0) continue;
    const at = tightestGap(tensor, placed, alignment);
    // In the order of their places, which is how gaps are looked for.
    const behind = placed.findIndex((one) => one.at > at);
    placed.splice(behind < 0 ? placed.length : behind, 0, { at, tensor });
  }
  return placed;
}

function endOf(placed: readonly Placed[]): number {
  return placed.reduce((end, { at, tensor }) => Math.max(end, at + tensor.bytes), 0);
}

function tightestGap({ bytes, from, to }: Planned, placed: readonly Placed[], alignment: number): number {
  let best: number | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { at, tensor } of placed) {
    if (tensor.to < from || tensor.from > to) continue;
    const start = Math.ceil(end / alignment) * alignment;
    const gap = at - end;
    if (start + bytes <= at && gap < smallest) {
      smallest = gap;
      best = start;
    }
    end = Math.max(end, at + tensor.bytes);
  }
  return best ?? Math.ceil(end / alignment) * alignment;
}

/** null when a size is unknown. Inputs keep their place to the end. */
function tensorsOf(inferred: InferredGraph): Planned[] | null {
  const last = Math.max(0, inferred.nodes.length - 1);
  const planned: Planned[] = [];
  for (const { name, bytes, kind, from, to } of lifetimes(inferred)) {
    if (bytes === null) return null;
    planned.push({ name, bytes, from, to: kind === 'input' ? last : (to ?? from), order: planned.length });
  }
  return planned;
}
