/**
 * Quantizes the sample model and a random-weight MobileNetV2 1.0/224 with `caliper`, and with Python's
 * onnxruntime.quantization where it is installed, and measures both results alike, each beside the float model. With
 * `cost` it compares what int8 of every layer costs, and with `float16` what float16 of a transformer of 118 MB does,
 * nothing timed: time of the processor and memory, in turns.
 *
 *     npm run build && npx tsx bench/quantize.ts [cost|float16]  (PYTHON names another interpreter than python3)
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeModel } from '../src/formats/onnx/writing/writer';
import type { Comparison } from '../src/protocol/reports';
import { mobilenetV2 } from '../test/models/mobilenet';
import { type Run, run } from './process';
import { encoder } from './transformerModels';

const CLI = resolve('dist/cli.js');
const SHAPES = resolve('models/shapes');
const PYTHON = process.env['PYTHON'] ?? 'python3';

/** Turns of both tools. */
const TURNS = 3;

interface Task {
  name: string;
  model: string;
  calibration: string | null;
  validation: string | null;
}

async function caliper(...args: string[]): Promise<Run & { report: Comparison }> {
  const result = await run(process.execPath, [CLI, ...args, '--json']);
  if (result.status !== 0) throw new Error(result.stderr.trim());
  return { ...result, report: JSON.parse(result.stdout) };
}

async function quantizeBoth(task: Task, folder: string): Promise<void> {
  const ours = join(folder, `${task.name}.caliper.onnx`);
  const theirs = join(folder, `${task.name}.peer.onnx`);
  const calibration = task.calibration ? ['--data', task.calibration, '--preset', 'half'] : [];
  const validation = task.validation ? ['--validate', task.validation] : [];
  const made = await caliper(
    'quantize',
    task.model,
    '-o',
    ours,
    '--recipe',
    'int8',
    ...calibration,
    ...validation,
  );
  const rows = [row('caliper', await compare(task, ours), made.report.seconds, made.peakBytes)];
  const peer = await run(PYTHON, [
    'bench/peer_quantize.py',
    task.model,
    theirs,
    task.calibration ?? 'random',
  ]);
  if (peer.status === 0) {
    const { seconds, peakBytes } = JSON.parse(peer.stdout.trim().split('\n').at(-1) ?? '{}');
    rows.push(row('Python onnxruntime.quantization', await compare(task, theirs), seconds, peakBytes));
    const { latencyMs } = (await caliper('compare', theirs, ours)).report;
    console.log(`\n${task.name}: caliper's result against Python's: ${ratio(latencyMs?.speedup)}`);
  } else
    console.log(
      `\n${task.name}: Python's onnxruntime.quantization did not run (${peer.stderr.trim().split('\n').at(-1)})`,
    );
  console.table(Object.assign({}, ...rows));
}

async function compare(task: Task, result: string): Promise<Comparison> {
  const data = task.validation ? ['--data', task.validation, '--preset', 'half'] : [];
  return (await caliper('compare', task.model, result, ...data)).report;
}

function row(
  tool: string,
  { bytes, latencyMs, accuracy }: Comparison,
  seconds: number,
  peakBytes: number | null,
): object {
  return {
    [tool]: {
      bytes: bytes.after,
      'speed-up over float': ratio(latencyMs?.speedup),
      'SQNR dB': accuracy?.sqnrDb?.toFixed(1),
      agreement: accuracy?.top1Agreement,
      'right of float': accuracy?.top1
        ? `${Math.round(accuracy.top1.after * accuracy.samples)} of ${Math.round(accuracy.top1.before * accuracy.samples)}`
        : '',
      seconds: seconds.toFixed(1),
      'peak MB': peakBytes === null ? '' : Math.round(peakBytes / 1e6),
    },
  };
}

function ratio(
  speedup: { ratio: number; ci95: readonly [number, number]; verdict: string } | undefined,
): string {
  if (speedup === undefined) return '';
  const [low, high] = speedup.ci95;
  return `${speedup.ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}), ${speedup.verdict}`;
}

/** Both tools calibrate on the same images; ours checks the result on others, too. */
async function costs(task: Task, folder: string): Promise<void> {
  const data = task.calibration ?? join(SHAPES, 'calibration');
  const target = join(folder, 'cost.onnx');
  const ours = ['--recipe', 'int8-all', '--data', data, '--preset', 'half', '--activations', 'uint8'];
  await inTurns(task.name, [task.model, '-o', target, ...ours], {
    name: 'Python, MinMax',
    args: ['bench/peer_quantize.py', task.model, target, data],
  });
}

/** Both tools check nothing with data: ours runs the result on random numbers, Python's does not run it. */
async function float16(folder: string): Promise<void> {
  const model = join(folder, 'encoder.onnx');
  const target = join(folder, 'float16.onnx');
  writeModel(encoder(), model);
  await inTurns('encoder of 118 MB in float16', [model, '-o', target, '--recipe', 'float16'], {
    name: 'Python, convert_float_to_float16',
    args: ['bench/peer_transformers.py', 'float16', model, target],
  });
}

/** What both tools cost. */
async function inTurns(
  title: string,
  ours: readonly string[],
  theirs: { name: string; args: string[] },
): Promise<void> {
  const rows: Record<string, object> = {};
  const runs: { caliper: Run[]; peer: Run[] } = { caliper: [], peer: [] };
  for (let turn = 1; turn <= TURNS; turn++) {
    const made = await caliper('quantize', ...ours, '--force', '--no-measure');
    rows[`caliper ${turn}`] = costOf(made);
    runs.caliper.push(made);
    const peer = await run(PYTHON, theirs.args);
    if (peer.status !== 0) continue;
    rows[`${theirs.name} ${turn}`] = costOf(peer);
    runs.peer.push(peer);
  }
  console.log(`\n${title}`);
  console.table(rows);
  const least = (some: readonly Run[], of: (one: Run) => number | null) =>
    Math.min(...some.map((one) => of(one) ?? Number.NaN));
  const times = (of: (one: Run) => number | null) =>
    (least(runs.caliper, of) / least(runs.peer, of)).toFixed(2);
  if (runs.peer.length > 0)
    console.log(
      `Of the least of ${TURNS} turns: ${times(({ cpuSeconds }) => cpuSeconds)}x the CPU, ${times(({ seconds }) => seconds)}x the time, ${times(({ peakBytes }) => peakBytes)}x the memory of the largest process.`,
    );
}

function costOf({ seconds, cpuSeconds, peakBytes }: Run): object {
  return {
    seconds: seconds.toFixed(2),
    'CPU seconds': cpuSeconds?.toFixed(2) ?? '',
    'peak MB': peakBytes === null ? '' : Math.round(peakBytes / 1e6),
  };
}

async function main(): Promise<void> {
  const compared = process.argv[2] === 'cost' ? costs : quantizeBoth;
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    if (process.argv[2] === 'float16') {
      await float16(folder);
      return;
    }
    const mobilenet = join(folder, 'mobilenet_v2.onnx');
    writeModel(mobilenetV2({ seed: 1 }), mobilenet);
    const sample = {
      name: 'sample',
      model: resolve('models/shapes_mobilenetv2.onnx'),
      calibration: join(SHAPES, 'calibration'),
      validation: join(SHAPES, 'validation'),
    };
    await compared(sample, folder);
    const random = { name: 'mobilenet_v2', model: mobilenet, calibration: null, validation: null };
    await compared(random, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
