/**
 * Searches the convolutional models of `../shared/models/onnx` and the sample, and says of each what one click delivers
 * beside the cleaned float model, timed alternately: it must never be slower, and below 20 dB the headline must say what
 * is lost. With the command of another version, also what that one's recipe int8 gives, and the most accurate of our
 * candidates that is as fast over the cleaned float model as that (the mean of the differences is SQNR at equal latency).
 *
 *     npm run build && npx tsx bench/search.ts [--other ../old/dist/cli.js] [part of a name] [-- options of search, such as --data photos --preset half]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { QuantizeReport } from '../src/protocol/reports';
import {
  accuracyOf,
  type CandidateReport,
  CLEANED,
  LEAST_DB,
  type SearchReport,
} from '../src/protocol/search';

const CLI = resolve('dist/cli.js');
const MODELS = resolve('../shared/models');
const NAMES = [
  'basic_pitch_nmp',
  'mnist_cntk',
  'squeezenet_fp16',
  'stm32_mobilenet_v2_0.5_128',
  'ultraface_version-RFB-320',
  'yunet_n_dynamic',
];
/** As fast as another model: two measurements of one differ by as much. */
const TIE = 0.97;

interface Expected {
  run_inputs?: Record<string, number[]>;
}

const [args, passed] = split(process.argv.slice(2));
const at = args.indexOf('--other');
const other = at < 0 ? null : resolve(args[at + 1] ?? '');
const wanted = args.find((_, index) => at < 0 || (index !== at && index !== at + 1)) ?? '';

function split(all: readonly string[]): [string[], string[]] {
  const end = all.indexOf('--');
  return end < 0 ? [[...all], []] : [all.slice(0, end), all.slice(end + 1)];
}

function run<T>(cli: string, command: readonly string[], folder: string): T | string {
  const { stdout, stderr } = spawnSync(process.execPath, [cli, ...command, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    // What an earlier run found is no measurement of this one.
    env: { ...process.env, XDG_CACHE_HOME: folder },
  });
  return stdout === '' ? (stderr.trim().split('\n').at(-1) ?? '') : (JSON.parse(stdout) as T);
}

function decibels(one: CandidateReport): number {
  return accuracyOf(one, 'SQNR', 1);
}

function ratio(one: CandidateReport): number {
  return one.id === CLEANED ? 1 : (one.speedupOverCleaned?.ratio ?? 0);
}

const expected: Record<string, Expected> = existsSync(join(MODELS, 'expected-onnx.json'))
  ? JSON.parse(readFileSync(join(MODELS, 'expected-onnx.json'), 'utf8'))
  : {};
const files = [
  { name: 'sample', path: resolve('models/shapes_mobilenetv2.onnx'), key: '' },
  ...NAMES.map((name) => ({ name, path: join(MODELS, 'onnx', `${name}.onnx`), key: `onnx/${name}.onnx` })),
].filter(({ name, path }) => name.includes(wanted) && existsSync(path));
const differences: number[] = [];
const rows: Record<string, Record<string, unknown>> = {};
for (const { name, path, key } of files) {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const shapes = Object.entries(expected[key]?.run_inputs ?? {}).flatMap(([input, shape]) =>
      shape.length === 0 ? [] : ['--shape', `${input}=${shape.join(',')}`],
    );
    const common = [...shapes, ...passed];
    const found = run<SearchReport>(CLI, ['search', path, ...common], folder);
    if (typeof found === 'string') {
      rows[name] = { result: found };
      continue;
    }
    const chosen = found.candidates.find(({ id }) => id === found.chosen);
    const speedup = chosen?.speedupOverCleaned ?? null;
    rows[name] = {
      chosen: chosen?.label,
      'over cleaned': speedup === null ? '' : `${speedup.ratio.toFixed(2)} (${speedup.verdict})`,
      dB: chosen === undefined ? '' : decibels(chosen).toFixed(1),
      slower: speedup?.verdict === 'slower' ? 'YES' : 'no',
      // The headline names what is lost, whatever that is.
      'below 20 dB unsaid':
        chosen !== undefined && decibels(chosen) < LEAST_DB && !/\d dB/.test(found.headline) ? 'YES' : 'no',
      'all: dB': found.candidates
        .filter(({ id }) => id === 'int8-all')
        .map((one) => decibels(one).toFixed(1))
        .join(),
      notes: found.notes.length,
      seconds: Math.round(found.seconds),
    };
    if (other !== null) {
      const command = [
        'quantize',
        path,
        '-o',
        join(folder, 'other.onnx'),
        '--recipe',
        'int8',
        ...withoutSearch(common),
      ];
      const before = run<QuantizeReport>(other, command, folder);
      if (typeof before === 'string') rows[name] = { ...rows[name], other: before };
      else {
        const speed = before.latencyMs?.speedupOverCleaned?.ratio ?? null;
        const theirs = before.accuracy?.sqnrDb ?? null;
        const fast = found.candidates.filter(
          (one) => speed !== null && ratio(one) >= speed * TIE && one.accuracy,
        );
        const ours = Math.max(...fast.map((one) => one.accuracy?.sqnrDb ?? Number.NEGATIVE_INFINITY));
        rows[name] = {
          ...rows[name],
          'other: over cleaned': speed?.toFixed(2),
          'other: dB': theirs?.toFixed(1),
          'ours, as fast: dB': fast.length === 0 ? '' : ours.toFixed(1),
        };
        // A float model computes the same as itself, which is no number of decibels.
        if (theirs !== null && fast.length > 0 && ours < 100) differences.push(ours - theirs);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.error(name, JSON.stringify(rows[name]));
}
console.table(rows);
if (differences.length > 0) {
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  console.log(
    `SQNR at equal latency: ${mean.toFixed(1)} dB above the other's, mean of ${differences.length} models`,
  );
}

/** An earlier version does not know the options of the search. */
function withoutSearch(options: readonly string[]): string[] {
  return options.filter((option, index) => {
    const own = (one: string | undefined) => one === '--time' || one === '--max-loss';
    return !own(option) && !own(options[index - 1]);
  });
}
