import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DataType } from '../model/dataType';
import { InstallationError, ModelError } from '../model/modelError';
import type {
  Engine,
  Feeds,
  Profiler,
  RuntimeData,
  RuntimeTensor,
  Session,
  SessionOptions,
  Signature,
} from './engine';
import { feedsFrom } from './feeds';
import { describeFailure } from './onnxruntimeErrors';
import { bfloat16Problem, type InMemory, withSizesInline, withWeightsMapped } from './onnxruntimeModels';
import { profilerCost } from './onnxruntimeProfilerCost';
import { readProfile, saveTrace } from './onnxruntimeTrace';

type OnnxRuntime = typeof import('onnxruntime-node');

/** ORT_LOGGING_LEVEL_ERROR: its warnings are about its own optimizer and would fill the log. */
const LOG_ERRORS_ONLY = 3;

let loaded: OnnxRuntime | undefined;

/** Loaded at first use: the native library takes 30 MB, and whoever only needs the engine's type need not pay. */
async function library(): Promise<OnnxRuntime> {
  if (loaded === undefined) {
    // From version 1.29 on it sends names and hashes of models to its maker, and leaves files in the folder for
    // temporary ones, unless this is set before it is loaded. Models that are opened here are the user's own affair.
    process.env['ORT_DISABLE_TELEMETRY'] = '1';
    loaded = await import('onnxruntime-node').catch((error: unknown) => {
      throw InstallationError.of('onnxruntime-node', error);
    });
    loaded.env.logLevel = 'error';
  }
  return loaded;
}

/** ONNX Runtime on the CPU. */
export const onnxRuntime: Engine = {
  /** The version is known once a model was loaded. */
  get name() {
    return `ONNX Runtime ${loaded?.env.versions.node ?? ''}`.trimEnd();
  },
  get profiler() {
    return profiler;
  },
  async load(path: string, options: SessionOptions): Promise<Session> {
    try {
      const ort = await library();
      const session = await create(ort, path, options);
      return new OnnxRuntimeSession(ort, path, session, options);
    } catch (error) {
      throw bfloat16Problem(path, String(error)) ?? describeFailure(error, path, 'loaded');
    }
  },
};

async function create(ort: OnnxRuntime, path: string, options: SessionOptions): Promise<InferenceSession> {
  const fromMemory = ({ bytes, folder }: InMemory) => {
    const session = { model_external_initializers_file_folder_path: folder };
    return ort.InferenceSession.create(bytes, { ...settings(options), extra: { session } });
  };
  if (options.untimed) {
    try {
      const mapped = withWeightsMapped(path);
      if (mapped !== null) return await fromMemory(mapped);
    } catch {
      // What is wrong with the model is said of the file itself.
    }
  }
  try {
    return await ort.InferenceSession.create(path, settings(options));
  } catch (error) {
    const inline = withSizesInline(path, String(error));
    if (inline === null) throw error;
    return fromMemory(inline);
  }
}

const profiler: Profiler = {
  read: readProfile,
  cost: (threads, folder) => profilerCost(onnxRuntime, threads, folder),
  saveTrace,
};

function settings(options: SessionOptions): InferenceSession.SessionOptions {
  const level = options.optimization ?? 'all';
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: level === 'none' ? 'disabled' : level,
    logSeverityLevel: LOG_ERRORS_ONLY,
    ...(options.dims === undefined ? {} : { freeDimensionOverrides: options.dims }),
    ...(options.profilePrefix === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
    ...(options.optimizedModelPath === undefined
      ? {}
      : { optimizedModelFilePath: options.optimizedModelPath }),
  };
}

class OnnxRuntimeSession implements Session {
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];

  constructor(
    private readonly ort: OnnxRuntime,
    private readonly path: string,
    private readonly session: InferenceSession,
    private readonly options: SessionOptions,
  ) {
    const strange = session.inputMetadata.find((input) => !input.isTensor);
    if (strange !== undefined) {
      throw new ModelError(`The input "${strange.name}" is a sequence or a map, which cannot be fed here.`, {
        file: path,
      });
    }
    this.inputs = session.inputMetadata.flatMap(signature);
    // Sequences and maps (classifiers of scikit-learn give them) cannot be fetched; the tensors beside them can.
    this.outputs = session.outputMetadata.flatMap(signature);
    if (this.outputs.length === 0)
      throw new ModelError('The model has no output that is a tensor.', { file: path });
  }

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    const names = fetches ?? this.outputs.map((output) => output.name);
    try {
      const { Tensor } = this.ort;
      const given: Record<string, Tensor> = Object.create(null);
      for (const { name } of this.inputs) {
        const feed = feeds[name];
        if (feed === undefined)
          throw new ModelError(`The input "${name}" was not given.`, { file: this.path });
        given[name] = toTensor(Tensor, feed);
      }
      const results = await this.session.run(given, names);
      return feedsFrom(
        Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor as Tensor)] as const),
      );
    } catch (error) {
      throw describeFailure(error, this.path, 'run');
    }
  }

  async close(): Promise<void> {
    if (this.options.profilePrefix !== undefined) this.session.endProfiling();
    await this.session.release();
  }
}

function signature(value: InferenceSession.ValueMetadata): Signature[] {
  if (!value.isTensor) return [];
  const shape = value.shape.map((dimension) => (dimension === '' ? null : dimension));
  return [{ name: value.name, type: value.type as DataType, shape }];
}

/**
 * Where JavaScript has a Float16Array (Node 24, and so the editor) the engine's tensor makes one of float16, whose bytes
 * its native part does not find; it finds those of the bits.
 */
function toTensor(Tensor: OnnxRuntime['Tensor'], { type, data, shape }: RuntimeTensor): Tensor {
  const tensor = new Tensor(type as Tensor.Type, data as Float32Array, shape);
  if (tensor.data !== data) Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
}

/** Where JavaScript has a Float16Array the engine gives one; the bits are what the rest of the house expects. */
function fromTensor(tensor: Tensor): RuntimeTensor {
  const data = tensor.data as RuntimeData;
  const isBits = tensor.type !== 'float16' || data instanceof Uint16Array;
  return {
    type: tensor.type as DataType,
    shape: tensor.dims,
    data: isBits ? data : bits(data as unknown as Uint16Array),
  };
}

function bits(halves: ArrayBufferView): Uint16Array {
  return new Uint16Array(halves.buffer, halves.byteOffset, halves.byteLength / 2);
}
