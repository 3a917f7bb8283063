import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runJob } from '../../../src/jobs/client';
import { ModelError } from '../../../src/model/modelError';
import { seededRandom } from '../../../src/runtime/random';
import { mutate } from '../mutate';
import { pick, type Random } from './odd';
import { checkSentence } from './questions';
import { writeTflite } from './tflite';

/** What became of profiling a damaged model. */
export type Fate =
  | 'native'
  | 'WebAssembly'
  | 'WebAssembly after a crash'
  | 'WebAssembly after a hang'
  | 'refused'
  | 'refused after a crash'
  | 'refused after a hang';

export interface ProfileFuzzSettings {
  /** The child's script. */
  readonly worker: string;
  /** LiteRT's own library. */
  readonly library: string;
  /** Whole models that are damaged. */
  readonly models: readonly string[];
  /** A folder of the caller's. */
  readonly scratch: string;
  /** Milliseconds of an engine's first steps, and of everything. */
  readonly firstStepsLimit: number;
  readonly limit: number;
}

/** In the first part of a file are its tables, behind them the weights, of which any bytes will do. */
const TABLES = 4096;

/**
 * Profiles the damaged model of a seed: it must be measured, or refused with a sentence.
 * @throws Error that names the seed, where anything else happened
 */
export async function fuzzProfile(seed: number, settings: ProfileFuzzSettings): Promise<Fate> {
  const { worker, library, scratch, firstStepsLimit, limit } = settings;
  const folder = mkdtempSync(path.join(scratch, 'profiled-'));
  const random = seededRandom(seed);
  let after = '';
  try {
    const model = damaged(random, folder, settings.models);
    const report = await runJob(
      'profile',
      {
        model,
        threads: 1,
        runs: 1,
        dims: {},
        shapes: {},
        data: null,
        preprocessing: null,
        seed,
        trace: null,
      },
      {
        ...{ worker, memory: folder, firstStepsLimit, signal: AbortSignal.timeout(limit) },
        litert: { library, environments: [] },
        onLog: (line) => {
          if (/^LiteRT’s own library crashed/.test(line)) after = ' after a crash';
          if (/^LiteRT’s own library did not come/.test(line)) after = ' after a hang';
        },
      },
    );
    const [engine] = report.engines ?? [];
    return engine?.webAssembly === false ? 'native' : (`WebAssembly${after}` as Fate);
  } catch (error) {
    if (!(error instanceof ModelError)) throw new Error(`profile, seed ${seed}: ${error}`, { cause: error });
    checkSentence(error);
    return `refused${after}` as Fate;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Half are made from odd tables, half from real files. */
function damaged(random: Random, folder: string, models: readonly string[]): string {
  if (random() < 0.5) return writeTflite(random, folder);
  const target = path.join(folder, 'damaged.tflite');
  const bytes = readFileSync(pick(random, models));
  const place = (length: number) =>
    Math.floor(random() * (random() < 0.7 ? Math.min(length, TABLES) : length));
  writeFileSync(target, mutate(bytes, random, place));
  return target;
}
