import { formatPercent } from './numbers';

/** The most that a computer reached with an engine, on models made for it: what layers are set against. */
export interface CeilingsReport {
  /** As `ProfileReport` names them: ceilings of others say nothing of a profile. */
  engine: string;
  threads: number;
  cpu: string;
  /** Multiply-accumulates a second, in float32 and in 8-bit integers; null: the engine ran no such model. */
  float: number | null;
  int8: number | null;
  /** What moves through memory, by how many bytes are in use: few of them lie in caches. The fewest bytes first. */
  memory: MemoryCeiling[];
}

export interface MemoryCeiling {
  workingBytes: number;
  bytesPerSecond: number;
}

/**
 * memory, compute: what of a layer's time its bytes or its multiply-accumulates would take at the ceiling is at least
 * half of it. overhead: neither is, so that a slow kernel, starting it or moving bytes more than once takes the most.
 */
export type Bound = 'memory' | 'compute' | 'overhead';

/** How a layer's work and time lie to each other. What the engine folded into it counts with it. */
export interface LayerRoofline {
  id: string;
  name: string;
  op: string;
  /** Of the layer and of what was folded into it. */
  macs: number | null;
  /**
   * Weights, inputs and outputs, each once; what is between folded layers is not moved. A lower bound: an engine may
   * move them more than once. Of what picks rows of a table only as much as it gives. null also where it has bodies.
   */
  movedBytes: number | null;
  /** MACs for each byte moved. */
  intensity: number | null;
  medianMs: number | null;
  macsPerSecond: number | null;
  bytesPerSecond: number | null;
  /** The ceiling for its types of numbers. */
  macsCeiling: number | null;
  /** The ceiling for as many bytes. */
  bytesCeiling: number | null;
  /** Of its time, what the ceilings ask for at least: near 1 it cannot be faster with the same work. */
  reached: number | null;
  bound: Bound | null;
}

export interface RooflineReport {
  ceilings: CeilingsReport | null;
  /** Why no layer has a bound, in a sentence; absent where some have. */
  unknown?: string;
  /** In the order of the model's nodes; those that were folded into others are left out. */
  layers: LayerRoofline[];
}

/** Part of a layer's time that its bytes or MACs must explain for it to be bound by them: most of it. */
const EXPLAINS = 0.5;

/** The ceiling for a layer that has so many bytes in use; null where none was measured. */
export function memoryCeiling({ memory }: CeilingsReport, bytes: number): number | null {
  const fitting = memory.find(({ workingBytes }) => bytes <= workingBytes) ?? memory.at(-1);
  return fitting?.bytesPerSecond ?? null;
}

/** Where a layer stands below its ceilings; of what is not known nothing is said. */
export function judge(
  layer: Pick<LayerRoofline, 'macs' | 'movedBytes' | 'medianMs' | 'macsCeiling' | 'bytesCeiling'>,
): Pick<LayerRoofline, 'reached' | 'bound'> {
  const { macs, movedBytes, medianMs, macsCeiling, bytesCeiling } = layer;
  const unknown = { reached: null, bound: null };
  if (macs === null || movedBytes === null || bytesCeiling === null) return unknown;
  if (medianMs === null || medianMs <= 0) return unknown;
  // Work without multiply-accumulates needs no ceiling of them.
  if (macs > 0 && macsCeiling === null) return unknown;
  const computeMs = macs > 0 && macsCeiling !== null ? (1000 * macs) / macsCeiling : 0;
  const memoryMs = (1000 * movedBytes) / bytesCeiling;
  const reached = Math.max(computeMs, memoryMs) / medianMs;
  if (reached < EXPLAINS) return { reached, bound: 'overhead' };
  return { reached, bound: computeMs > memoryMs ? 'compute' : 'memory' };
}

/** What the measured time is bound by, the largest part first; empty where nothing is known. */
export function boundShares({ layers }: RooflineReport): { bound: Bound; share: number; layers: number }[] {
  const timed = layers.filter(({ medianMs }) => medianMs !== null);
  const total = timed.reduce((sum, { medianMs }) => sum + (medianMs ?? 0), 0);
  return (['compute', 'memory', 'overhead'] as const)
    .map((bound) => {
      const those = timed.filter((layer) => layer.bound === bound);
      const ms = those.reduce((sum, { medianMs }) => sum + (medianMs ?? 0), 0);
      return { bound, share: total > 0 ? ms / total : 0, layers: those.length };
    })
    .filter(({ layers: count }) => count > 0)
    .sort((a, b) => b.share - a.share);
}

/** `52 % of the time is bound by compute (12 layers), 30 % by memory (20 layers), 18 % by overhead (8 layers).` */
export function boundLine(report: RooflineReport): string {
  const parts = boundShares(report).map(({ bound, share, layers }, place) => {
    const which = layers === 1 ? '1 layer' : `${layers} layers`;
    return `${formatPercent(share)} ${place === 0 ? 'of the time is bound ' : ''}by ${bound} (${which})`;
  });
  return parts.length === 0 ? (report.unknown ?? '') : `${parts.join(', ')}.`;
}

/** What each bound means, in a sentence. */
export function boundMeaning(bound: Bound): string {
  return {
    memory: 'At least half of its time is what moving its bytes takes at this computer’s ceiling.',
    compute: 'At least half of its time is what its multiply-accumulates take at this computer’s ceiling.',
    overhead:
      'Neither its bytes nor its multiply-accumulates explain half of its time: its kernel reaches little, starting it takes long, or bytes are moved more than once.',
  }[bound];
}

const GIGA = 1e9;

/** A rate in units of 10⁹ a second: `31.2 GMAC/s`. */
export function formatRate(perSecond: number | null, unit: 'GMAC/s' | 'GB/s'): string {
  return perSecond === null ? '' : `${Number((perSecond / GIGA).toPrecision(3))} ${unit}`;
}

/** `This computer with ONNX Runtime 1.30.0 and 1 thread: 31 GMAC/s in float, 60 GMAC/s in int8, 20 GB/s …`. */
export function ceilingsLine({ engine, threads, float, int8, memory }: CeilingsReport): string {
  const [least] = memory;
  const most = memory.at(-1);
  const rates = [
    float === null ? 'float unknown' : `${formatRate(float, 'GMAC/s')} in float`,
    int8 === null ? 'int8 unknown' : `${formatRate(int8, 'GMAC/s')} in int8`,
    ...(least === undefined ? [] : [`${formatRate(least.bytesPerSecond, 'GB/s')} in caches`]),
    ...(most === undefined ? [] : [`${formatRate(most.bytesPerSecond, 'GB/s')} from memory`]),
  ];
  return `This computer with ${engine} and ${threads === 1 ? '1 thread' : `${threads} threads`} reaches ${rates.join(', ')}.`;
}
