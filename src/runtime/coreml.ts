import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchPrefix } from '../files/owner';
import type { DataType } from '../model/dataType';
import { ModelError } from '../model/modelError';
import { bitmap } from './bitmap';
import { CoreMlProcess, type CoreMlProgram, isRecord } from './coremlProcess';
import type { Engine, Feeds, RuntimeTensor, Session, SessionOptions, Signature } from './engine';
import { feedsFrom } from './feeds';
import { viewBytes } from './typedArrays';

/** Core ML through macOS's own scripting, which needs no Xcode. */
const OSASCRIPT: CoreMlProgram = {
  command: 'osascript',
  args: ['-l', 'JavaScript', join(__dirname, 'coremlRunner.js')],
  patienceMs: 600_000,
};

const NOTES = [
  'Core ML itself chooses threads and processors (CPU, GPU, Neural Engine) on this Mac; a phone differs. Each run is timed from a script, which adds some hundredths of a millisecond.',
  'Core ML does not say what each layer takes.',
];

/** An input or output as Core ML describes it. */
interface Port extends Signature {
  /** `array`, `image`, `number` or `other` */
  readonly kind: string;
}

/** Core ML, run by `program`; by default macOS's osascript. */
export function coreMlEngine(program: CoreMlProgram = OSASCRIPT): Engine {
  let system = '';
  return {
    /** The system's version is known once a model was loaded. */
    get name() {
      return `Core ML${system === '' ? '' : `, ${system}`}`;
    },
    notes: NOTES,
    async load(path: string, { threads }: SessionOptions): Promise<Session> {
      if (threads > 1)
        throw new ModelError('Core ML chooses its threads itself: choose one thread.', { file: path });
      const runner = new CoreMlProcess(program, path);
      try {
        const loaded = await runner.ask('load', { path });
        system = String(loaded['system'] ?? '');
        return new CoreMlSession(runner, path, portsOf(loaded['inputs']), portsOf(loaded['outputs']));
      } catch (error) {
        await runner.close();
        throw error;
      }
    },
  };
}

export const coreMl = coreMlEngine();

class CoreMlSession implements Session {
  /** What the model was given last. */
  #placed: Feeds | undefined;

  constructor(
    private readonly runner: CoreMlProcess,
    private readonly path: string,
    readonly inputs: readonly Port[],
    readonly outputs: readonly Port[],
  ) {}

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    this.#placed = undefined;
    await this.#feed(feeds);
    const { outputs } = await this.runner.ask('run', { outputs: true });
    if (!isRecord(outputs))
      throw new ModelError(`Core ML gave no outputs of ${this.path}.`, { file: this.path });
    return feedsFrom(
      Object.entries(outputs).flatMap(([name, value]) =>
        fetches === undefined || fetches.includes(name) ? [[name, tensorOf(value)] as const] : [],
      ),
    );
  }

  async invoke(feeds: Feeds): Promise<void> {
    await this.time(feeds);
  }

  async time(feeds: Feeds): Promise<number> {
    await this.#feed(feeds);
    const { milliseconds } = await this.runner.ask('run', { outputs: false });
    if (typeof milliseconds === 'number' && milliseconds > 0) return milliseconds;
    throw new ModelError('Core ML did not say how long a run took.', { file: this.path });
  }

  async #feed(feeds: Feeds): Promise<void> {
    if (this.#placed === feeds) return;
    const folder = mkdtempSync(scratchPrefix());
    try {
      const inputs = this.inputs.map((port, at) =>
        this.#input(port, feeds[port.name], join(folder, String(at))),
      );
      await this.runner.ask('feed', { inputs });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    this.#placed = feeds;
  }

  /** What the runner makes the input of; arrays and images are files. */
  #input({ name, kind, type }: Port, tensor: RuntimeTensor | undefined, file: string) {
    if (tensor === undefined) throw new ModelError(`The input "${name}" was not given.`, { file: this.path });
    const { shape, data } = tensor;
    const last = data.at(-1);
    if (kind === 'number') return { name, kind, value: Number(last) };
    if (kind === 'image') {
      writeFileSync(file, bitmap(tensor));
      return { name, kind, file };
    }
    if (kind !== 'array' || Array.isArray(data) || type !== tensor.type) {
      const what =
        kind === 'array' ? `${type}, and was given as ${tensor.type}` : 'of a kind that cannot be given';
      throw new ModelError(`Core ML cannot run ${this.path}: its input "${name}" is ${what}.`, {
        file: this.path,
      });
    }
    writeFileSync(file, viewBytes(data));
    return { name, kind, type, shape, file, last: type === 'float16' ? null : Number(last) };
  }

  close(): Promise<void> {
    return this.runner.close();
  }
}

function portsOf(value: unknown): Port[] {
  if (!Array.isArray(value)) return [];
  return value.map((port: Port) => ({ ...port, type: port.type ?? 'float32' }));
}

function tensorOf(value: unknown): RuntimeTensor {
  const { shape, values } = value as { shape: number[]; values: (number | null)[] };
  // JSON has no NaN and no infinity.
  const data = Float32Array.from(values, (element) => element ?? Number.NaN);
  return { type: 'float32' satisfies DataType, shape, data };
}
