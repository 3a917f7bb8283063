/**
 * Opens damaged inputs, each made from a seed, and lists those that were neither shown nor refused with a sentence,
 * or took too long. The unit tests try the first thousand seeds of each format; this tries as many as one likes.
 *
 *     npx tsx bench/fuzz.ts FORMAT [--count N, default 10000] [--seed FIRST, default 1]
 *
 * FORMAT: onnx, tflite, mlmodel, mlpackage, onnxtxt or python. A case is opened again with `--seed ITS_SEED --count 1`.
 * Prints one line of JSON. Exit status 1 where an input failed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FORMATS, type FuzzFormat, fuzz } from '../test/unit/fuzz/fuzz';

/** Opening a small file takes milliseconds, and bounds on what a source may ask for end it after about 5 s. */
const TIME_LIMIT = 5_000;
/** An input that does not end, in ms. */
const KILL_AFTER = 30_000;

interface Report {
  readonly seed: number;
  readonly failure: string | null;
  readonly refused: boolean;
  readonly ms: number;
}

/** In the child: one seed after the other, since a loop without end can only be ended with its process. */
async function runSeeds(format: FuzzFormat, first: number, count: number, scratch: string): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    process.send?.(await runSeed(format, seed, scratch));
  }
  process.disconnect();
}

async function runSeed(format: FuzzFormat, seed: number, scratch: string): Promise<Report> {
  try {
    const { refused, ms } = await fuzz(format, seed, scratch);
    const failure = ms > TIME_LIMIT ? `${format}, seed ${seed}: took ${Math.round(ms)} ms` : null;
    return { seed, failure, refused, ms };
  } catch (error) {
    const { message, cause } = error as Error;
    const where = cause instanceof Error ? (cause.stack ?? '').split('\n').slice(1, 5).join('\n') : '';
    return { seed, failure: `${message}\n${where}`, refused: false, ms: 0 };
  }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      // Where the child works.
      scratch: { type: 'string' },
    },
  });
  const [format = ''] = positionals;
  if (!isFormat(format)) throw new Error(`Which format? One of ${Object.keys(FORMATS).join(', ')}.`);
  const [first, count] = [Number(values.seed), Number(values.count)];
  if (values.scratch !== undefined) return runSeeds(format, first, count, values.scratch);
  const scratch = mkdtempSync(path.join(tmpdir(), 'caliper-fuzz-'));
  try {
    await watch(format, first, count, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs children until every seed was tried; one that crashes or hangs costs its seed only. */
async function watch(format: FuzzFormat, first: number, count: number, scratch: string): Promise<void> {
  const start = performance.now();
  const failures: number[] = [];
  let [next, refused, slowest] = [first, 0, 0];
  const note = ({ seed, failure, ms, ...report }: Report) => {
    next = seed + 1;
    slowest = Math.max(slowest, ms);
    if (report.refused) refused++;
    if (failure === null) return;
    failures.push(seed);
    console.error(failure);
  };
  while (next < first + count) {
    const args = [format, '--seed', `${next}`, '--count', `${first + count - next}`, '--scratch', scratch];
    const child = fork(import.meta.filename, args, {
      execArgv: [...process.execArgv],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = await followed(child, note);
    if (next >= first + count) break;
    note({ seed: next, failure: `${format}, seed ${next}: ${ended}`, refused: false, ms: 0 });
  }
  const ms = (performance.now() - start) / count;
  console.log(
    JSON.stringify({
      format,
      first,
      count,
      refused,
      slowest: Math.round(slowest),
      msEach: Number(ms.toFixed(2)),
      failures,
    }),
  );
  if (failures.length > 0) process.exitCode = 1;
}

/** @returns why the child ended */
function followed(child: ChildProcess, note: (report: Report) => void): Promise<string> {
  return new Promise((resolve) => {
    let timer = setTimeout(kill, KILL_AFTER);
    function kill() {
      child.kill('SIGKILL');
    }
    child.on('message', (report: Report) => {
      note(report);
      clearTimeout(timer);
      timer = setTimeout(kill, KILL_AFTER);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(`the process ended (${signal ?? code})`);
    });
  });
}

function isFormat(name: string): name is FuzzFormat {
  return Object.hasOwn(FORMATS, name);
}

void main();
