import { readFileSync, statSync } from 'node:fs';
import { type RunningModel, readRunning } from '../formats/tflite/running';
import type { DataType } from '../model/dataType';
import { ModelError } from '../model/modelError';
import type { Engine, Feeds, RuntimeTensor, Session, SessionOptions, Signature } from './engine';
import { withSentences } from './engineFailure';
import { onThisComputer, TFJS_TFLITE, TFJS_TFLITE_VERSION } from './engineNames';
import { feedsFrom } from './feeds';
import {
  cannotRun,
  describeTfliteFailure,
  ELSEWHERE,
  requireFeed,
  requireOneThread,
  requireSize,
} from './tfliteErrors';
import { emptyData, viewBytes } from './typedArrays';
import { loadWasm, place, type WasmModule } from './wasmModule';

/** What Emscripten's bindings give must be deleted by hand. */
interface Handle {
  delete(): void;
}

interface NativeVector<T> extends Handle {
  size(): number;
  get(index: number): T;
}

interface NativeTensor {
  readonly dataType: string;
  /** Numbers with commas between them. */
  readonly shape: string;
  /** A view of the engine's memory. */
  data(): ArrayBufferView;
}

interface Runner extends Handle {
  GetInputs(): NativeVector<NativeTensor>;
  GetOutputs(): NativeVector<NativeTensor>;
  Infer(): boolean;
}

interface Classes extends WasmModule {
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      address: number,
      bytes: number,
      options: { numThreads: number; enableProfiling: boolean; maxProfilingBufferEntries: number },
    ): Handle & { ok(): boolean; value(): Runner; errorMessage(): string };
  };
}

interface Tflite {
  readonly classes: Classes;
  /** What it printed since this was last emptied. */
  readonly log: string[];
}

let running: Promise<Tflite> | undefined;

async function start(): Promise<Tflite> {
  const log: string[] = [];
  const build = {
    package: '@tensorflow/tfjs-tflite',
    name: 'tflite_web_api_cc_simd',
    factory: 'tflite_web_api_ModuleFactory',
  };
  return { classes: await loadWasm<Classes>(build, (line) => log.push(line)), log };
}

/** TensorFlow Lite of 2023: slower on many models, but it keeps states and computes shapes, which LiteRT.js does not. */
export const tfjsTflite: Engine = withSentences(
  {
    name: onThisComputer(TFJS_TFLITE),
    notes: [ELSEWHERE],
    reports: [{ name: 'TensorFlow Lite', version: TFJS_TFLITE_VERSION, webAssembly: true }],
    passes: (type) => type !== null && TYPES.has(type),
    async load(path: string, options: SessionOptions): Promise<Session> {
      requireSize(TFJS_TFLITE, path, statSync(path).size);
      requireOneThread(TFJS_TFLITE, path, options.threads, 'it has one thread.');
      const model = readRunning(path);
      running ??= start();
      return new TfliteSession(await running, path, model);
    },
  },
  (path, error) => {
    // Its memory cannot be trusted afterwards.
    running = undefined;
    return describeTfliteFailure(TFJS_TFLITE, path, [], error);
  },
);

class TfliteSession implements Session {
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
  readonly #address: number;
  readonly #bytes: number;
  #runner: Runner;
  /** What the inputs hold. */
  #placed: Feeds | undefined;

  constructor(
    private readonly engine: Tflite,
    private readonly path: string,
    private readonly model: RunningModel,
  ) {
    const bytes = readFileSync(path);
    this.#address = place(engine.classes, bytes);
    this.#bytes = bytes.length;
    this.#runner = this.#start();
    this.inputs = this.#signatures(this.#runner.GetInputs(), model.inputs);
    this.outputs = this.#signatures(this.#runner.GetOutputs(), model.outputs);
  }

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    // Every sample is answered by itself, as if the model had just been loaded.
    if (this.model.stateful) {
      this.#runner.delete();
      this.#runner = this.#start();
    }
    this.#placed = undefined;
    await this.invoke(feeds);
    const results = this.#runner.GetOutputs();
    const outputs = feedsFrom();
    this.model.outputs.forEach(({ name }, at) => {
      if (fetches === undefined || fetches.includes(name)) outputs[name] = this.#read(results.get(at));
    });
    results.delete();
    return outputs;
  }

  async invoke(feeds: Feeds): Promise<void> {
    this.#guarded(() => {
      if (this.#placed !== feeds) this.#place(feeds);
      if (!this.#runner.Infer()) throw new Error('It stopped in the middle of a run.');
    });
  }

  #place(feeds: Feeds): void {
    const inputs = this.#runner.GetInputs();
    this.inputs.forEach((input, at) => {
      const bytes = viewBytes(requireFeed(TFJS_TFLITE, this.path, input, feeds));
      const { buffer, byteOffset, byteLength } = inputs.get(at).data();
      new Uint8Array(buffer, byteOffset, byteLength).set(bytes);
    });
    inputs.delete();
    this.#placed = feeds;
  }

  #read(tensor: NativeTensor): RuntimeTensor {
    const type = this.#typeOf(tensor);
    const view = tensor.data();
    const shape = shapeOf(tensor);
    const data = emptyData(
      type,
      shape.reduce((count, size) => count * size, 1),
    );
    if (data === null || Array.isArray(data) || data.byteLength !== view.byteLength)
      throw cannotRun(TFJS_TFLITE, this.path, `it has an output of type ${type}, which cannot be read.`);
    viewBytes(data).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return { type, shape, data };
  }

  #start(): Runner {
    return this.#guarded(() => {
      const options = { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 0 };
      const created = this.engine.classes.TFLiteWebModelRunner.CreateFromBufferAndOptions(
        this.#address,
        this.#bytes,
        options,
      );
      if (!created.ok()) throw new Error(created.errorMessage());
      return created.value();
    });
  }

  /** What the engine only logs is a failure like one that it throws. */
  #guarded<T>(work: () => T): T {
    const { log } = this.engine;
    log.length = 0;
    let result: T;
    try {
      result = work();
    } catch (error) {
      if (!(error instanceof ModelError)) running = undefined;
      throw describeTfliteFailure(TFJS_TFLITE, this.path, log, error);
    }
    if (log.some((line) => line.includes('ERROR'))) {
      running = undefined;
      throw describeTfliteFailure(TFJS_TFLITE, this.path, log);
    }
    return result;
  }

  #signatures(tensors: NativeVector<NativeTensor>, ports: RunningModel['inputs']): Signature[] {
    const signatures = ports.map((port, at) => {
      const tensor = tensors.get(at);
      return { ...port, type: this.#typeOf(tensor), shape: shapeOf(tensor) };
    });
    tensors.delete();
    return signatures;
  }

  #typeOf({ dataType }: NativeTensor): DataType {
    const type = TYPES.get(dataType);
    if (type === undefined)
      throw cannotRun(TFJS_TFLITE, this.path, `it has an input or output of type ${dataType}.`);
    return type;
  }

  async close(): Promise<void> {
    this.#runner.delete();
    this.engine.classes._free(this.#address);
  }
}

/** Types whose elements it hands out as they are. */
const TYPES: ReadonlyMap<string, DataType> = new Map(
  (['float32', 'int32', 'uint8', 'int8', 'int16', 'uint32', 'bool', 'float64'] as const).map((type) => [
    type,
    type,
  ]),
);

function shapeOf({ shape }: NativeTensor): number[] {
  return shape === '' ? [] : shape.split(',').map(Number);
}
