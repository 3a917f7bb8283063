/** What runs a model on a phone: LiteRT's plain kernels, its XNNPACK delegate, or a delegate of the phone's own. */
export const DELEGATES = ['cpu', 'xnnpack', 'gpu', 'nnapi'] as const;
export type Delegate = (typeof DELEGATES)[number];

/** Where a latency is measured, when that is not this computer. */
export interface DeviceChoice {
  /** Serial number of a device of adb, `adb` where there is but one, or `ssh:user@host`. */
  id: string;
  /** Of a device of adb. */
  delegate: Delegate;
  /** What people call it, for showing the choice. */
  name?: string;
}

/** Programs that reach devices and measure there; null: they are looked for. Never from a workspace. */
export interface DevicePrograms {
  adb: string | null;
  /** LiteRT's `benchmark_model`, built for the phone. */
  benchmarkModel: string | null;
  /** The command `caliper` on a board, by its address `ssh:user@host`; '' stands for all others. */
  remoteCaliper: Readonly<Record<string, string>>;
}

export const DEFAULT_PROGRAMS: DevicePrograms = { adb: null, benchmarkModel: null, remoteCaliper: {} };

/** Id of the computer that the program runs on. */
export const THIS_COMPUTER = 'computer';

/** Stands for the phone where only one is connected. */
export const ONLY_PHONE = 'adb';

/** How boards are told from phones. */
export const SSH_PREFIX = 'ssh:';

/** A place where models are measured. null = unknown. */
export interface DeviceReport {
  /** What `--device` takes: a serial number, `ssh:user@host`, or `computer`. */
  id: string;
  kind: 'computer' | 'adb' | 'ssh';
  /** What people call it: the model, else the address. */
  name: string;
  model: string | null;
  soc: string | null;
  /** Operating system and version. */
  system: string | null;
  abi: string | null;
  /** unknown: nobody asked it. */
  state: 'ready' | 'unauthorized' | 'offline' | 'unreachable' | 'unknown';
  /** Why it cannot be used and what to do, in a sentence. */
  problem?: string;
}

export interface DevicesReport {
  version: number;
  devices: DeviceReport[];
  /** Why there may be more devices than are listed, in sentences: adb is missing. */
  problems: string[];
}

/** How warm and how fast a device was, as far as it tells. */
export interface DeviceConditions {
  /** Degrees Celsius. */
  batteryTemperature: number | null;
  /** Of the hottest sensor of the processor. */
  cpuTemperature: number | null;
  /** Frequency of each core, in MHz. */
  frequencies: number[] | null;
  /** Android's thermal status: 0 none, 1 light, 2 moderate, 3 severe and above. */
  thermalStatus: number | null;
}
