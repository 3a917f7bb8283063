/** What can be imported, for sentences and help. */
export const IMPORTED_FILES =
  'output of LiteRT’s benchmark_model (text or CSV), JSON of litert-benchmark, or a profile of ONNX Runtime';

/** Latencies that were measured elsewhere, laid over a model: `caliper profile --import`. null = unknown. */
export interface ImportedProfile {
  version: number;
  /** The model that they are laid over. */
  file: string;
  /** The file that they were read from. */
  source: string;
  /** What wrote that file, such as `benchmark_model`. */
  tool: string;
  device: ImportedDevice;
  /** As the file says it; few say its version. */
  engine: string;
  threads: number | null;
  /** Runs that were timed. */
  runs: number | null;
  /** null: the file says what operators take, but not the whole. */
  latencyMs: ImportedLatency | null;
  /** What the times of the rows are over the runs. */
  rowStatistic: Statistic;
  /** In the order of the model's nodes, all of them. Empty where the file says nothing of operators. */
  layers: ImportedLayer[];
  /** Rows of the file that are no layer's, or of which it cannot be told whose they are. */
  others: ImportedRow[];
  /** How many of `others` may be layers of the model. */
  unattributed: number;
  /** Sentences that a reader of the figures must know. */
  notes: string[];
}

export interface ImportedDevice {
  kind: 'imported';
  /** What the user calls it, else `imported from FILE`: none of the files that are read names its device. */
  name: string;
}

export type Statistic = 'average' | 'median';

/** Over all runs after warming up. There is no interval, because the files say nothing that one could be made of. */
export interface ImportedLatency {
  statistic: Statistic;
  value: number;
  min: number | null;
  max: number | null;
  ci95: null;
}

export interface ImportedLayer {
  /** As `inspect` has it. */
  id: string;
  name: string;
  op: string;
  /** Milliseconds a run; null: the file has no row for it, or none that it is sure of. */
  ms: number | null;
  /** Of the sum of all rows. */
  share: number | null;
  /** The layer whose row holds its time, or what became of it. */
  fusedInto?: string;
  /** Present where that is a layer. */
  fusedIntoId?: string;
}

export interface ImportedRow {
  name: string;
  op: string;
  ms: number | null;
  share: number | null;
  /** engine: added by the engine, or several layers that it runs as one. unattributed: perhaps a layer, but not told which. */
  kind: 'engine' | 'unattributed';
}
