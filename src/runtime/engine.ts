import type { EngineRow } from '../formats/profiling';
import type { DataType } from '../model/dataType';
import type { EngineReport } from '../protocol/reports';

/** Something that runs models of a format. Only ever loaded in a child process: native code can crash. */
export interface Engine {
  /** As it is shown: `ONNX Runtime 1.30.0`. */
  readonly name: string;
  /** What reports say of it beyond the name, where there is more to say. */
  readonly reports?: readonly EngineReport[];
  load(path: string, options: SessionOptions): Promise<Session>;
  /** Sentences that a reader of what it measured must know. */
  readonly notes?: readonly string[];
  /** Absent where the engine cannot say what each layer takes. */
  readonly profiler?: Profiler;
  /** Whether inputs and outputs can be of a type (null: one of no elements). Absent where it depends. */
  passes?(type: DataType | null): boolean;
}

/** Reads what sessions with a `profilePrefix` wrote. */
export interface Profiler {
  /** Milliseconds that a model, and a row on average, must take for rows to say much; absent: any. */
  readonly least?: { readonly modelMs: number; readonly rowMs: number };
  /** null: a run had more entries than the engine can hold. */
  read(profilePrefix: string): Promise<EngineProfile | null>;
  /** What the profiler itself adds to what it measures; `folder` is for temporary files. */
  cost(threads: number, folder: string): Promise<ProfilerCost>;
  /** Writes the profile as a trace that Perfetto opens, with other names for the rows. */
  saveTrace(profilePrefix: string, names: ReadonlyMap<string, string>, target: string): Promise<void>;
}

export interface EngineProfile {
  readonly rows: readonly ProfiledRow[];
  /** Runs that the profile holds, warm-up included. */
  readonly runs: number;
  /** Entries of the profile. */
  readonly events: number;
}

export interface ProfiledRow extends EngineRow {
  /** One for each run, in order. A row that did not run in one has zeros there. */
  readonly runs: readonly RowRun[];
}

export interface RowRun {
  /** Microseconds that it took itself, without the rows that ran inside it. */
  readonly microseconds: number;
  /** How often it ran: loops run their bodies many times. */
  readonly calls: number;
  /** Rows that ran directly inside it. */
  readonly nested: number;
}

/** Microseconds that the profiler adds for each entry. */
export interface ProfilerCost {
  /** To the entry's own time. */
  readonly inside: number;
  /** Before and after it: this falls into the time of the row around it, if there is one. */
  readonly outside: number;
}

export interface SessionOptions {
  threads: number;
  /** `all` unless a caller needs the graph as it is written. */
  optimization?: 'all' | 'extended' | 'basic' | 'none';
  /** Nobody times the session: its weights need not lie in memory as they would for who uses the model. */
  untimed?: boolean;
  /** Values of symbolic dimensions. */
  dims?: Readonly<Record<string, number>>;
  /** Collect a profile into files that begin with this path. */
  profilePrefix?: string;
  /** Write the graph that the engine made of the model to this path. */
  optimizedModelPath?: string;
}

export interface Session {
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
  /** All outputs, or those named in `fetches`. */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds>;
  /**
   * A run for its time alone: the outputs stay where they are, and the same object as in the run before is taken
   * for the same inputs, which are not copied again. Absent where `run` copies nothing.
   */
  invoke?(feeds: Feeds): Promise<void>;
  /**
   * Milliseconds of such a run by the engine's own clock, where the way to the engine and back would count as well.
   * Absent where the caller's clock is as good.
   */
  time?(feeds: Feeds): Promise<number>;
  /** Ends profiling (if any) and frees what the session holds. */
  close(): Promise<void>;
}

export interface Signature {
  readonly name: string;
  readonly type: DataType;
  /** Symbolic dimensions by name, null where unnamed. */
  readonly shape: readonly (number | string | null)[];
  /** What its integers stand for, where the file says so. */
  readonly quantization?: Quantized;
}

/** real = scale · (stored − zeroPoint) */
export interface Quantized {
  readonly scale: number;
  readonly zeroPoint: number;
}

export type Feeds = Record<string, RuntimeTensor>;

export interface RuntimeTensor {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** The engine's own array: Float32Array, BigInt64Array, Uint16Array for float16, Uint8Array for bool … */
  readonly data: RuntimeData;
}

export type RuntimeData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];
