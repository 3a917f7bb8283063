import { sqnrText } from './accuracies';
import { latencyConditions } from './deviceNames';
import { comparedFigures } from './figurePairs';
import { isConstant, isConversion } from './minorLayers';
import { alignedLayers, figureRows, isTelling } from './modelTables';
import { formatMs, formatPercent, formatRatio } from './numbers';
import { INVISIBLE } from './printable';
import type { Comparison, LayerChange, LayerComparison } from './reports';
import { layersSummary, summary, summaryOverCleaned, unmeasured } from './summary';

/** A comment on GitHub holds 65,536 characters; a row has up to a thousand of them. */
const MAX_ROWS = 50;
/** Inputs, outputs, and what a file says of itself. */
const MAX_MODEL_CHANGES = 20;
/** What a reader of a pull request takes in of one layer. */
const MAX_CHANGES = 4;
/** Names are cut at their beginning, where layers of one model are alike. */
const MAX_NAME = 80;
const MAX_VALUE = 60;

/** Names for people, which the report's paths are not. */
export interface ComparedNames {
  readonly beforeName: string;
  readonly afterName: string;
}

/** The comparison for a pull request or a ticket: what the numbers say, the figures, and the layers that changed. */
export function comparisonToMarkdown(
  comparison: Comparison,
  { beforeName, afterName }: ComparedNames,
): string {
  const { accuracy, engine, cpu, threads, warnings, changes } = comparison;
  const notes = [
    engine === null
      ? ''
      : `${engine}, ${cpu}, ${threads === 1 ? '1 thread' : `${threads} threads`}; ${accuracy?.samples} samples of ${code(accuracy?.data ?? '')}`,
    plain(latencyConditions(comparison) ?? ''),
    unmeasured(comparison),
  ];
  return [
    `**${summary(comparison)}**`,
    [summaryOverCleaned(comparison), layersSummary(comparison)].filter((text) => text !== '').join(' '),
    `| | ${code(beforeName)} | ${code(afterName)} | change |\n|---|---:|---:|---:|\n${figures(comparison).map(line).join('\n')}`,
    changes
      .slice(0, MAX_MODEL_CHANGES)
      .map((change) => `- ${changeText(change)}`)
      .join('\n'),
    layerTable(comparison.layers),
    notes.filter((note) => note !== '').join('\n\n'),
    warnings.map((warning) => `- ${plain(warning)}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** The same of several models, each set against the first. */
export function modelsToMarkdown(
  comparisons: readonly [Comparison, ...Comparison[]],
  names: readonly string[],
): string {
  const [, ...others] = names;
  const layers = alignedLayers(comparisons).filter(isTelling);
  const rest = layers.length - MAX_ROWS;
  const table = (heads: readonly string[], rows: readonly string[][]) =>
    rows.length === 0 ? '' : [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
  return [
    comparisons.map((one, index) => `- ${code(others[index] ?? one.output)}: **${summary(one)}**`).join('\n'),
    table(['', ...names.map(code)], figureRows(comparisons)),
    table(
      ['layer', 'operator', ...others.map(code)],
      layers
        .slice(0, MAX_ROWS)
        .map(({ name, op, found }) => [
          code(tail(name)),
          code(op),
          ...found.map((layer) => (layer === null ? '' : `${layer.status} ${what(layer)}`.trim())),
        ]),
    ),
    rest > 0 ? `and ${rest} more ${rest === 1 ? 'layer' : 'layers'}` : '',
    [...new Set(comparisons.flatMap(({ warnings }) => warnings))].map((one) => `- ${plain(one)}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function figures(comparison: Comparison): string[][] {
  const { latencyMs, accuracy } = comparison;
  const rows = comparedFigures(comparison).map(({ label, before, after, change }) => [
    label,
    before,
    after,
    change,
  ]);
  if (latencyMs !== null) {
    const { before, after, cleaned, speedup, speedupOverCleaned } = latencyMs;
    const [a, b] = [formatMs(before.median), formatMs(after.median)];
    rows.push(['Latency', a, b, `${formatRatio(speedup.ratio)} speed`]);
    if (cleaned) {
      const ratio = speedupOverCleaned ? `${formatRatio(speedupOverCleaned.ratio)} speed` : '';
      rows.push(['Latency, cleaned float', formatMs(cleaned.median), b, ratio]);
    }
  }
  if (accuracy !== null) {
    rows.push(['SQNR', '', sqnrText(accuracy), '']);
    if (accuracy.top1Agreement !== null) {
      rows.push(['Agreement', '', formatPercent(accuracy.top1Agreement), '']);
    }
    if (accuracy.top1) {
      rows.push(['Top-1', formatPercent(accuracy.top1.before), formatPercent(accuracy.top1.after), '']);
    }
  }
  return rows;
}

function layerTable(layers: readonly LayerComparison[]): string {
  const different = layers.filter((layer) => layer.status !== 'unchanged' && !isConstant(layer));
  const changed = different.filter((layer) => !isConversion(layer));
  const conversions = different.length - changed.length;
  const and = conversions === 0 ? [] : [`\nand ${conversions} conversions to integers and back`];
  if (changed.length === 0) return and.join('').trim();
  const rest = changed.length - MAX_ROWS;
  const rows = changed
    .slice(0, MAX_ROWS)
    .map((layer) => line([code(tail(layer.name)), code(operators(layer)), layer.status, what(layer)]));
  return [
    '| layer | operator | | what |\n|---|---|---|---|',
    ...rows,
    ...(rest > 0 ? [`\nand ${rest} more ${rest === 1 ? 'layer' : 'layers'}`] : []),
    ...and,
  ].join('\n');
}

function operators({ op, before, after }: LayerComparison): string {
  const [from, to] = [before?.layer?.op ?? op, after?.layer?.op ?? op];
  return from === to ? op : `${from} → ${to}`;
}

function what({ status, before, after, changes, kept }: LayerComparison): string {
  if (status === 'folded') {
    const into = before?.layer ? after?.fusedInto : before?.fusedInto;
    return `${before?.layer ? 'into' : 'out of'} ${code(tail(into ?? ''))}`;
  }
  const shown = changes.slice(0, MAX_CHANGES).map(changeText);
  if (changes.length > MAX_CHANGES) shown.push(`${changes.length - MAX_CHANGES} more`);
  if (kept !== undefined) shown.push(`kept in float: ${plain(kept)}`);
  return shown.join('; ');
}

function changeText({ what: name, before, after }: LayerChange): string {
  const value = (text: string | null) => (text === null ? 'none' : code(head(text, MAX_VALUE)));
  return `${code(tail(name))} ${value(before)} → ${value(after)}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text that a stranger's file holds, as code: nothing in it is a link, a mention, HTML or the end of a cell. */
function code(text: string): string {
  const flat = oneLine(text).replaceAll('`', 'ˋ').replaceAll('|', '\\|').trim();
  return flat === '' ? '' : `\`${flat}\``;
}

/** A sentence of ours that may quote such text. */
function plain(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
    .replaceAll('@', '@\u200b');
}

function oneLine(text: string): string {
  return text.replace(INVISIBLE, ' ').replace(/ {2,}/g, ' ');
}

function head(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function tail(text: string): string {
  return text.length > MAX_NAME ? `…${text.slice(text.length - MAX_NAME)}` : text;
}
