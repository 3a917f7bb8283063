import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { analyze } from '../analysis/inspect';
import { memoryTimeline } from '../analysis/memoryTimeline';
import { openModel } from '../formats';
import type { Finding } from '../protocol/advice/finding';
import { type CsvLayer, layerLines } from '../protocol/csv';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatShape,
  formatTotal,
  UNKNOWN,
} from '../protocol/numbers';
import { printable } from '../protocol/printable';
import type { InspectReport, LayerReport, TensorReport } from '../protocol/reports';
import { adviceText } from './adviceText';
import { findingsOf } from './findings';
import { memorySection } from './memoryText';
import {
  addDimensionOptions,
  addOutputOptions,
  type DimensionFlags,
  dimensionsOf,
  type OutputFlags,
} from './options';
import { facts, print, printJson, sections, terminalWidth } from './output';
import { tableLines } from './table';

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .summary('show what every layer costs, without running the model')
    .description(
      'Shows parameters, activation memory and multiply-accumulates (MACs) of every layer. Nothing is run, and no weights are read.',
    )
    .argument('<model>', 'model file');
  addDimensionOptions(command);
  addOutputOptions(command, 'the layers');
  command.addOption(
    new Option(
      '--memory',
      'what makes the peak of activation memory and what would lower it, instead of the layers',
    ).conflicts('csv'),
  );
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper inspect model.onnx --dim batch=1 --dim sequence=128
  caliper inspect model.onnx --shape input=1,3,224,224
  caliper inspect model.onnx --csv > layers.csv
  caliper inspect model.onnx --memory

What is not known is shown as ${UNKNOWN} (null in JSON), never as 0. One MAC is one multiplication and one addition.`,
    )
    .action(runInspect);
}

interface InspectFlags extends DimensionFlags, OutputFlags {
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
    else if (flags.csv) await print(layerLines(flatten(report.layers)));
    else await print(describe(report, file.format.name, findingsOf(file, analysis, null)));
  } finally {
    file.close();
  }
}

/** Bodies' layers behind the layer that they belong to, one deeper. */
function* flatten(layers: readonly LayerReport[], depth = 0): Generator<CsvLayer> {
  for (const { body, ...layer } of layers) {
    yield { ...layer, depth };
    if (body) yield* flatten(body, depth + 1);
  }
}

function describe(report: InspectReport, format: string, findings: readonly Finding[]): Iterable<string> {
  return sections([
    `${printable(basename(report.file))}: ${format}, ${formatBytes(report.fileBytes)}${report.externalBytes > 0 ? ` and ${formatBytes(report.externalBytes)} beside it` : ''}\n`,
    facts(summary(report)),
    report.memory ? memorySection(report.memory, terminalWidth()) : layerTable(report),
    notes(report, findings),
    adviceText(
      findings,
      report.file,
      report.layers.map(({ name }) => name),
    ),
  ]);
}

function summary(report: InspectReport): [string, string | null][] {
  const { totals } = report;
  const peak = partly(totals.peakActivationBytes, totals.knownPeakActivationBytes, formatBytes);
  return [
    ...report.properties.map(({ name, value }): [string, string] => [name, value]),
    ...report.inputs.map((input): [string, string] => ['input', describeTensor(input)]),
    ...report.outputs.map((output): [string, string] => ['output', describeTensor(output)]),
    ['parameters', parameters(report)],
    ['MACs', partly(totals.macs, totals.knownMacs, formatCount)],
    ['activations', partly(totals.activationBytes, totals.knownActivationBytes, formatBytes)],
    ['peak memory', totals.peakNode === null ? peak : `${peak} of activations, at ${totals.peakNode}`],
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
  ];
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

/** null: there are no layers. */
function layerTable(report: InspectReport): Iterable<string> | null {
  if (report.layers.length === 0) return null;
  return tableLines(
    [
      { title: 'layer', flexible: true },
      { title: 'operator', flexible: true },
      { title: 'output', flexible: true },
      { title: 'type' },
      { title: 'parameters', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'activations', align: 'right' },
      { title: 'MACs', align: 'right' },
    ],
    // Each row is made when it is printed: there may be a million of them.
    { [Symbol.iterator]: () => rowsOf(report) },
    terminalWidth(),
  );
}

function* rowsOf({ layers, totals }: InspectReport): Generator<string[]> {
  for (const layer of flatten(layers)) {
    if (!costs(layer)) continue;
    yield [
      `${'  '.repeat(layer.depth ?? 0)}${layer.name}`,
      layer.op,
      layer.outputs.map(({ shape }) => formatShape(shape)).join(' '),
      layer.outputs[0]?.type ?? UNKNOWN,
      none(layer.parameters, formatCount) + (layer.shared ? '*' : ''),
      none(layer.parameterBytes, formatBytes),
      none(layer.activationBytes, formatBytes),
      none(layer.macs, formatCount),
    ];
  }
  yield [
    'total',
    '',
    '',
    '',
    formatTotal(totals.parameters, totals.knownParameters, formatCount),
    formatTotal(totals.parameterBytes, totals.knownParameterBytes, formatBytes),
    formatTotal(totals.activationBytes, totals.knownActivationBytes, formatBytes),
    formatTotal(totals.macs, totals.knownMacs, formatCount),
  ];
}

/** Constants and the like are rows too, but all of their figures are 0: in a terminal they only hide the others. */
function costs({ parameters, activationBytes, macs }: CsvLayer): boolean {
  return parameters !== 0 || activationBytes !== 0 || macs !== 0;
}

/** An empty cell for a known 0, so that the figures that matter stand out; unknown is shown as such. */
function none(value: number | null, format: (value: number | null) => string): string {
  return value === 0 ? '' : format(value);
}

/** What a finding says of sizes is not said again. */
function notes(
  { dims, assumedInputs, layers, problems }: InspectReport,
  findings: readonly Finding[],
): string {
  const told = new Set(findings.flatMap(({ action }) => (action?.kind === 'dimensions' ? action.names : [])));
  const assumed = Object.entries(dims).filter(([name, { assumed }]) => assumed && !told.has(name));
  const defaults = Object.entries(dims).filter(([, dimension]) => dimension.byDefault);
  let shared = false;
  let free = 0;
  for (const layer of flatten(layers)) {
    shared ||= layer.shared;
    if (!costs(layer)) free++;
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
