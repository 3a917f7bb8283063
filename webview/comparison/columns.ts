import { html } from 'lit';
import { worstSqnr } from '../../src/protocol/csv';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatMs,
  formatRatio,
  UNKNOWN,
} from '../../src/protocol/numbers';
import { markReason } from '../../src/protocol/profileMarks';
import { LAYER_STATUSES, type LayerComparison, type LayerSide } from '../../src/protocol/reports';
import type { ShortNames } from '../../src/protocol/shortNames';
import { latencyText } from '../base/latency';
import { operatorName, wholeName } from '../base/names';
import type { Column } from '../grid/column';
import { changeText, namesOf, operators, output } from './texts';

export type ComparedRow = LayerComparison & { index: number };

/** What a change means: less of a cost is good, more is bad. */
const BETTER = 'var(--vscode-charts-green)';
const WORSE = 'var(--vscode-charts-red)';

/** Layer by layer: what became of it, what it took before, what it takes after. */
export function comparisonColumns(rows: readonly ComparedRow[], short: ShortNames): Column<ComparedRow>[] {
  const some = (has: (row: ComparedRow) => boolean, columns: Column<ComparedRow>[]) =>
    rows.some(has) ? columns : [];
  return [
    {
      id: 'name',
      label: 'Name',
      description: 'The layer; matched by output tensor, then by order, operator and shape',
      width: 205,
      grow: true,
      text: (row) => row.name,
      tooltip: namesOf,
      render: (row) => wholeName(short.parts(row.name)),
      value: (row) => row.name,
    },
    {
      id: 'op',
      label: 'Operator',
      description: 'Type of the operator',
      width: 115,
      text: operators,
      render: (row) =>
        operators(row) === row.op
          ? operatorName(row.op)
          : html`<span class="ellipsis">${operators(row)}</span>`,
      value: operators,
    },
    {
      id: 'status',
      label: 'Status',
      description: 'What became of the layer; folded: another layer does its work in one of the models',
      width: 86,
      text: (row) => row.status,
      render: ({ status }) => html`<span class="status ${status}">${status}</span>`,
      value: ({ status }) => LAYER_STATUSES.indexOf(status),
    },
    ...some(
      ({ sqnrDb }) => sqnrDb !== null,
      [
        {
          id: 'sqnr',
          label: 'SQNR',
          description:
            'Signal to quantization noise at the layer’s output: the less, the more the layer differs',
          width: 76,
          numeric: true,
          text: (row: ComparedRow) => formatDb(row.sqnrDb),
          value: (row: ComparedRow) => row.sqnrDb,
        },
      ],
    ),
    ...some(
      (row) => (row.before?.medianMs ?? row.after?.medianMs ?? null) !== null,
      timeColumns(rows, short),
    ),
    {
      id: 'change',
      label: 'Change',
      description: 'What differs between the two, and why a layer stayed in float',
      width: 170,
      text: (row) => becameText(row, short),
      tooltip: (row) => becameText(row),
      value: (row) => becameText(row) || null,
    },
    pair(
      'weights',
      'Weights',
      'Bytes of the weights before and after; the bar is the change',
      155,
      rows,
      (side) => formatBytes(side?.parameterBytes),
      (side) => side.parameterBytes,
    ),
    ...some(
      ({ weights }) => worstSqnr(weights) !== null,
      [
        {
          id: 'weightsSqnr',
          label: 'Weights SQNR',
          description: 'Of the weight that differs most: its power over that of the difference',
          width: 100,
          numeric: true,
          text: ({ weights }: ComparedRow) => formatDb(worstSqnr(weights)),
          value: ({ weights }: ComparedRow) => worstSqnr(weights),
        },
      ],
    ),
    pair(
      'activations',
      'Activations',
      'Bytes of the outputs before and after; the bar is the change',
      155,
      rows,
      (side) => formatBytes(side?.activationBytes),
      (side) => side.activationBytes,
    ),
    {
      id: 'output',
      label: 'Output',
      description: 'Element type and shape of the first output',
      width: 150,
      text: output,
      value: output,
    },
    pair(
      'macs',
      'MACs',
      'Multiply-accumulates of one run before and after; the bar is the change',
      135,
      rows,
      (side) => formatCount(side?.layer?.macs),
      (side) => side.layer?.macs ?? null,
    ),
  ];
}

function timeColumns(rows: readonly ComparedRow[], short: ShortNames): Column<ComparedRow>[] {
  const largest = rows.reduce((most, row) => Math.max(most, Math.abs(timeLost(row) ?? 0)), 0);
  return [
    pair(
      'latency',
      'Latency',
      'Latency before and after, from the engine’s profiles',
      160,
      [],
      // What became of a layer may also be said in words, such as `a constant`.
      (side) =>
        latencyText(side, side?.mark, (into) =>
          side?.fusedIntoId === undefined ? into : `in ${short.short(into)}`,
        ),
      (side) => side.medianMs,
    ),
    {
      id: 'time',
      label: 'Change of time',
      description: 'Time that the layer takes more or less, and how many times the speed that is',
      width: 140,
      numeric: true,
      text: timeText,
      value: timeLost,
      bar: (row) => {
        const lost = timeLost(row);
        return lost === null || largest === 0 ? null : Math.abs(lost) / largest;
      },
      colorOf: (row) => effect(timeLost(row)),
    },
  ];
}

/** Milliseconds that a layer takes more than before, also one that only one of the models has; null where not known. */
export function timeLost({ status, before, after }: LayerComparison): number | null {
  const [from, to] = [before?.medianMs ?? null, after?.medianMs ?? null];
  if (from !== null && to !== null) return to - from;
  if (status === 'added' && to !== null) return to;
  return status === 'removed' && from !== null ? -from : null;
}

function timeText(row: ComparedRow): string {
  const lost = timeLost(row);
  if (lost === null) return UNKNOWN;
  const ratio = ratioOf(row);
  const size = formatMs(Math.abs(lost));
  // `< 0.001 ms` has no sign.
  const change = size.startsWith('<') ? size : `${lost < 0 ? '−' : '+'}${size}`;
  return ratio === null ? change : `${change} · ${formatRatio(ratio)}`;
}

function effect(more: number | null): string {
  return (more ?? 0) > 0 ? WORSE : BETTER;
}

/** What differs, and why it stayed as it was. */
function becameText(row: ComparedRow, names?: ShortNames): string {
  const kept = row.kept === undefined ? [] : [`kept in float: ${row.kept}`];
  return [...kept, changeText(row, names)].filter((text) => text !== '').join(', ');
}

/** Latency before / after, where both are known. */
export function ratioOf({ before, after }: LayerComparison): number | null {
  const [from, to] = [before?.medianMs ?? null, after?.medianMs ?? null];
  return from === null || to === null || to === 0 ? null : from / to;
}

function pair(
  id: string,
  label: string,
  description: string,
  width: number,
  rows: readonly ComparedRow[],
  format: (side: LayerSide | null) => string,
  value: (side: LayerSide) => number | null,
): Column<ComparedRow> {
  const known = (side: LayerSide | null) => (side === null ? null : value(side));
  /** More than before; what one of the models does not have is nothing there. */
  const more = ({ before, after }: ComparedRow): number | null => {
    const [from, to] = [before === null ? 0 : value(before), after === null ? 0 : value(after)];
    return from === null || to === null ? null : to - from;
  };
  const largest = rows.reduce((most, row) => Math.max(most, Math.abs(more(row) ?? 0)), 0);
  // What did not change is said once, so that what did is seen.
  const same = ({ before, after }: ComparedRow) =>
    before !== null && after !== null && format(before) === format(after);
  const text = (row: ComparedRow) =>
    same(row) ? format(row.after) : `${format(row.before)} → ${format(row.after)}`;
  return {
    id,
    label,
    description,
    width,
    numeric: true,
    text,
    tooltip: (row) =>
      `${label}: ${text(row)}${row.before === null ? ' (not in the first model)' : ''}${row.after === null ? ' (not in the second model)' : ''}${id === 'latency' ? marksOf(row) : ''}`,
    render: (row) =>
      same(row)
        ? html`<span class=${tone(row.after, value)}>${format(row.after)}</span>`
        : html`<span class="pair"
        ><span class=${tone(row.before, value)}>${format(row.before)}</span><span class="muted">→</span
        ><span class=${tone(row.after, value)}>${format(row.after)}</span></span
      >`,
    // What is left of it, or what it was where the layer is gone: the figure that one wants to find.
    value: ({ before, after }) => known(after) ?? known(before),
    ...(largest === 0
      ? {}
      : {
          bar: (row: ComparedRow) => Math.abs(more(row) ?? 0) / largest,
          colorOf: (row: ComparedRow) => effect(more(row)),
        }),
  };
}

/** Why the times of a layer are to be read with care, a line for each model. */
function marksOf({ before, after }: ComparedRow): string {
  const marks = [
    ['Before', before?.mark],
    ['After', after?.mark],
  ] as const;
  return marks.map(([side, mark]) => (mark ? `\n${side}: ${markReason(mark, null)}` : '')).join('');
}

/** What has no figure of its own steps back. */
function tone(side: LayerSide | null, value: (side: LayerSide) => number | null): string {
  return side === null || (value(side) ?? 0) === 0 ? 'ellipsis muted' : 'ellipsis';
}
