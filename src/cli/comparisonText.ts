import { itemAt } from '../model/assert';
import { sqnrText } from '../protocol/accuracies';
import { adviseComparison, otherWarnings } from '../protocol/advice/advise';
import { countedRuns } from '../protocol/countedRuns';
import { latencyConditions } from '../protocol/deviceNames';
import { comparedFigures } from '../protocol/figurePairs';
import { isConstant, isConversion } from '../protocol/minorLayers';
import { type AlignedLayer, alignedLayers, fates, figureRows, isTelling } from '../protocol/modelTables';
import { formatBytes, formatDb, formatInteger, formatMs, formatPercent } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import type {
  Accuracy,
  Comparison,
  Latency,
  LayerChange,
  LayerComparison,
  LayerSide,
  QuantizeReport,
} from '../protocol/reports';
import { isSame, speedupText, summary, unmeasured } from '../protocol/summary';
import { adviceText } from './adviceText';
import { facts, sections, terminalWidth } from './output';
import { describeLatency } from './profile';
import { renderTable, tableLines } from './table';

/** Layers of one reason that have rows of their own; `--json` and `--csv` name all of them. */
const NAMED_ONE_BY_ONE = 5;

/** What is said of a comparison that holds for several with the same first model. */
const COMMON_FACTS = ['measured on', 'took'];

/**
 * What comparisons of several models with the first of them say, for people: what matters most comes last.
 * @param names of the models
 * @param all list layers without a difference too
 */
export function describeModels(
  comparisons: readonly [Comparison, ...Comparison[]],
  names: readonly string[],
  all: boolean,
): Iterable<string> {
  const [first] = comparisons;
  // What the layers' table, which has no room for names, calls them.
  const numbered = names.map((name, index) => `${index + 1} ${name}`);
  const summaries = comparisons.map((one, index) => [itemAt(numbered, index + 1), summary(one)] as const);
  const timed = comparisons.find(({ latencyMs }) => latencyMs !== null);
  const engines = new Set(comparisons.flatMap(({ engine }) => engine?.split(' and ') ?? []));
  const engine = engines.size === 0 ? null : [...engines].join(', ');
  return sections([
    alignedTable(comparisons, all),
    renderTable(
      [{ title: '' }, ...numbered.map((title) => ({ title, align: 'right' as const, flexible: true }))],
      figureRows(comparisons),
      terminalWidth(),
    ),
    facts(measuredOn({ ...(timed ?? first), engine }).filter(([label]) => COMMON_FACTS.includes(label))),
    warnings([...new Set(comparisons.flatMap((one) => one.warnings))]),
    facts(summaries),
  ]);
}

function alignedTable(comparisons: readonly Comparison[], all: boolean): Iterable<string> | null {
  const rows = alignedLayers(comparisons).filter((row) => all || isTelling(row));
  if (rows.length === 0) return null;
  const sides = ({ before, found }: AlignedLayer) => [before, ...found.map((layer) => layer?.after ?? null)];
  const timed = rows.some((row) => sides(row).some((side) => side?.medianMs != null));
  const numbers = (what: string, from: number) =>
    Array.from({ length: comparisons.length + 2 - from }, (_, index) => ({
      title: `${what} ${from + index}`,
      align: 'right' as const,
    }));
  const columns = [
    { title: 'layer', flexible: true },
    { title: 'operator', flexible: true },
    ...numbers('weights', 1),
    ...(timed ? numbers('latency', 1) : []),
    ...numbers('SQNR', 2),
    { title: '', flexible: true },
  ];
  const cells = rows.map((row) => [
    row.name,
    row.op,
    ...sides(row).map(weights),
    ...(timed ? sides(row).map(latency) : []),
    ...row.found.map((layer) => (layer?.sqnrDb == null ? '' : formatDb(layer.sqnrDb))),
    fates(row, (index) => `${index + 2}`),
  ]);
  return tableLines(columns, cells, terminalWidth());
}

/**
 * What a comparison says, for people: what matters most comes last, where a terminal stays.
 * @param all list layers without a difference too
 */
export function describeComparison(report: Comparison, all: boolean): Iterable<string> {
  const findings = adviseComparison(report);
  return sections([
    layerTable(report, all),
    keptTable(report),
    modelChanges(report),
    totalsTable(report),
    facts(measuredOn(report)),
    warnings(otherWarnings(report.warnings, findings)),
    adviceText(
      findings,
      report.input,
      report.layers.map(({ name }) => name),
    ),
    `${[report.accuracy === null ? unmeasured(report) : '', summary(report)].filter((line) => line !== '').join('\n')}\n`,
  ]);
}

function totalsTable(report: Comparison & Partial<QuantizeReport>): string {
  const { latencyMs, accuracy } = report;
  if (isSame(report) && latencyMs === null) return '';
  const rows = comparedFigures(report).map(({ label, before, after, change }) => [
    label,
    before,
    after,
    change,
  ]);
  if (latencyMs) {
    const { before, cleaned, after, speedup, speedupOverCleaned } = latencyMs;
    rows.push(['Latency', formatMs(before.median), formatMs(after.median), speedupText(speedup)]);
    if (cleaned && speedupOverCleaned) {
      rows.push(['Cleaned float', formatMs(cleaned.median), '', speedupText(speedupOverCleaned)]);
    }
  }
  for (const { dim, length, before, after, speedup } of report.latencyByLength ?? [])
    rows.push([
      `Latency, ${printable(dim)} ${length}`,
      formatMs(before.median),
      formatMs(after.median),
      speedupText(speedup),
    ]);
  if (accuracy?.top1) {
    rows.push(['Top-1', formatPercent(accuracy.top1.before), formatPercent(accuracy.top1.after), '']);
  }
  return renderTable(
    [
      { title: '' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'change', align: 'right', flexible: true },
    ],
    rows,
    terminalWidth(),
  );
}

function through({ through }: Accuracy): string {
  return through === undefined ? '' : `; through the twin ${printable(through.model)}`;
}

function measuredOn(report: Comparison & Partial<QuantizeReport>): [string, string | null][] {
  const { accuracy, latencyMs, engine, cpu, threads, seconds, weightSqnrDb } = report;
  const agreement =
    accuracy === null || accuracy.top1Agreement === null
      ? ''
      : `, same top class in ${formatPercent(accuracy.top1Agreement)}${accuracy.positions === undefined ? '' : ` of ${formatInteger(accuracy.positions)} positions`}`;
  return [
    [
      'weights',
      weightSqnrDb == null ? null : `SQNR ${formatDb(weightSqnrDb)} over those that are stored anew`,
    ],
    [
      'outputs',
      accuracy &&
        `${accuracy.identical ? '' : 'SQNR '}${printable(sqnrText(accuracy))}${agreement} (${accuracy.samples} samples, ${accuracy.data}${through(accuracy)})`,
    ],
    ['before', latencyMs && latencyWithRuns(latencyMs.before)],
    ['cleaned', latencyMs?.cleaned ? latencyWithRuns(latencyMs.cleaned) : null],
    ['after', latencyMs && latencyWithRuns(latencyMs.after)],
    ['measured on', engine && `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${cpu}`],
    ['latency of', latencyConditions(report)?.replace(/^latency on /, '') ?? null],
    ['took', `${seconds.toFixed(1)} s`],
  ];
}

function latencyWithRuns(latency: Latency): string {
  const counted = countedRuns(latency);
  return `${describeLatency(latency)}${counted === null ? '' : `, ${counted}`}`;
}

/** null: no layer differs. */
function layerTable({ layers }: Comparison, all: boolean): Iterable<string> | null {
  const wanted = layers.filter((layer) => (all || layer.status !== 'unchanged') && !isConstant(layer));
  const shown = wanted.filter((layer) => !isConversion(layer));
  const conversions = wanted.length - shown.length;
  const rest = conversions === 0 ? '' : `and ${conversions} conversions to integers and back\n`;
  if (shown.length === 0) return rest;
  const timed = layers.some(({ before, after }) => before?.medianMs != null || after?.medianMs != null);
  return tableAnd(rest, timed, shown);
}

function* tableAnd(rest: string, timed: boolean, shown: readonly LayerComparison[]): Generator<string> {
  const rows = shown.map((layer) => [
    layer.name,
    layer.op,
    weights(layer.before),
    weights(layer.after),
    ...(timed ? [latency(layer.before), latency(layer.after)] : []),
    layer.sqnrDb === null ? '' : formatDb(layer.sqnrDb),
    note(layer),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'layer', flexible: true },
    { title: 'operator', flexible: true },
    right('weights'),
    right('after'),
    ...(timed ? [right('latency'), right('after')] : []),
    right('SQNR'),
    { title: '', flexible: true },
  ];
  yield* tableLines(columns, rows, terminalWidth());
  yield rest;
}

function weights(side: LayerSide | null): string {
  if (side === null) return '';
  return side.parameterBytes === 0 ? '' : formatBytes(side.parameterBytes);
}

function latency(side: LayerSide | null): string {
  if (side === null || side.medianMs === null) return '';
  // A warning says what its mark means.
  return `${side.mark === undefined ? '' : '~'}${formatMs(side.medianMs)}`;
}

function note(layer: LayerComparison): string {
  const { status, before, after, changes, kept } = layer;
  if (kept !== undefined) return 'kept in float';
  if (status === 'folded') {
    return before?.layer ? `→ ${after?.fusedInto}` : `out of ${before?.fusedInto}`;
  }
  if (status !== 'changed') return status === 'unchanged' ? '' : status;
  return changes.map(changeText).join(', ');
}

function changeText({ what, before, after }: LayerChange): string {
  return `${what} ${before ?? 'none'} → ${after ?? 'none'}`;
}

function modelChanges({ changes }: Comparison): string {
  return changes.map((change) => `${printable(changeText(change))}\n`).join('');
}

function keptTable({ layers }: Comparison): string {
  const kept = layers.filter((layer) => layer.kept !== undefined);
  if (kept.length === 0) return '';
  return renderTable(
    [{ title: 'kept in float', flexible: true }, { title: 'operator' }, { title: 'because', flexible: true }],
    keptRows(kept),
    null,
  );
}

/** Layers that are kept for the same reason are one row with their count where they are many. */
function keptRows(kept: readonly LayerComparison[]): string[][] {
  const byReason = new Map<string, LayerComparison[]>();
  for (const layer of kept) {
    const reason = layer.kept ?? '';
    byReason.set(reason, [...(byReason.get(reason) ?? []), layer]);
  }
  return [...byReason].flatMap(([reason, layers]) => {
    if (layers.length <= NAMED_ONE_BY_ONE) return layers.map(({ name, op }) => [name, op, reason]);
    return [[`${layers.length} layers`, [...new Set(layers.map(({ op }) => op))].join(', '), reason]];
  });
}

function warnings(sentences: readonly string[]): string {
  return sentences.map((sentence) => `Warning: ${printable(sentence)}\n`).join('');
}
