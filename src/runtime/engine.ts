import type { DataType } from '../model/dataType';

/** Something that runs models of a format. Only ever loaded in a child process: native code can crash. */
export interface Engine {
  /** As it is shown: `ONNX Runtime 1.30.0`. */
  readonly name: string;
  load(path: string, options: SessionOptions): Promise<Session>;
}

export interface SessionOptions {
  threads: number;
  /** `all` unless a caller needs the graph as it is written. */
  optimization?: 'all' | 'extended' | 'basic' | 'none';
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
  /** Ends profiling (if any) and frees what the session holds. */
  close(): Promise<void>;
}

export interface Signature {
  readonly name: string;
  readonly type: DataType;
  /** Symbolic dimensions by name, null where unnamed. */
  readonly shape: readonly (number | string | null)[];
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
