/**
 * Whether the intervals of latencies are honest: every model is measured again and again, each time in a process of
 * its own, and it is counted how often one measurement's median lies inside another one's 95 % interval. At least
 * 90 % is what is asked for. Measurements that were refused because the computer was too busy are left out.
 *
 *     npx tsx bench/honest-intervals.ts [TIMES] [PART OF A NAME]
 *
 * Reads the sample and the models in ../shared/models.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { openModel } from '../src/formats/index';
import { TooBusyError } from '../src/model/modelError';
import type { Latency } from '../src/protocol/reports';
import { engineThatRuns } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { measureLatency } from '../src/runtime/measure';
import { randomFeeds } from '../src/runtime/randomInputs';

const shared = join(__dirname, '../../shared/models');
const samples = ['onnx', 'tflite'].map((format) => join(__dirname, `../models/shapes_mobilenetv2.${format}`));

interface Task {
  readonly path: string;
  readonly shapes: Record<string, number[]>;
}

type Expected = Record<string, { run_inputs?: Record<string, number[]>; runs?: true | string }>;

function tasks(part: string): Task[] {
  const read = (name: string): Expected =>
    existsSync(join(shared, name)) ? JSON.parse(readFileSync(join(shared, name), 'utf8')) : {};
  const expected = { ...read('expected-onnx.json'), ...read('expected-tflite.json') };
  const others = Object.entries(expected).flatMap(([name, { run_inputs, runs }]) => {
    const shapes = runs === true ? {} : run_inputs;
    return shapes === undefined ? [] : [{ path: join(shared, name), shapes }];
  });
  return [...samples.map((path) => ({ path, shapes: {} })), ...others].filter(({ path }) =>
    path.includes(part),
  );
}

/** One measurement; null: the computer was too busy. */
async function measure({ path, shapes }: Task, seed: number): Promise<Latency | null> {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const engine = await engineThatRuns(file.format.id, [path], 1);
  try {
    return (await measureLatency(engine, { path, feeds }, { threads: 1, runs: 30, seed })).latency;
  } catch (error) {
    if (error instanceof TooBusyError) return null;
    throw error;
  }
}

async function elsewhere(task: Task, seed: number): Promise<Latency | null> {
  const own = ['--import', 'tsx', __filename, '--one', JSON.stringify(task), String(seed)];
  const { stdout } = await promisify(execFile)(process.execPath, own);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
}

async function main(times: number, part: string): Promise<void> {
  let inside = 0;
  let pairs = 0;
  for (const task of tasks(part)) {
    const latencies: Latency[] = [];
    for (let seed = 1; seed <= times; seed++) {
      const latency = await elsewhere(task, seed);
      if (latency !== null) latencies.push(latency);
    }
    let hits = 0;
    let tries = 0;
    for (const one of latencies) {
      for (const other of latencies) {
        if (one === other) continue;
        tries++;
        if (one.ci95[0] <= other.median && other.median <= one.ci95[1]) hits++;
      }
    }
    inside += hits;
    pairs += tries;
    const medians = latencies.map(({ median }) => median);
    const spread = Math.max(...medians) / Math.min(...medians) - 1;
    const widths = latencies.map(({ median, ci95: [low, high] }) => (high - low) / median);
    const width = widths.reduce((sum, one) => sum + one, 0) / widths.length;
    console.log(
      `${basename(task.path).padEnd(52)} ${latencies.length} of ${times}  ${medians[0]?.toFixed(3)} ms  spread ${(100 * spread).toFixed(1)} %  interval ${(100 * width).toFixed(1)} %  inside ${hits} of ${tries}`,
    );
  }
  console.log(`inside: ${inside} of ${pairs} (${((100 * inside) / pairs).toFixed(1)} %)`);
}

const [first = '5', second = '', third = '1'] = process.argv.slice(2);
if (first === '--one') {
  void measure(JSON.parse(second), Number(third)).then((latency) => {
    console.log(JSON.stringify(latency));
    process.exit(0);
  });
} else void main(Number(first), second);
