import { readFileSync, statSync } from 'node:fs';
import { dropSignatures } from '../formats/tflite/dropSignatures';
import { type RunningModel, readRunning } from '../formats/tflite/running';
import { elementCount } from '../model/dataType';
import { ModelError } from '../model/modelError';
import type { Engine, Feeds, RuntimeTensor, Session, SessionOptions, Signature } from './engine';
import { withSentences } from './engineFailure';
import { LITERT_WASM, LITERT_WASM_VERSION, onThisComputer } from './engineNames';
import { feedsFrom } from './feeds';
import {
  type CompiledModel,
  discardLiteRt,
  hasThreads,
  type LiteRt,
  listOf,
  liteRt,
  type NativeModel,
  type TensorBuffer,
  type TensorType,
  withDimensions,
} from './litertModule';
import { elementType, PORT_TYPES } from './litertTypes';
import {
  cannotRun,
  describeTfliteFailure,
  ELSEWHERE,
  requireFeed,
  requireOneThread,
  requireSize,
} from './tfliteErrors';
import { emptyData, type NumericData, viewBytes } from './typedArrays';
import { place } from './wasmModule';

/** Written over outputs before they are freed: what is there after the next run was not written by that run. */
const SENTINEL = 0xa5;

/** LiteRT as it runs in a browser: the build that needs no native code. */
export const litert: Engine = withSentences(
  {
    name: onThisComputer(LITERT_WASM),
    notes: [ELSEWHERE],
    reports: [{ name: 'LiteRT', version: LITERT_WASM_VERSION, webAssembly: true }],
    passes: (type) => type !== null && PORT_TYPES.has(type),
    async load(path: string, options: SessionOptions): Promise<Session> {
      requireSize(LITERT_WASM, path, statSync(path).size);
      if (!hasThreads)
        requireOneThread(
          LITERT_WASM,
          path,
          options.threads,
          'it has one thread where Node is older than version 22.',
        );
      const running = readRunning(path);
      if (running.computedShape !== null) {
        // It would take the shapes that the file states for true, and write past the end of its memory.
        const what = `the shape of "${running.computedShape}" is only known once the model runs,`;
        throw cannotRun(LITERT_WASM, path, `${what} which this engine is not made for.`);
      }
      const engine = await liteRt();
      const session = await guarded(engine, path, () => load(engine, path, running, options.threads));
      try {
        await session.prove();
        return session;
      } catch (error) {
        discardLiteRt();
        throw error;
      }
    },
  },
  (path, error) => {
    // Its memory cannot be trusted afterwards.
    discardLiteRt();
    return describeTfliteFailure(LITERT_WASM, path, [], error);
  },
);

async function load(engine: LiteRt, path: string, running: RunningModel, threads: number) {
  const { classes, environment } = engine;
  const bytes = readFileSync(path);
  dropSignatures(bytes);
  const address = place(classes, bytes);
  const model = classes.loadModel(environment, address, bytes.length);
  const compiled = await classes.compileModel(environment, model, {
    environment: {},
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
    gpuOptions: {},
    webNNOptions: {},
  });
  return new LiteRtSession(engine, path, running, { address, model, compiled });
}

/** What LiteRT only logs is a failure like one that it throws. Afterwards its memory cannot be trusted. */
async function guarded<T>(engine: LiteRt, path: string, work: () => T | Promise<T>): Promise<T> {
  engine.log.length = 0;
  let result: T;
  try {
    result = await work();
  } catch (error) {
    if (!(error instanceof ModelError)) discardLiteRt();
    throw describeTfliteFailure(LITERT_WASM, path, engine.log, error);
  }
  if (engine.log.some((line) => line.includes('ERROR'))) {
    discardLiteRt();
    throw describeTfliteFailure(LITERT_WASM, path, engine.log);
  }
  return result;
}

interface Loaded {
  /** Of the file in the engine's memory, where the weights stay. */
  readonly address: number;
  readonly model: NativeModel;
  readonly compiled: CompiledModel;
}

interface Port extends Signature {
  readonly shape: readonly number[];
}

class LiteRtSession implements Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #buffers: TensorBuffer[];
  /** What the input buffers hold. */
  #placed: Feeds | undefined;

  constructor(
    private readonly engine: LiteRt,
    private readonly path: string,
    running: RunningModel,
    private readonly loaded: Loaded,
  ) {
    const { model } = loaded;
    const types = running.inputs.map((_, at) => model.getInputTensorType(0, at));
    this.inputs = running.inputs.map((port, at) => this.#port(port, types[at]));
    this.outputs = running.outputs.map((port, at) => this.#port(port, model.getOutputTensorType(0, at)));
    const { classes, environment } = engine;
    this.#buffers = types.map((type, at) => {
      const { shape = [] } = this.inputs[at] ?? {};
      const open = listOf(type.layout().dimensions()).some((size) => size < 0);
      const closed = open ? withDimensions(engine, type, shape) : type;
      const { HOST_MEMORY } = classes.LiteRtTensorBufferType;
      return classes.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, closed, closed.bytes());
    });
  }

  /**
   * Two runs on zeros. Some models "run" without computing anything: their outputs keep what lay in memory before,
   * or the second run fails. Throws ModelError.
   */
  async prove(): Promise<void> {
    const feeds = feedsFrom(
      this.inputs.map(
        ({ name, type, shape }) => [name, { type, shape, data: this.#zeros({ type, shape }) }] as const,
      ),
    );
    const [first, second] = [await this.#trial(feeds), await this.#trial(feeds)];
    const doubtful = this.outputs.find((_, at) => !sameBytes(first[at], second[at]));
    if (doubtful !== undefined) {
      throw this.#error(`two runs on the same inputs gave different values of "${doubtful.name}".`);
    }
  }

  async #trial(feeds: Feeds): Promise<Uint8Array[]> {
    const { READ } = this.engine.classes.LiteRtTensorBufferLockMode;
    const outputs = await this.#execute(feeds);
    return outputs.map((output, at) => {
      const { HEAPU8 } = this.engine.classes;
      const start = output.lock(READ);
      const end = start + output.packedSize();
      const bytes = HEAPU8.slice(start, end);
      HEAPU8.fill(SENTINEL, start, end);
      output.unlock();
      output.delete();
      const port = this.outputs[at];
      if (port !== undefined && bytes.length !== this.#zeros(port).byteLength)
        throw this.#error(`"${port.name}" has another shape than the file states.`);
      return bytes;
    });
  }

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    // The caller may have changed what is in them since.
    this.#placed = undefined;
    const results = await this.#execute(feeds);
    const outputs = feedsFrom();
    results.forEach((result, at) => {
      const port = this.outputs[at];
      if (port !== undefined && (fetches === undefined || fetches.includes(port.name)))
        outputs[port.name] = this.#read(result, port);
      result.delete();
    });
    return outputs;
  }

  async invoke(feeds: Feeds): Promise<void> {
    for (const output of await this.#execute(feeds)) output.delete();
  }

  #execute(feeds: Feeds): Promise<TensorBuffer[]> {
    return guarded(this.engine, this.path, () => {
      if (this.#placed !== feeds) this.#place(feeds);
      return this.loaded.compiled.run(0, this.#buffers);
    });
  }

  #place(feeds: Feeds): void {
    const { WRITE } = this.engine.classes.LiteRtTensorBufferLockMode;
    this.inputs.forEach((port, at) => {
      const bytes = viewBytes(requireFeed(LITERT_WASM, this.path, port, feeds));
      const buffer = this.#buffers[at];
      const start = buffer?.lock(WRITE);
      if (start !== undefined) this.engine.classes.HEAPU8.set(bytes, start);
      buffer?.unlock();
    });
    this.#placed = feeds;
  }

  #read(buffer: TensorBuffer, port: Port): RuntimeTensor {
    const data = this.#zeros(port);
    const start = buffer.lock(this.engine.classes.LiteRtTensorBufferLockMode.READ);
    viewBytes(data).set(this.engine.classes.HEAPU8.subarray(start, start + data.byteLength));
    buffer.unlock();
    return { type: port.type, shape: port.shape, data };
  }

  #port(port: RunningModel['inputs'][number], native: TensorType | undefined): Port {
    const type = native === undefined ? null : elementType(native.elementType().value);
    if (type === null) throw this.#error(`"${port.name}" is of a type that it cannot be given or asked for.`);
    return { ...port, type };
  }

  #zeros({ type, shape }: Omit<Port, 'name'>): NumericData {
    const data = emptyData(type, elementCount(shape) ?? 0);
    if (data === null || Array.isArray(data)) throw this.#error(`it has an input or output of type ${type}.`);
    return data;
  }

  #error(reason: string) {
    return cannotRun(LITERT_WASM, this.path, reason);
  }

  async close(): Promise<void> {
    for (const buffer of this.#buffers) buffer.delete();
    this.loaded.compiled.delete();
    this.loaded.model.delete();
    this.engine.classes._free(this.loaded.address);
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
