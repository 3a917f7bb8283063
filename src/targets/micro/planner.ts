import { type Lifetime, lifetimes } from '../../analysis/lifetimes';
import type { InferredGraph } from '../../model/inference';

/** Each is held against all that were placed before it, as in `analysis/arena.ts` (CWE-407). */
const MAX_TENSORS = 10_000;

interface Placed {
  readonly at: number;
  readonly end: number;
  readonly tensor: Lifetime;
}

/**
 * Bytes that TensorFlow Lite Micro's GreedyMemoryPlanner gives to activations: the largest first, of equal ones the last
 * in the file first, each in the first gap between those that live at the same time. An input is free behind its last
 * use. null when a size is not known, or there are too many.
 */
export function plannedBytes(main: InferredGraph, alignment: number): number | null {
  const found = lifetimes(main);
  if (found.length > MAX_TENSORS || found.some(({ bytes }) => bytes === null)) return null;
  const order = new Map((main.graph.tensorNames ?? []).map((name, index) => [name, index]));
  const placeOf = ({ name }: Lifetime) => order.get(name) ?? 0;
  const size = ({ bytes }: Lifetime) => Math.ceil((bytes ?? 0) / alignment) * alignment;
  const sorted = [...found].sort((a, b) => size(b) - size(a) || placeOf(b) - placeOf(a));
  const placed: Placed[] = [];
  for (const tensor of sorted) {
    const at = firstGap(tensor, size(tensor), placed);
    placed.push({ at, end: at + size(tensor), tensor });
    placed.sort((a, b) => a.at - b.at);
  }
  return placed.reduce((most, { end }) => Math.max(most, end), 0);
}

function firstGap(tensor: Lifetime, size: number, placed: readonly Placed[]): number {
  let end = 0;
  for (const other of placed) {
    if (!meet(tensor, other.tensor)) continue;
    if (other.at - end >= size) return end;
    end = Math.max(end, other.end);
  }
  return end;
}

function meet(a: Lifetime, b: Lifetime): boolean {
  return a.from <= (b.to ?? b.from) && b.from <= (a.to ?? a.from);
}
