/**
 * Searches the convolutional models of `../shared/models/onnx` and the sample, and says of each what one click delivers
 * beside the cleaned float model, timed alternately: it must never be slower, and below 20 dB the headline must say what
 * is lost. With the command of another version, also what that one's recipe int8 gives, and the most accurate of our
 * candidates that is as fast as that, all timed alternately in one run (the mean of the differences is SQNR at equal
 * latency).
 *
 *     npm run build && npx tsx bench/search.ts [--other ../old/dist/cli.js] [part of a name] [-- options of search, such as --data photos --preset half]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { comparisonsOf } from '../src/protocol/modelTables';
import type { ModelsComparison, QuantizeReport } from '../src/protocol/reports';
import {
  accuracyOf,
  type CandidateReport,
  CLEANED,
  FLOAT,
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
      const theirs = join(folder, 'other.onnx');
      const command = ['quantize', path, '-o', theirs, '--recipe', 'int8', ...withoutSearch(common)];
      const before = run<QuantizeReport>(other, [...command, '--force'], folder);
      const nothing = existsSync(theirs) ? null : 'delivers nothing';
      const made =
        typeof before === 'string' ? before : (nothing ?? besideOther(theirs, found, folder, shapes));
      rows[name] = { ...rows[name], ...(typeof made === 'string' ? { other: made } : made.row) };
      if (typeof made !== 'string' && made.difference !== null) differences.push(made.difference);
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

/**
 * The other's result and all candidates, timed alternately over the cleaned float model: two runs of one search differ by
 * more than what is to be seen. A float model computes the same as itself, which is no number of decibels.
 */
function besideOther(
  theirs: string,
  { candidates }: SearchReport,
  folder: string,
  options: readonly string[],
): { row: Record<string, unknown>; difference: number | null } | string {
  const fileOf = filesOfCandidates(folder);
  const made = candidates.filter(({ id }) => id !== FLOAT && id !== CLEANED && fileOf(id) !== undefined);
  const files = [theirs, ...made.map(({ id }) => fileOf(id) ?? '')];
  const report = run<ModelsComparison>(
    CLI,
    ['compare', fileOf(CLEANED) ?? '', ...files, ...options, ...data(passed)],
    folder,
  );
  if (typeof report === 'string') return report;
  const compared = comparisonsOf(report).map(({ latencyMs, accuracy, output }) => ({
    label: made[files.indexOf(output) - 1]?.label ?? 'other',
    ratio: latencyMs?.speedup.ratio ?? 0,
    dB: accuracy?.sqnrDb ?? Number.NEGATIVE_INFINITY,
  }));
  const [reference, ...ours] = compared;
  if (reference === undefined) return 'nothing was compared';
  const fast = ours.filter(({ ratio }) => ratio >= reference.ratio * TIE).sort((a, b) => b.dB - a.dB);
  const [best] = fast;
  const fastest = Math.max(...ours.map(({ ratio }) => ratio));
  return {
    row: {
      'other: over cleaned': reference.ratio.toFixed(2),
      'other: dB': reference.dB.toFixed(1),
      'ours, as fast': best === undefined ? `none (${fastest.toFixed(2)})` : best.label,
      'its ratio': best?.ratio.toFixed(2) ?? '',
      'its dB': best?.dB.toFixed(1) ?? '',
    },
    difference: best === undefined || best.dB > 100 ? null : best.dB - reference.dB,
  };
}

/** Where the search remembers its candidates. */
function filesOfCandidates(folder: string): (id: string) => string | undefined {
  const searches = join(folder, 'model-caliper', 'searches');
  const [key = ''] = existsSync(searches) ? readdirSync(searches) : [];
  return (id) => {
    const own = join(searches, key, id);
    const [file] = existsSync(own) ? readdirSync(own) : [];
    return file === undefined ? undefined : join(own, file);
  };
}

/** Those of the search's options that say what models are compared on. */
function data(options: readonly string[]): string[] {
  const validates = options.includes('--validate');
  return options.flatMap((option, index) => {
    const value = options[index + 1] ?? '';
    if (option === '--validate' || (option === '--data' && !validates)) return ['--data', value];
    return option === '--preset' ? [option, value] : [];
  });
}

/** An earlier version does not know the options of the search. */
function withoutSearch(options: readonly string[]): string[] {
  return options.filter((option, index) => {
    const own = (one: string | undefined) => one === '--time' || one === '--max-loss';
    return !own(option) && !own(options[index - 1]);
  });
}
