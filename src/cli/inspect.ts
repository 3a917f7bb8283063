import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { analyze } from '../analysis/inspect';
import { memoryTimeline } from '../analysis/memoryTimeline';
import { openModel } from '../formats';
import type { Finding } from '../protocol/advice/finding';
import { layerLines } from '../protocol/csv';
import { costsNothing } from '../protocol/freeLayers';
import {
  formatBytes,
  formatCount,
  formatEnergy,
  formatInteger,
  formatShape,
  UNKNOWN,
} from '../protocol/numbers';
import { printable } from '../protocol/printable';
import type { InspectReport, TensorReport } from '../protocol/reports';
import { shortNames } from '../protocol/shortNames';
import { adviceText } from './adviceText';
import { findingsOf } from './findings';
import { flatLayers, LAYER_FIGURE, LAYER_KEYS, layerTable, moduleTable } from './layerTable';
import { memorySection } from './memoryText';
import {
  addDimensionOptions,
  addOutputOptions,
  type DimensionFlags,
  dimensionsOf,
  integer,
  type OutputFlags,
} from './options';
import { facts, print, printJson, sections, terminalWidth } from './output';
import { addSortOptions, chosenRows, type SortFlags } from './sorting';

interface ModuleFlags extends SortFlags {
  byModule?: boolean;
  depth?: number;
}

/** Levels of modules that are shown unless somebody asks for more: the parts of a model and their blocks. */
const DEPTH = 2;
/** Deeper modules are not told apart. */
const MAX_DEPTH = 100;

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .summary('show what every layer costs, without running the model')
    .description(
      'Shows parameters, activation memory and multiply-accumulates (MACs) of every layer. Nothing is run, and no weights are read.',
    )
    .argument('<model>', 'model file');
  command
    .option('--by-module', 'group layers by module, with sums')
    .option(
      '--depth <n>',
      `levels of modules to show, implies --by-module (default: ${DEPTH})`,
      integer(1, MAX_DEPTH),
    );
  addSortOptions(command, LAYER_KEYS, LAYER_FIGURE);
  addDimensionOptions(command);
  addOutputOptions(command, 'the layers');
  command.addOption(
    new Option(
      '--memory',
      'what makes the peak of activation memory and what would lower it, instead of the layers',
    ).conflicts(['csv', 'sort', 'top']),
  );
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper inspect model.onnx --dim batch=1 --dim sequence=128
  caliper inspect model.onnx --shape input=1,3,224,224
  caliper inspect model.onnx --by-module --depth 3
  caliper inspect model.onnx --sort bytes --top 10
  caliper inspect model.onnx --csv > layers.csv
  caliper inspect model.onnx --memory

What is not known is shown as ${UNKNOWN} (null in JSON), never as 0. One MAC is one multiplication and one addition.`,
    )
    .action(runInspect);
}

interface InspectFlags extends DimensionFlags, OutputFlags, ModuleFlags {
  memory?: boolean;
}

async function runInspect(model: string, flags: InspectFlags): Promise<void> {
  const file = openModel(model);
  try {
    const analysis = analyze(file, dimensionsOf(flags));
    const { report: inspected, inference } = analysis;
    const report: InspectReport = flags.memory
      ? { ...inspected, memory: memoryTimeline(inference.graph, file.format) }
      : inspected;
    if (flags.json) await printJson(report);
    else if (flags.csv) {
      await print(layerLines(chosenRows(flatLayers(report), flags, LAYER_KEYS, LAYER_FIGURE)));
    } else {
      const shown = {
        width: terminalWidth(),
        depth: depthOf(flags),
        sort: flags,
        findings: findingsOf(file, analysis, null),
      };
      await print(describe(report, file.format.name, shown));
    }
  } finally {
    file.close();
  }
}

/** null: layers are not grouped. */
function depthOf({ byModule, depth }: ModuleFlags): number | null {
  return depth ?? (byModule ? DEPTH : null);
}

/** What `inspect` prints. `depth`: levels of modules that are shown, null for the list of layers. */
export function describe(
  report: InspectReport,
  format: string,
  {
    width,
    depth,
    sort,
    findings,
  }: { width: number | null; depth: number | null; sort?: SortFlags; findings: readonly Finding[] },
): Iterable<string> {
  return sections([
    `${printable(basename(report.file))}: ${format}, ${formatBytes(report.fileBytes)}${report.externalBytes > 0 ? ` and ${formatBytes(report.externalBytes)} beside it` : ''}\n`,
    facts(summary(report, width)),
    report.memory ? memorySection(report.memory, width) : layersSection(report, { width, depth, sort }),
    notes(report, findings),
    adviceText(
      findings,
      report.file,
      report.layers.map(({ name }) => name),
    ),
  ]);
}

function summary(report: InspectReport, width: number | null): [string, string | null][] {
  const { totals } = report;
  // In a terminal a name of many lines would hide the figures.
  const peakNode =
    totals.peakNode === null || width === null
      ? totals.peakNode
      : shortNames(flatLayers(report).map(({ name }) => name)).short(totals.peakNode);
  const peak = partly(totals.peakActivationBytes, totals.knownPeakActivationBytes, formatBytes);
  return [
    ...report.properties.map(({ name, value }): [string, string] => [name, value]),
    ...report.inputs.map((input): [string, string] => ['input', describeTensor(input)]),
    ...report.outputs.map((output): [string, string] => ['output', describeTensor(output)]),
    ['parameters', parameters(report)],
    ['MACs', partly(totals.macs, totals.knownMacs, formatCount)],
    ['activations', partly(totals.activationBytes, totals.knownActivationBytes, formatBytes)],
    ['peak memory', peakNode === null ? peak : `${peak} of activations, at ${peakNode}`],
    ...(totals.arenaBytes === undefined
      ? []
      : [
          [
            'arena',
            totals.arenaBytes === null
              ? UNKNOWN
              : `${formatBytes(totals.arenaBytes)} for them, planned ahead`,
          ] as [string, string],
        ]),
    ['layers', layerCount(totals)],
    ['energy', energyLine(report)],
  ];
}

/** An estimate is called one wherever it stands. */
function energyLine({ energy }: InspectReport): string | null {
  if (energy === undefined) return null;
  if (energy.picojoules === null && energy.knownPicojoules === 0) return UNKNOWN;
  const total = formatEnergy(energy.picojoules ?? energy.knownPicojoules);
  return `${energy.picojoules === null ? 'at least' : 'about'} ${total} a run, by energies of a 45 nm chip (Horowitz 2014)`;
}

function layerCount({ layers, nodesWithSubgraphs, nodesAtLeast }: InspectReport['totals']): string {
  if (nodesAtLeast) return `${layers}, at least ${nodesWithSubgraphs} with those of subgraphs`;
  return nodesWithSubgraphs === layers
    ? `${layers}`
    : `${layers}, ${nodesWithSubgraphs} with those of subgraphs`;
}

/** A total, or the part of it that is known. */
function partly(total: number | null, known: number, format: (value: number) => string): string {
  if (total !== null) return format(total);
  return known === 0 ? UNKNOWN : `at least ${format(known)}, not all is known`;
}

function describeTensor({ name, type, shape, declaredShape }: TensorReport): string {
  const same = formatShape(shape) === formatShape(declaredShape) || declaredShape === null;
  return `${name}  ${type ?? UNKNOWN}  ${formatShape(shape)}${same ? '' : ` (declared ${formatShape(declaredShape)})`}`;
}

function parameters({ bytesByType, totals }: InspectReport): string {
  const { parameters, knownParameters, knownParameterBytes } = totals;
  const types = Object.entries(bytesByType).map(([type, bytes]) => `${formatBytes(bytes)} ${type}`);
  const known = `${formatInteger(knownParameters)} (${types.join(', ') || formatBytes(knownParameterBytes)})`;
  return partly(parameters, knownParameters, () => known);
}

function layersSection(
  report: InspectReport,
  { width, depth, sort }: { width: number | null; depth: number | null; sort: SortFlags | undefined },
): Iterable<string> | null {
  return depth === null ? layerTable(report, width, sort) : moduleTable(report, depth, width, sort);
}

/** What a finding says of sizes is not said again. */
function notes(
  { dims, assumedInputs, layers, problems }: InspectReport,
  findings: readonly Finding[],
): string {
  const told = new Set(
    findings.flatMap(({ action }) =>
      action?.kind === 'dimensions' ? [...action.dims, ...action.inputs] : [],
    ),
  );
  const assumed = Object.entries(dims).filter(([name, { assumed }]) => assumed && !told.has(name));
  const defaults = Object.entries(dims).filter(([, dimension]) => dimension.byDefault);
  let shared = false;
  let free = 0;
  for (const layer of flatLayers({ layers })) {
    shared ||= layer.shared;
    if (costsNothing(layer)) free++;
  }
  return [
    ...assumed.map(
      ([name]) => `Dimension ${name} has no value and was assumed 1: set it with --dim ${name}=VALUE.`,
    ),
    ...defaults.map(
      ([name, { value }]) =>
        `Dimension ${name} has no value, default ${value} used: set another with --dim ${name}=VALUE.`,
    ),
    ...assumedInputs
      .filter((name) => !told.has(name))
      .map(
        (name) => `Input ${name} has open dimensions that were assumed 1: set them with --shape ${name}=….`,
      ),
    ...(free > 0
      ? [
          `${free} ${free === 1 ? 'layer' : 'layers'} without any cost, such as constants: --csv and --json list them.`,
        ]
      : []),
    ...(shared ? ['* Weights that other layers use too; the total counts them once.'] : []),
    ...problems.map(
      ({ message, node }) =>
        `Problem: ${message}${node === undefined || message.includes(node) ? '' : ` (${node})`}`,
    ),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}
