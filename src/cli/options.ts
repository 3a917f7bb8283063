import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  CHANNELS,
  type DataOptions,
  type DimensionOptions,
  LAYOUTS,
  type LiteRtPlaces,
  type MeasureOptions,
  PRESETS,
  type SearchOptions,
} from '../protocol/options';
import { type DeviceFlags, deviceOf } from './deviceOptions';

/** Options that several commands share, as commander gives them. */
export interface OutputFlags {
  json?: boolean;
  csv?: boolean;
}

export interface DimensionFlags {
  dim: Record<string, number>;
  shape: Record<string, number[]>;
}

export interface MeasureFlags extends DeviceFlags {
  threads: number;
  runs: number;
  seed: number;
  litert?: string;
}

export interface DataFlags {
  data?: string;
  labels?: string;
  labelOffset: number;
}

/** More threads than any computer that models are measured on has processors. */
const MAX_THREADS = 256;
const MAX_RUNS = 10_000;
/** Machines that can share work. */
const MAX_SHARDS = 1000;
/** Seeds are 32 bits wide. */
const MAX_SEED = 2 ** 32 - 1;
/** The longest side of an input or picture that somebody can mean. */
const MAX_SIDE = 10_000;

export function addOutputOptions(command: Command, what: string): void {
  command
    .optionsGroup('Output:')
    .addOption(new Option('--json', 'print everything as JSON (see docs/json.md)').conflicts('csv'))
    .addOption(new Option('--csv', `print ${what} as CSV`));
}

export function addDimensionOptions(command: Command): void {
  command
    .optionsGroup('Dimensions that the model leaves open (its default, else 1, unless given):')
    .option('--dim <name=value>', 'value of a symbolic dimension; may be repeated', collectDimension, {})
    .option('--shape <input=1,3,…>', 'whole shape of an input; may be repeated', collectShape, {});
}

export function addMeasureOptions(command: Command): void {
  command
    .optionsGroup('Measuring:')
    .option(
      '--threads <n>',
      'threads that the model runs on; 1 is the most repeatable',
      integer(1, MAX_THREADS),
      1,
    )
    .option('--runs <n>', 'timed runs of each session, after warming up', integer(1, MAX_RUNS), 30)
    .option('--seed <n>', 'seed of everything random', integer(0, MAX_SEED), 0)
    .option(
      '--litert <file>',
      'LiteRT’s library for .tflite models (default: the one shipped, else that of the active Python environment by VIRTUAL_ENV or CONDA_PREFIX, else WebAssembly)',
    );
}

export function addDataOptions(command: Command, purpose: string): void {
  command
    .optionsGroup('Data:')
    .option(
      '--data <path>',
      `${purpose}: images (a folder; its sub-folders are classes), .npy or .npz files, or test_data_set_* folders`,
    )
    .option('--labels <csv>', 'classes of the samples: lines of path,index')
    .option(
      '--label-offset <n>',
      'added to each class index; 1 for models with a background class',
      integer(-MAX_RUNS, MAX_RUNS),
      0,
    );
}

export function addPreprocessingOptions(command: Command): void {
  command
    .optionsGroup('How images become inputs, (pixel · scale − mean) / std:')
    .addOption(new Option('--preset <name>', 'mean, std, scale and channels at once').choices(PRESETS))
    .option('--mean <a,b,c>', 'one number, or one for each channel of the input', numbers)
    .option('--std <a,b,c>', 'the same', numbers)
    .option('--scale <s>', 'what pixels 0..255 are multiplied by first (default: 1/255)', number)
    .addOption(
      new Option('--channels <order>', 'order of the input’s channels (default: rgb)').choices(CHANNELS),
    )
    .addOption(
      new Option('--layout <layout>', 'where the channels are (default: from the shape)').choices(LAYOUTS),
    )
    .option(
      '--resize <n>',
      'length of the shorter side before cropping (default: 256/224 of the input’s)',
      integer(1, MAX_SIDE),
    )
    .option('--crop <n>', 'side of the centre crop (default: the input’s size)', integer(1, MAX_SIDE));
}

export function dimensionsOf(flags: DimensionFlags): DimensionOptions {
  return { dims: flags.dim, shapes: flags.shape };
}

export function measureOf(flags: MeasureFlags): MeasureOptions & { seed: number } {
  return { threads: flags.threads, runs: flags.runs, seed: flags.seed, device: deviceOf(flags) };
}

/** Python environments are those that are active: one that merely lies beside a model may be as foreign as the model. */
export function liteRtOf({ litert }: MeasureFlags): LiteRtPlaces {
  return { library: litert === undefined ? null : resolve(litert), environments: [] };
}

export function dataOf(flags: DataFlags): DataOptions | null {
  if (flags.data === undefined) return null;
  return { path: flags.data, labels: flags.labels ?? null, labelOffset: flags.labelOffset };
}

/** Whole numbers within bounds, for commander. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || value < low || value > high) {
      throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** A number between 0 and 1, neither of them. */
export function share(text: string): number {
  const value = number(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('expected a number between 0 and 1, as 0.5.');
  return value;
}

/** A number, or a fraction such as 1/255. */
function number(text: string): number {
  const [dividend, divisor = '1', ...more] = text.split('/');
  const value = Number(dividend) / Number(divisor);
  if (dividend?.trim() === '' || divisor.trim() === '' || more.length > 0 || !Number.isFinite(value)) {
    throw new InvalidArgumentError('expected a number.');
  }
  return value;
}

function numbers(text: string): number[] {
  const values = text.split(',').map(number);
  if (values.length !== 1 && values.length !== 3) {
    throw new InvalidArgumentError('expected one number, or three with commas between them.');
  }
  return values;
}

/** Split at the last `=`, because names may hold one. */
function assignment(text: string): [name: string, value: string] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected NAME=VALUE.');
  return [text.slice(0, at), text.slice(at + 1)];
}

const size = integer(1, 2 ** 31 - 1);

function collectDimension(text: string, known: Record<string, number>): Record<string, number> {
  const [name, value] = assignment(text);
  return { ...known, [name]: size(value) };
}

function collectShape(text: string, known: Record<string, number[]>): Record<string, number[]> {
  const [name, value] = assignment(text);
  return { ...known, [name]: value === '' ? [] : value.split(/[,x×]/).map(size) };
}

/** For options that may be repeated. */
export function collect(text: string, known: string[]): string[] {
  return [...known, text];
}

/** One of several machines, as `2/4`. */
export function shard(text: string): NonNullable<SearchOptions['shard']> {
  const [index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count || count > MAX_SHARDS)
    throw new InvalidArgumentError('expected I/N, such as 2/4: the second of four.');
  return { index, count };
}
