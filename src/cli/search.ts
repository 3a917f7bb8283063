import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CheckError, ModelError, UsageError } from '../model/modelError';
import { mergeSearches, whyNotMerged } from '../protocol/mergeSearches';
import { formatBytes, formatMs, formatRatio } from '../protocol/numbers';
import { ACTIVATIONS, type QuantizeOptions, type SearchOptions } from '../protocol/options';
import { printable } from '../protocol/printable';
import { CONTRACT_VERSION } from '../protocol/reports';
import {
  CLEANED,
  DEFAULT_MAX_LOSS,
  DEFAULT_SEARCH_SECONDS,
  lossText,
  type SearchReport,
} from '../protocol/search';
import { runWithProgress } from './job';
import {
  addDataOptions,
  addDimensionOptions,
  addMeasureOptions,
  addPreprocessingOptions,
  collect,
  dataOf,
  dimensionsOf,
  integer,
  liteRtOf,
  measureOf,
  shard,
} from './options';
import { facts, print, printJson, sections, terminalWidth } from './output';
import { preprocessingOf } from './preprocessing';
import type { RunFlags } from './running';
import { sensitivityTable } from './sensitivityText';
import { renderTable } from './table';

interface SearchFlags {
  maxLoss: number;
  time: number;
}

interface Flags
  extends RunFlags,
    SearchFlags,
    Pick<QuantizeOptions, 'keep' | 'activations' | 'calibrationSamples'> {
  output?: string;
  validate?: string;
  force?: true;
  merge?: true;
  shard?: SearchOptions['shard'];
}

/** As the terminal prints a search for programs, and reads it again to merge it with others. */
interface SearchDocument extends SearchReport {
  version: number;
  file: string;
  /** Where the chosen candidate was written; null: nowhere. */
  output: string | null;
}

/** A day: nobody waits longer. */
const MAX_SECONDS = 86_400;
/** More samples make calibration slower and its ranges no better. */
const MAX_SAMPLES = 10_000;
/** A report of a search is some kilobytes a candidate. */
const MAX_REPORT_BYTES = 64 * 2 ** 20;

/** What `quantize` and `search` are told besides what they make: layers in float, the search, data, sizes, measuring. */
export function addQuantizingOptions(command: Command): void {
  command
    .option('--keep <node>', 'a layer that stays in float; may be repeated', collect, [])
    .optionsGroup('The search for what is fastest here:')
    .option(
      '--max-loss <n>',
      `points of top-1, without labels per cent of samples in another class, that may be lost`,
      percent,
      DEFAULT_MAX_LOSS,
    )
    .option(
      '--time <s>',
      'seconds for making and measuring candidates, after calibration',
      integer(1, MAX_SECONDS),
      DEFAULT_SEARCH_SECONDS,
    );
  addDataOptions(command, 'calibration data');
  command
    .option('--validate <path>', 'data to measure accuracy on (default: a part of --data kept back)')
    .option('--calibration-samples <n>', 'samples to calibrate on, at most', integer(1, MAX_SAMPLES), 100);
  addPreprocessingOptions(command);
  addDimensionOptions(command);
  addMeasureOptions(command);
}

export function searchOf({ maxLoss, time }: SearchFlags): QuantizeOptions['search'] {
  return { maxLoss, seconds: time };
}

export function addSearch(program: Command): void {
  const command = program
    .command('search')
    .summary('find the mixes of int8 and float that are fastest for what they lose')
    .description(
      'Finds candidates between all layers in int8 and all in float, scores them on the data, times them in turns with the float model, and names the fastest within the limit.',
    )
    .argument('<files...>', 'model file; with --merge: reports that --json printed')
    .option('-o, --output <file>', 'where to write the chosen candidate (default: nowhere)')
    .option('--force', 'replace the output if it exists')
    .option('--shard <i/n>', 'make the i-th of n shares of the candidates, as n machines do', shard)
    .option('--merge', 'make one report of those of several machines')
    .addOption(
      new Option('--activations <type>', 'type of activations, the faster one unless given')
        .choices(ACTIVATIONS)
        .default('auto'),
    );
  addQuantizingOptions(command);
  command.optionsGroup('Output:').option('--json', 'print everything as JSON (see docs/json.md)');
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper search model.onnx --data photos --preset imagenet --max-loss 1 --time 300
  caliper search model.onnx --data photos --preset imagenet --shard 2/4 --json > 2.json
  caliper search --merge 1.json 2.json 3.json 4.json

A second search of the same model, data and settings on the same computer repeats nothing. Ctrl+C ends a search with
what it has found; Ctrl+C again ends it at once. The exit status is 3 when an output was wanted and nothing is faster
than the cleaned float model within the limit.`,
    )
    .action(runSearch);
}

async function runSearch(files: string[], flags: Flags): Promise<void> {
  if (flags.merge) return merge(files, flags);
  const [model, ...more] = files;
  if (model === undefined || more.length > 0)
    throw new UsageError('Give one model; several files are for --merge.');
  const { report, output } = await runWithProgress('search', optionsOf(model, flags), {
    litert: liteRtOf(flags),
  });
  await show({ version: CONTRACT_VERSION, file: model, output, ...report }, flags);
  if (flags.output !== undefined && output === null)
    throw new CheckError(`Nothing was written: ${report.headline}`);
}

async function merge(files: readonly string[], flags: Flags): Promise<void> {
  const [first, ...others] = files.map(read);
  if (first === undefined) throw new UsageError('Give the reports that are to be merged.');
  if (flags.output !== undefined)
    throw new UsageError(
      'Reports hold no models: search again with --keep for the layers of the chosen candidate.',
    );
  const why = whyNotMerged([first, ...others]);
  if (why !== null) throw new ModelError(why);
  await show({ ...first, output: null, ...mergeSearches([first, ...others]) }, flags);
}

function read(file: string): SearchDocument {
  const text = readFileSync(file);
  if (text.length > MAX_REPORT_BYTES)
    throw new ModelError(`${file} is too large for a report of a search.`, { file });
  let document: Partial<SearchDocument>;
  try {
    document = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw new ModelError(`${file} is no report of a search: it is no JSON.`, { file }, error);
  }
  const { subject, candidates, measure } = document ?? {};
  if (typeof subject !== 'string' || !Array.isArray(candidates) || measure === undefined)
    throw new ModelError(`${file} is no report of a search: make one with caliper search --json.`, { file });
  return document as SearchDocument;
}

async function show(document: SearchDocument, flags: Flags): Promise<void> {
  if (flags.json) return printJson(document);
  await print(
    sections([
      `${printable(basename(document.file))}${document.output === null ? '' : ` → ${printable(document.output)}`} (${document.pair})\n`,
      table(document),
      sensitivityTable(document.sensitivity),
      document.notes.map((note) => `${note}\n`).join(''),
      facts([
        ['scored on', `${document.samples} samples of ${document.data}`],
        [
          'timed on',
          `${document.cpu}, ${document.engine}, ${document.threads === 1 ? '1 thread' : `${document.threads} threads`}`,
        ],
        [
          'took',
          document.remembered ? 'nothing: an earlier search found it' : `${document.seconds.toFixed(1)} s`,
        ],
      ]),
      `${document.headline}\n`,
    ]),
  );
}

function table({ candidates, chosen }: SearchReport): string {
  const right = 'right' as const;
  return renderTable(
    [
      { title: '' },
      { title: 'candidate' },
      { title: 'in float', align: right },
      { title: 'size', align: right },
      { title: 'latency', align: right },
      { title: 'over cleaned', align: right },
      { title: 'lost', flexible: true },
    ],
    candidates.map((one) => [
      one.id === chosen ? '→' : one.onFront ? '·' : '',
      one.label,
      one.int8Layers === 0 ? '' : String(one.kept.length),
      formatBytes(one.bytes),
      one.latencyMs === null ? '' : formatMs(one.latencyMs.median),
      one.id === CLEANED || one.speedupOverCleaned === null
        ? ''
        : `${formatRatio(one.speedupOverCleaned.ratio)} ${one.speedupOverCleaned.verdict === 'no difference measured' ? '' : one.speedupOverCleaned.verdict}`.trim(),
      lossText(one),
    ]),
    terminalWidth(),
  );
}

function optionsOf(model: string, flags: Flags): SearchOptions {
  const data = dataOf(flags);
  const validation = dataOf({ ...flags, ...(flags.validate === undefined ? {} : { data: flags.validate }) });
  return {
    model,
    output: flags.output ?? null,
    calibration: data && flags.validate !== undefined ? { ...data, labels: null } : data,
    validation: flags.validate === undefined ? null : validation,
    preprocessing: preprocessingOf(flags),
    calibrationSamples: flags.calibrationSamples,
    keep: flags.keep,
    activations: flags.activations,
    force: flags.force ?? false,
    ports: 'float',
    search: searchOf(flags),
    from: null,
    shard: flags.shard ?? null,
    ...measureOf(flags),
    ...dimensionsOf(flags),
  };
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('expected a number from 0 to 100.');
  return value;
}
