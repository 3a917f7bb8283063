import { html } from 'lit';
import { worstSqnr } from '../../src/protocol/csv';
import { formatBytes, formatCount, formatDb, formatRatio } from '../../src/protocol/numbers';
import { markReason } from '../../src/protocol/profileMarks';
import { LAYER_STATUSES, type LayerComparison, type LayerSide } from '../../src/protocol/reports';
import type { ShortNames } from '../../src/protocol/shortNames';
import { latencyText } from '../base/latency';
import { operatorName, wholeName } from '../base/names';
import type { Column } from '../grid/column';
import { changeText, namesOf, operators, output } from './texts';

export type ComparedRow = LayerComparison & { index: number };

/** Layer by layer: what became of it, what it took before, what it takes after. */
export function comparisonColumns(rows: readonly ComparedRow[], short: ShortNames): Column<ComparedRow>[] {
  const some = (has: (row: ComparedRow) => boolean, columns: Column<ComparedRow>[]) =>
    rows.some(has) ? columns : [];
  return [
    {
      id: 'name',
      label: 'Name',
      description: 'The layer; matched by output tensor, then by order, operator and shape',
      width: 200,
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
      width: 135,
      text: operators,
      render: (row) =>
        operators(row) === row.op
          ? operatorName(row.op)
          : html`<span class="ellipsis">${operators(row)}</span>`,
      value: operators,
    },
    ...statusColumns(short),
    pair(
      'weights',
      'Weights',
      'Bytes of the weights before and after',
      'var(--vscode-charts-blue)',
      165,
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
      'Multiply-accumulates of one run before and after',
      'var(--vscode-charts-green)',
      140,
      rows,
      (side) => formatCount(side?.layer?.macs),
      (side) => side.layer?.macs ?? null,
    ),
    pair(
      'activations',
      'Activations',
      'Bytes of the outputs before and after',
      'var(--vscode-charts-purple)',
      165,
      rows,
      (side) => formatBytes(side?.activationBytes),
      (side) => side.activationBytes,
    ),
    ...some(
      (row) => (row.before?.medianMs ?? row.after?.medianMs ?? null) !== null,
      [
        pair(
          'latency',
          'Latency',
          'Latency before and after, from the engine’s profiles',
          'var(--orange)',
          215,
          rows,
          // What became of a layer may also be said in words, such as `a constant`.
          (side) =>
            latencyText(side, side?.mark, (into) =>
              side?.fusedIntoId === undefined ? into : `in ${short.short(into)}`,
            ),
          (side) => side.medianMs,
        ),
        {
          id: 'ratio',
          label: 'Speed-up',
          description: 'Latency before / after',
          width: 85,
          numeric: true,
          text: (row: ComparedRow) => formatRatio(ratioOf(row)),
          value: ratioOf,
        },
      ],
    ),
    ...some(
      ({ sqnrDb }) => sqnrDb !== null,
      [
        {
          id: 'sqnr',
          label: 'SQNR',
          description:
            'Signal to quantization noise at the layer’s output: the less, the more the layer differs',
          width: 80,
          numeric: true,
          text: (row: ComparedRow) => formatDb(row.sqnrDb),
          value: (row: ComparedRow) => row.sqnrDb,
        },
      ],
    ),
    ...some(
      ({ kept }) => kept !== undefined,
      [
        {
          id: 'kept',
          label: 'Kept in float',
          description: 'Why the layer stayed in float',
          width: 200,
          text: (row: ComparedRow) => row.kept ?? '',
          value: (row: ComparedRow) => row.kept ?? null,
        },
      ],
    ),
  ];
}

function statusColumns(short: ShortNames): Column<ComparedRow>[] {
  return [
    {
      id: 'status',
      label: 'Status',
      description: 'What became of the layer; folded: another layer does its work in one of the models',
      width: 90,
      text: (row) => row.status,
      render: ({ status }) => html`<span class="status ${status}">${status}</span>`,
      value: ({ status }) => LAYER_STATUSES.indexOf(status),
    },
    {
      id: 'change',
      label: 'Change',
      description: 'What differs between the two',
      width: 220,
      text: (row) => changeText(row, short),
      tooltip: (row) => changeText(row),
      value: (row) => changeText(row) || null,
    },
  ];
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
  color: string,
  width: number,
  rows: readonly ComparedRow[],
  format: (side: LayerSide | null) => string,
  value: (side: LayerSide) => number | null,
): Column<ComparedRow> {
  const known = (side: LayerSide | null) => (side === null ? null : value(side));
  const largest = rows.reduce(
    (most, { before, after }) => Math.max(most, known(before) ?? 0, known(after) ?? 0),
    0,
  );
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
    color,
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
    bar: ({ after }) => {
      const length = known(after);
      return length === null || largest === 0 ? null : length / largest;
    },
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
