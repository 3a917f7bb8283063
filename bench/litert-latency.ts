/**
 * Latency of .tflite models by caliper and by LiteRT's own tool `litert-benchmark`, in turns, on one thread: medians
 * must be within 3 % of each other, and the rows of the profile must add up to 0.95 to 1.05 of the whole.
 *
 *     npx tsx bench/litert-latency.ts [MODEL ...]
 *
 * The tool comes with the Python package ai-edge-litert (2.2.0 or later); it is looked for on the PATH, or
 * LITERT_BENCHMARK names it. Caliper uses the library of the same package, and both get random inputs. Without models:
 * the sample, and of ../shared/models vww and resnet8, float and int8. Timings mean something on a computer that does
 * nothing else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { openModel } from '../src/formats/index';
import { engineThatRuns, useLiteRt } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { measureLatency } from '../src/runtime/measure';
import { profileLayers } from '../src/runtime/profile';
import { randomFeeds } from '../src/runtime/randomInputs';
import { median } from '../src/runtime/statistics';
import { unlessBusy } from '../src/runtime/stopwatch';

const ROUNDS = 3;
const TOOL_MS = 2000;
const MOST_APART = 0.03;
const [LEAST_SUM, MOST_SUM] = [0.95, 1.05];

const shared = join(__dirname, '../../shared/models/tflite');
const MODELS = [
  join(__dirname, '../models/shapes_mobilenetv2.tflite'),
  ...[
    'mlperf_tiny_vww_96_float',
    'mlperf_tiny_vww_96_int8',
    'mlperf_tiny_ic_resnet8_float',
    'mlperf_tiny_ic_resnet8_int8',
  ].map((name) => join(shared, `${name}.tflite`)),
];

/** The tool as it is, but for its rounding of results to 10 µs. */
const UNROUNDED =
  'import ai_edge_litert.tools.benchmark_litert_model as tool; tool.round = lambda value, digits: value; tool.main()';

/** The Python that runs the tool. */
function findPython(): string | null {
  const named = process.env['LITERT_BENCHMARK'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const tool =
    named ?? folders.map((folder) => join(folder, 'litert-benchmark')).find((path) => existsSync(path));
  if (tool === undefined || !existsSync(tool)) return null;
  return /^#!(\S+)/.exec(readFileSync(tool, 'utf8'))?.[1] ?? null;
}

function toolMs(python: string, model: string, runs: number, scratch: string): number {
  const result = join(scratch, 'result.json');
  const options = ['--model', model, '--num_runs', `${runs}`, '--warmup_runs', `${Math.ceil(runs / 10)}`];
  const { status, stderr } = spawnSync(
    python,
    ['-c', UNROUNDED, ...options, '--num_threads', '1', '--result_json', result],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`litert-benchmark failed: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(readFileSync(result, 'utf8')).latency.median_ms;
}

async function compare(python: string, path: string, scratch: string): Promise<boolean> {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const engine = await engineThatRuns('tflite', [path], 1);
  const settings = { threads: 1, runs: 200, seed: 1 };
  const ours = async () => (await measureLatency(engine, { path, feeds }, settings)).latency.median;
  const runs = Math.max(20, Math.round(TOOL_MS / (await ours())));
  const ratios: number[] = [];
  const sums: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = round % 2 === 0 ? toolMs(python, path, runs, scratch) : null;
    const own = await ours();
    const tool = before ?? toolMs(python, path, runs, scratch);
    const { sum } = await profileLayers(engine, file, inferred, feeds, { threads: 1, runs: 200, scratch });
    ratios.push(own / tool);
    sums.push(sum?.factor ?? Number.NaN);
    console.log(
      `  ${(1000 * own).toFixed(1)} µs, tool ${(1000 * tool).toFixed(1)} µs, rows ${sum?.factor.toFixed(3)}`,
    );
  }
  const ratio = median(ratios);
  const factor = median(sums);
  const good = Math.abs(ratio - 1) <= MOST_APART && factor >= LEAST_SUM && factor <= MOST_SUM;
  console.log(
    `${basename(path).padEnd(36)} caliper / tool ${ratio.toFixed(3)}  rows / whole ${factor.toFixed(3)}  ${good ? 'good' : 'NOT GOOD'}  ${engine.name}`,
  );
  return good;
}

async function main(): Promise<void> {
  const python = findPython();
  if (python === null) {
    console.error(
      'litert-benchmark was not found: install it (pip install ai-edge-litert) and put it on the PATH, or name it in LITERT_BENCHMARK.',
    );
    process.exitCode = 2;
    return;
  }
  useLiteRt({ library: null, environments: [dirname(dirname(python))] }, async () => {});
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'caliper-bench-'));
  const given = process.argv.slice(2);
  try {
    for (const path of given.length > 0 ? given : MODELS.filter((model) => existsSync(model))) {
      const compared = compare(python, path, scratch);
      if (!(await unlessBusy(compared, (sentence) => console.log(`${basename(path)}: ${sentence}`))))
        process.exitCode = 1;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

void main();
