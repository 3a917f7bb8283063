import { html } from 'lit';
import { formatBytes, formatDb, formatMs, formatRatio, UNKNOWN } from '../../src/protocol/numbers';
import type { LayerComparison, LayerSide } from '../../src/protocol/reports';
import { operatorName, pathName, shortName } from '../base/names';
import type { Column } from '../grid/column';

export type ComparedRow = LayerComparison & { index: number };

/** Layer by layer: what it took before, what it takes after. */
export function comparisonColumns(rows: readonly ComparedRow[]): Column<ComparedRow>[] {
  const names = new Set(rows.map((row) => row.name));
  const columns: Column<ComparedRow>[] = [
    {
      id: 'name',
      label: 'Name',
      description: 'The layer; both models are matched by output tensor',
      width: 200,
      grow: true,
      text: (row) => row.name,
      render: (row) => pathName(row.name),
      value: (row) => row.name,
    },
    {
      id: 'op',
      label: 'Operator',
      description: 'Type of the operator',
      width: 110,
      text: (row) => row.op,
      render: (row) => operatorName(row.op),
      value: (row) => row.op,
    },
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
  ];
  const measured = rows.some((row) => (row.before?.medianMs ?? row.after?.medianMs ?? null) !== null);
  if (measured) {
    columns.push(
      pair(
        'latency',
        'Latency',
        'Latency before and after, from the engine’s profiles',
        'var(--orange)',
        215,
        rows,
        (side) => latencyOf(side, names),
        (side) => side.medianMs,
      ),
      {
        id: 'ratio',
        label: 'Speed-up',
        description: 'Latency before / after',
        width: 85,
        numeric: true,
        text: (row) => formatRatio(ratioOf(row)),
        value: ratioOf,
      },
    );
  }
  columns.push(
    {
      id: 'sqnr',
      label: 'SQNR',
      description: 'Signal to quantization noise at the layer’s output: the less, the more the layer differs',
      width: 80,
      numeric: true,
      text: (row) => formatDb(row.sqnrDb),
      value: (row) => row.sqnrDb,
    },
    {
      id: 'kept',
      label: 'Kept in float',
      description: 'Why the layer stayed in float',
      width: 200,
      text: (row) => row.kept ?? '',
      value: (row) => row.kept ?? null,
    },
  );
  return columns;
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
  const text = ({ before, after }: ComparedRow) => `${format(before)} → ${format(after)}`;
  return {
    id,
    label,
    description,
    width,
    numeric: true,
    color,
    text,
    tooltip: (row) =>
      `${label}: ${text(row)}${row.before === null ? ' (not in the first model)' : ''}${row.after === null ? ' (not in the second model)' : ''}`,
    render: (row) =>
      html`<span class="pair"
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

/** What has no figure of its own steps back. */
function tone(side: LayerSide | null, value: (side: LayerSide) => number | null): string {
  return side === null || (value(side) ?? 0) === 0 ? 'ellipsis muted' : 'ellipsis';
}

/** `names`: of the layers; what became of one may also be said in words, such as `a constant`. */
function latencyOf(side: LayerSide | null, names: ReadonlySet<string>): string {
  if (side === null) return UNKNOWN;
  const { medianMs, fusedInto } = side;
  if (medianMs !== null || fusedInto === undefined) return formatMs(medianMs);
  return names.has(fusedInto) ? `in ${shortName(fusedInto)}` : fusedInto;
}
