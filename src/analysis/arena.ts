import type { InferredGraph } from '../model/inference';
import type { Graph } from '../model/model';
import { tensorBytes } from './memory';

/**
 * Each is held against all that were placed before it: more would take seconds. Models for phones have hundreds
 * (CWE-407).
 */
const MAX_TENSORS = 10_000;

interface Lifetime {
  readonly bytes: number;
  /** First and last node between which it must not be overwritten. */
  readonly from: number;
  readonly to: number;
  readonly order: number;
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
    const lifetimes = lifetimesOf(inferred);
    if (lifetimes === null) return null;
    const bySizes = arenas.get(inferred.graph) ?? new Map<string, number>();
    arenas.set(inferred.graph, bySizes);
    // A graph that is called often is planned once for its sizes.
    const sizes = lifetimes.map(({ bytes }) => bytes).join();
    if (bySizes.has(sizes)) continue;
    tensors += lifetimes.length;
    if (tensors > MAX_TENSORS) return null;
    bySizes.set(sizes, placedBytes(lifetimes, alignment));
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

function placedBytes(lifetimes: Lifetime[], alignment: number): number {
  lifetimes.sort((a, b) => b.bytes - a.bytes || a.from - b.from || a.order - b.order);
  const placed: { readonly at: number; readonly lifetime: Lifetime }[] = [];
  let arena = 0;
  for (const lifetime of lifetimes) {
    if (lifetime.bytes === 0) continue;
    const at = tightestGap(lifetime, placed, alignment);
    // In the order of their places, which is how gaps are looked for.
    const behind = placed.findIndex((one) => one.at > at);
    placed.splice(behind < 0 ? placed.length : behind, 0, { at, lifetime });
    arena = Math.max(arena, at + lifetime.bytes);
  }
  return arena;
}

function tightestGap(
  { bytes, from, to }: Lifetime,
  placed: readonly { readonly at: number; readonly lifetime: Lifetime }[],
  alignment: number,
): number {
  let best: number | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { at, lifetime } of placed) {
    if (lifetime.to < from || lifetime.from > to) continue;
    const start = Math.ceil(end / alignment) * alignment;
    const gap = at - end;
    if (start + bytes <= at && gap < smallest) {
      smallest = gap;
      best = start;
    }
    end = Math.max(end, at + lifetime.bytes);
  }
  return best ?? Math.ceil(end / alignment) * alignment;
}

function lifetimesOf({ graph, tensors, nodes }: InferredGraph): Lifetime[] | null {
  const last = Math.max(0, nodes.length - 1);
  const lastUse = new Map<string, number>();
  nodes.forEach(({ node }, at) => {
    for (const name of node.inputs) lastUse.set(name, at);
  });
  for (const { name } of graph.outputs) lastUse.set(name, last);
  const lifetimes = new Map<string, Lifetime>();
  const live = (name: string, from: number, to: number): boolean => {
    if (name === '' || lifetimes.has(name)) return true;
    const tensor = tensors.get(name);
    if (tensor?.constant) return true;
    const bytes = tensorBytes(tensor);
    if (bytes === null) return false;
    lifetimes.set(name, { bytes, from, to, order: lifetimes.size });
    return true;
  };
  const known =
    graph.inputs.every(({ name }) => live(name, 0, last)) &&
    nodes.every(({ node }, at) => node.outputs.every((name) => live(name, at, lastUse.get(name) ?? at)));
  return known ? [...lifetimes.values()] : null;
}
