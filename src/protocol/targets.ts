import type { CheckReport } from './reports';

/** What a target says of a model: where each of its layers runs, and what to change. */
export interface TargetReport extends CheckReport {
  /** Where a layer runs that meets everything, and what becomes of the others: `the GPU`, `fall back to the CPU`. */
  place: string;
  otherwise: string;
  sources: TargetSource[];
  /** What a reader must know: it is deprecated, it is a hint alone. */
  caution?: string;
  /** Every node, bodies' behind the node that they belong to; null where nothing public says it of single layers. */
  layers: TargetLayer[] | null;
  /** Present where layers are. */
  summary?: TargetSummary;
  changes?: TargetChange[];
  /** Of targets that plan an arena of their own in RAM. */
  memory?: TargetMemory;
}

/** A public document, and as of when it was read. */
export interface TargetSource {
  title: string;
  url: string;
  version: string;
  looked: string;
}

/** constant: it is computed before the model runs. */
export type Placement = 'there' | 'falls back' | 'unknown' | 'constant';

export interface TargetLayer {
  /** As `inspect` has it. */
  id: string;
  name: string;
  op: string;
  depth: number;
  where: Placement;
  /** The rule that it does not meet, or of which that is not known. */
  rule?: string;
  reason?: string;
  fix?: string;
  /** Of its own, without bodies; null = unknown, then `knownMacs` is the rest. */
  macs: number | null;
  knownMacs: number;
}

export interface TargetSummary {
  /** Layers; constants are none of them. */
  there: number;
  fallsBack: number;
  unknown: number;
  macs: number | null;
  knownMacs: number;
  /** Of the layers that are known to run there. */
  macsThere: number;
  /** Of all MACs; null where they are not known or there are none. */
  share: number | null;
  /** Where some layers are unknown the share and the counts are the least. */
  atLeast: boolean;
  /**
   * Runs of layers there, and changes from there to elsewhere or back, when each part of the device runs as much as the
   * layers' inputs allow before the other goes on.
   */
  partitions: number;
  switches: number;
}

/** Something to change, and what it would bring there. */
export interface TargetChange {
  rule: string;
  fix: string;
  ops: string[];
  layers: number;
  macs: number;
  /** Id of the first of them. */
  first: string;
}

export interface TargetMemory {
  /** The whole arena; null where a size is not known. */
  bytes: number | null;
  /** Of activations, whose places are shared over time. */
  activations: number | null;
  /** Of what the interpreter keeps of each tensor and operator. */
  persistent: number;
}

/** Whether a model has room on a device. */
export interface DeviceFit {
  /** Id and name of the device's profile. */
  device: string;
  name: string;
  flash: Room;
  ram: Room;
  /** What needs the RAM. */
  ramOf: string;
  /** The least that a run takes because every weight must come from memory; null: the bandwidth is not known. */
  weightsMs: number | null;
  source: TargetSource;
}

/** Bytes; null = not known. */
export interface Room {
  needed: number | null;
  has: number | null;
  /** Below 0: so much is missing. */
  left: number | null;
}

/** A run on the device against sending its input to a server. */
export interface ServerComparison {
  assumed: { uplink: number; roundTrip: number; faster: number };
  inputBytes: number | null;
  sendMs: number | null;
  /** As it was measured; null: it was not. */
  deviceMs: number | null;
  serverMs: number | null;
  /** A run that takes longer than this on the device is faster on the server; null: never, or not known. */
  breakEvenMs: number | null;
}

/** What `caliper targets` prints of a model: all that is asked, each target by its numbers. */
export interface TargetsReport {
  version: number;
  file: string;
  targets: Omit<TargetReport, 'version' | 'file'>[];
  devices: DeviceFit[];
  server: ServerComparison;
}
