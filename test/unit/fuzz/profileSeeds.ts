import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openComplete } from '../../../src/formats/index';
import { runJob } from '../../../src/jobs/client';
import { ModelError } from '../../../src/model/modelError';
import { seededRandom } from '../../../src/runtime/random';
import { mutate } from '../mutate';
import { damageGently } from './gentleTflite';
import { pick, type Random } from './odd';
import { checkSentence } from './questions';
import { writeTflite } from './tflite';

/** What became of profiling a damaged model. A file that is refused unread is given to no engine. */
export type Fate =
  | 'native'
  | 'WebAssembly'
  | 'WebAssembly after a crash'
  | 'WebAssembly after a hang'
  | 'refused unread'
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

/** Of the files, damaged so that our reader takes them: of the others it refuses most. */
const GENTLE = 0.6;

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
  const model = damaged(random, folder, settings.models);
  try {
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
    if (after === '' && !isRead(model)) return 'refused unread';
    return `refused${after}` as Fate;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether our reader takes it. */
function isRead(model: string): boolean {
  try {
    const file = openComplete(model);
    try {
      file.infer({ dims: {}, shapes: {} });
      return true;
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

/** Most are damaged so gently that engines are given them; of the rest, half are made from odd tables. */
function damaged(random: Random, folder: string, models: readonly string[]): string {
  const target = path.join(folder, 'damaged.tflite');
  const kind = random();
  if (kind < GENTLE) {
    damageGently(pick(random, models), target, random);
    return target;
  }
  if (kind < GENTLE + (1 - GENTLE) / 2) return writeTflite(random, folder);
  const bytes = readFileSync(pick(random, models));
  const place = (length: number) =>
    Math.floor(random() * (random() < 0.7 ? Math.min(length, TABLES) : length));
  writeFileSync(target, mutate(bytes, random, place));
  return target;
}
