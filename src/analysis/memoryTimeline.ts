import type { Format } from '../formats/format';
import { itemAt } from '../model/assert';
import type { InferredGraph } from '../model/inference';
import type { ArenaReport, LayerReference, MemoryReport, PeakTensor } from '../protocol/reports';
import { arenaBytes, arenaPlaces } from './arena';
import { type Lifetime, takes } from './lifetimes';
import { loweringOf } from './lowering';
import { type FollowedMemory, followMemory } from './memory';

/** Tensors of the peak that are listed; a graph that gives everything out has them all alive (CWE-770). */
const MAX_PEAK_TENSORS = 50;

/** What lives while the layers of a model's main graph run, what makes its peak and what would lower it. */
export function memoryTimeline(main: InferredGraph, { arena }: Pick<Format, 'arena'>): MemoryReport {
  const followed = followMemory(main);
  const { live, added, freed, peak, knownPeak, peakAt } = followed;
  const atPeak = tensorsAtPeak(followed).sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  return {
    peakBytes: peak,
    knownPeakBytes: knownPeak,
    peakStep: peakAt,
    steps: main.nodes.map((_, at) => ({
      ...layerAt(followed, at),
      liveBytes: itemAt(live, at),
      addedBytes: itemAt(added, at),
      freedBytes: itemAt(freed, at),
    })),
    peakTensors: atPeak.slice(0, MAX_PEAK_TENSORS),
    peakTensorCount: atPeak.length,
    lowering: loweringOf(followed).map(({ from, to, ...found }) => ({
      ...found,
      from: from === null ? null : layerAt(followed, from),
      to: layerAt(followed, to),
    })),
    ...(arena && { arena: arenaReport(main, arena.alignment) }),
  };
}

function layerAt({ inferred, path }: FollowedMemory, at: number): LayerReference {
  return { id: `${path}${at}`, name: itemAt(inferred.nodes, at).node.name };
}

/** What lives when most does: in the main graph and in the bodies that run then. */
function tensorsAtPeak(followed: FollowedMemory): PeakTensor[] {
  const { inferred, lifetimes, peakAt, inside } = followed;
  if (peakAt === null) return [];
  const { node } = itemAt(inferred.nodes, peakAt);
  const role = (name: string) =>
    node.outputs.includes(name) ? 'made' : takes(node, name) ? 'taken' : 'held';
  // An input that is an output as well lives to the end, too.
  const outputs = new Set(inferred.graph.outputs.map(({ name }) => name));
  const own = lifetimes
    .filter((one) => livesAt(one, peakAt) && one.bytes !== 0)
    .map(
      ({ name, bytes, kind, from, to }): PeakTensor => ({
        ...{ name, bytes, role: role(name) },
        madeBy: kind === 'input' ? null : layerAt(followed, from),
        lastUsedBy: outputs.has(name) ? null : layerAt(followed, to ?? from),
      }),
    );
  return inside === null ? own : [...own, ...tensorsAtPeak(inside)];
}

function livesAt({ from, to }: Lifetime, at: number): boolean {
  return from <= at && at <= (to ?? from);
}

function arenaReport(main: InferredGraph, alignment: number): ArenaReport | null {
  const totalBytes = arenaBytes(main, alignment);
  const placed = arenaPlaces(main, alignment);
  if (totalBytes === null || placed === null) return null;
  const places = placed.places.map(({ name, ...place }) => ({ tensor: name, ...place }));
  return { totalBytes, bytes: placed.bytes, places };
}
