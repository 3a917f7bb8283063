import { loadWasm, threadsCanStart, type WasmBuild, type WasmModule } from './wasmModule';

/** What Emscripten's bindings give must be deleted by hand. */
export interface Handle {
  delete(): void;
}

export interface NativeVector<T> extends Handle {
  size(): number;
  get(index: number): T;
}

export interface TensorType extends Handle {
  elementType(): { readonly value: number };
  layout(): Handle & { dimensions(): NativeVector<number> };
  bytes(): number;
}

export interface TensorBuffer extends Handle {
  /** Address of the elements. */
  lock(mode: unknown): number;
  unlock(): void;
  packedSize(): number;
}

export interface Signature extends Handle {
  inputNames(): NativeVector<string>;
  outputNames(): NativeVector<string>;
}

export interface NativeModel extends Handle {
  getSignature(index: number): Signature;
  getInputTensorType(signature: number, input: number): TensorType;
  getOutputTensorType(signature: number, output: number): TensorType;
}

export interface CompiledModel extends Handle {
  run(signature: number, inputs: readonly TensorBuffer[]): TensorBuffer[];
}

/**
 * The classes inside LiteRT.js. Its public interface refuses int8 inputs and outputs, which is what quantized
 * models have, so these are used directly.
 */
interface Classes extends WasmModule {
  setupLogging(): void;
  readonly LiteRtEnvironment: { create(device: null): Handle };
  loadModel(environment: Handle, address: number, bytes: number): NativeModel;
  compileModel(environment: Handle, model: NativeModel, options: object): Promise<CompiledModel>;
  readonly LiteRtTensorBuffer: {
    createManaged(environment: Handle, kind: unknown, type: TensorType, bytes: number): TensorBuffer;
  };
  readonly VectorInt32: new () => NativeVector<number> & { push_back(value: number): void };
  readonly LiteRtLayout: { create(dimensions: NativeVector<number>): Handle };
  readonly LiteRtRankedTensorType: {
    create(element: { readonly value: number }, layout: Handle): TensorType;
  };
  readonly LiteRtTensorBufferType: { readonly HOST_MEMORY: unknown };
  readonly LiteRtTensorBufferLockMode: { readonly READ: unknown; readonly WRITE: unknown };
}

/** A running copy of LiteRT. */
export interface LiteRt {
  readonly classes: Classes;
  readonly environment: Handle;
  /** What it printed since this was last emptied. */
  readonly log: string[];
}

/** A type with these dimensions instead of its own, some of which may be open. */
export function withDimensions(
  { classes }: LiteRt,
  type: TensorType,
  dimensions: readonly number[],
): TensorType {
  const vector = new classes.VectorInt32();
  for (const dimension of dimensions) vector.push_back(dimension);
  const layout = classes.LiteRtLayout.create(vector);
  vector.delete();
  return classes.LiteRtRankedTensorType.create(type.elementType(), layout);
}

/** The elements of a native vector; deletes it. */
export function listOf<T>(vector: NativeVector<T>): T[] {
  const items = Array.from({ length: vector.size() }, (_, index) => vector.get(index));
  vector.delete();
  return items;
}

const COMPATIBLE: WasmBuild = {
  package: '@litertjs/core',
  name: 'litert_wasm_compat_internal',
  factory: 'ModuleFactory',
};
/** With relaxed SIMD and threads. */
const THREADED: WasmBuild = { ...COMPATIBLE, name: 'litert_wasm_threaded_internal' };

/** A function of one instruction, `i8x16.relaxed_swizzle`: Node has it from version 22 on. */
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 32, 0, 32, 1,
  253, 128, 2, 11,
]);

export const hasThreads = threadsCanStart(THREADED.name) && WebAssembly.validate(RELAXED_SIMD);

let running: Promise<LiteRt> | undefined;

/** Started at first use, which takes seconds. */
export function liteRt(): Promise<LiteRt> {
  running ??= start();
  return running;
}

/** After a failure inside it, its memory cannot be trusted: the next one gets a fresh copy. */
export function discardLiteRt(): void {
  running = undefined;
}

async function start(): Promise<LiteRt> {
  const log: string[] = [];
  const classes = await loadWasm<Classes>(hasThreads ? THREADED : COMPATIBLE, (line) => log.push(line));
  classes.setupLogging();
  return { classes, environment: classes.LiteRtEnvironment.create(null), log };
}
