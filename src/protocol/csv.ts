import { latenciesOf } from './latencies';
import { printable } from './printable';
import type {
  Comparison,
  LayerComparison,
  LayerReport,
  LayerSide,
  ProfileReport,
  SideLayer,
  WeightComparison,
} from './reports';

/** CSV as RFC 4180 has it: CRLF, quotes doubled. Unknown values are empty cells. */

type Cell = string | number | boolean | null | undefined;

/** A layer of the flattened list: 0 is the main graph, a body's layers are one deeper. */
export type CsvLayer = Omit<LayerReport, 'body'> & { depth?: number };

const LAYER_COLUMNS = [
  'name',
  'op',
  'depth',
  'output_type',
  'output_shape',
  'parameters',
  'parameter_bytes',
  'shared',
  'activation_bytes',
  'macs',
  'element_ops',
  'energy_picojoules',
];
const LATENCY_COLUMNS = ['latency_ms', 'share', 'fused_into'];

/** All of `layerLines`. */
export function layersToCsv(layers: readonly CsvLayer[], profile?: ProfileReport | null): string {
  return [...layerLines(layers, profile)].join('');
}

/** One line a layer; with a profile three more columns, and the engine's own rows at the end. */
export function* layerLines(layers: Iterable<CsvLayer>, profile?: ProfileReport | null): Generator<string> {
  yield csvLine(profile ? [...LAYER_COLUMNS, ...LATENCY_COLUMNS] : LAYER_COLUMNS);
  const latencies = profile ? latenciesOf([...layers], profile) : [];
  let index = 0;
  for (const layer of layers) {
    const output = layer.outputs[0];
    const line: Cell[] = [
      layer.name,
      layer.op,
      layer.depth ?? 0,
      output?.type,
      shapeCell(output?.shape),
      layer.parameters,
      layer.parameterBytes,
      layer.shared,
      layer.activationBytes,
      layer.macs,
      layer.elementOps,
      layer.energyPicojoules,
    ];
    if (profile) {
      const latency = latencies[index++];
      line.push(latency?.medianMs, latency?.share, latency?.fusedInto);
    }
    yield csvLine(line);
  }
  for (const row of profile?.added ?? []) {
    const empty = LAYER_COLUMNS.slice(2).map(() => null);
    yield csvLine([row.name, row.op, ...empty, row.medianMs, row.share, 'added by the engine']);
  }
}

/** All of `comparisonLines`. */
export function comparisonToCsv(layers: readonly LayerComparison[]): string {
  return [...comparisonLines(layers)].join('');
}

/** One line a layer, before and after. */
export function* comparisonLines(layers: readonly LayerComparison[]): Generator<string> {
  const side = (name: string, columns: readonly string[]) => columns.map((column) => `${column}_${name}`);
  const both = (columns: readonly string[]) => [...side('before', columns), ...side('after', columns)];
  const cost = (value: LayerSide | null): Cell[] => [
    value?.parameterBytes,
    value?.activationBytes,
    value?.medianMs,
    value?.fusedInto,
  ];
  const kind = (layer: SideLayer | undefined): Cell[] => [
    layer?.op,
    layer?.type,
    shapeCell(layer?.shape),
    layer?.parameters,
    layer?.macs,
  ];
  yield csvLine([
    'name',
    'op',
    ...both(['parameter_bytes', 'activation_bytes', 'latency_ms', 'fused_into']),
    'sqnr_db',
    'kept',
    'status',
    ...both(['op', 'output_type', 'output_shape', 'parameters', 'macs']),
    'weights_sqnr_db',
    'changes',
  ]);
  for (const { name, op, before, after, sqnrDb, kept, status, weights, changes } of layers) {
    yield csvLine([
      name,
      op,
      ...cost(before),
      ...cost(after),
      sqnrDb,
      kept,
      status,
      ...kind(before?.layer),
      ...kind(after?.layer),
      worstSqnr(weights),
      changes.map((change) => `${change.what}: ${change.before ?? ''} → ${change.after ?? ''}`).join('; '),
    ]);
  }
}

/** The same of several models: a line for a layer and a model, which the first column names. `names`: of the others. */
export function* modelsLines(
  comparisons: readonly Comparison[],
  names: readonly string[],
): Generator<string> {
  for (const [index, { layers }] of comparisons.entries()) {
    let heading = true;
    for (const line of comparisonLines(layers)) {
      if (!heading || index === 0) yield `${heading ? 'model' : cell(names[index])},${line}`;
      heading = false;
    }
  }
}

/** Of the weights that differ the one that differs most; null where none was compared. */
export function worstSqnr(weights: readonly WeightComparison[]): number | null {
  return weights.reduce<number | null>(
    (worst, { sqnrDb }) => (sqnrDb === null ? worst : Math.min(worst ?? sqnrDb, sqnrDb)),
    null,
  );
}

function shapeCell(shape: SideLayer['shape'] | undefined): Cell {
  return shape?.map((dimension) => dimension ?? '?').join('x');
}

export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** What spreadsheets take for the beginning of a formula, also in full width and behind spaces. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

function cell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  // Text that a spreadsheet would run as a formula: names come from files that strangers made.
  const clean = printable(value);
  const text = FORMULA.test(clean) ? `'${clean}` : clean;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
