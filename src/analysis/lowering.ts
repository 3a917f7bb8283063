import { itemAt } from '../model/assert';
import { type Lifetime, takes } from './lifetimes';
import type { FollowedMemory } from './memory';

/** More would be a new model, not a change to this one. */
const MAX_STEPS = 3;
/** Tensors that are tried at a peak, the largest first: the others hold too little of it. */
const MAX_TRIED = 8;
/** Less than this part of the peak is not worth anybody's work. */
const WORTH = 0.01;

/** A tensor that need not lie in memory while some nodes run. Nodes are those of the graph, by index. */
export interface Lowering {
  readonly tensor: string;
  readonly bytes: number;
  readonly how: 'held' | 'passed';
  /** The node behind which it goes away; null: it is an input that nothing took yet. */
  readonly from: number | null;
  /** The node that needs it next. */
  readonly to: number;
  readonly layersBetween: number;
  /** What is left with those before it. */
  readonly peakBytes: number;
}

interface Gap extends Omit<Lowering, 'peakBytes'> {
  /** Nodes during which it would not be there. */
  readonly first: number;
  readonly last: number;
}

/**
 * What would lower the peak of a graph most: at the highest node the tensor without which the peak falls furthest, then
 * the same again. A tensor that others wait for can be away between two uses; one that a node passes to the next
 * need not exist when both run as one (fused, or part by part). Empty where a size is unknown.
 */
export function loweringOf(followed: FollowedMemory): Lowering[] {
  if (followed.peak === null) return [];
  const live = Float64Array.from(followed.live);
  const found: Lowering[] = [];
  const done = new Set<string>();
  for (let peak = followed.peak; found.length < MAX_STEPS; ) {
    const at = live.indexOf(peak);
    if (at < 0) break;
    const tried = gapsAt(followed, at)
      .filter(({ tensor }) => !done.has(tensor))
      .map((gap) => ({ gap, peakBytes: peakWithout(live, gap) }));
    const best = tried.reduce<(typeof tried)[number] | null>(
      (least, one) => (least === null || one.peakBytes < least.peakBytes ? one : least),
      null,
    );
    if (best === null) break;
    const { first, last, ...lowering } = best.gap;
    for (let node = first; node <= last; node++) live[node] = itemAt(live, node) - best.gap.bytes;
    done.add(best.gap.tensor);
    found.push({ ...lowering, peakBytes: best.peakBytes });
    peak = best.peakBytes;
  }
  // Where several nodes have nearly the same peak, the first steps alone lower nothing; the last ones must.
  while (found.length > 0 && !isWorth(found, followed.peak)) found.pop();
  return found;
}

/** The last step lowers the peak by something. */
function isWorth(found: readonly Lowering[], peak: number): boolean {
  const before = found.at(-2)?.peakBytes ?? peak;
  return before - itemAt(found, found.length - 1).peakBytes >= WORTH * peak;
}

function peakWithout(live: Float64Array, { first, last, bytes }: Gap): number {
  let peak = 0;
  for (const [at, most] of live.entries())
    peak = Math.max(peak, at >= first && at <= last ? most - bytes : most);
  return peak;
}

/** Where the largest tensors that live at a node could be spared. */
function gapsAt({ inferred: { nodes }, lifetimes }: FollowedMemory, at: number): Gap[] {
  const usesOf = (name: string) => [...nodes.keys()].filter((use) => takes(itemAt(nodes, use).node, name));
  return lifetimes
    .filter(({ bytes, from, to }) => (bytes ?? 0) > 0 && from <= at && at <= (to ?? from))
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))
    .slice(0, MAX_TRIED)
    .flatMap((one) => gapOf(one, usesOf(one.name), at) ?? []);
}

/** null: the node at `at` needs the tensor, or nothing takes it any more. */
function gapOf({ name, bytes, kind, from }: Lifetime, uses: readonly number[], at: number): Gap | null {
  const touched = kind === 'input' ? uses : [from, ...uses];
  const tensor = { tensor: name, bytes: bytes ?? 0 };
  if (touched.includes(at)) {
    const [user, ...others] = uses;
    // An output must exist, and so must what several take.
    if (kind !== 'inner' || user !== from + 1 || others.length > 0) return null;
    return { ...tensor, how: 'passed', from, to: user, layersBetween: 0, first: from, last: user };
  }
  const to = touched.find((use) => use > at);
  if (to === undefined) return null;
  const before = touched.findLast((use) => use < at) ?? null;
  const first = (before ?? -1) + 1;
  const last = to - 1;
  return { ...tensor, how: 'held', from: before, to, layersBetween: last - first + 1, first, last };
}
