/** Columns by what they are worth where there is no room for all. Those that are not named come last. */
const WORTH = [
  'name',
  'status',
  'sqnr',
  'latency',
  'time',
  'change',
  'op',
  'weights',
  'activations',
  'weightsSqnr',
];

interface Fitting {
  readonly id: string;
  readonly width: number;
}

/**
 * The columns that fit into a width, in their order, so that nothing scrolls sideways. What the user chose is shown or
 * hidden whatever the width is.
 */
export function fittingColumns<C extends Fitting>(
  columns: readonly C[],
  width: number,
  chosen: Readonly<Record<string, boolean>>,
  widths: Readonly<Record<string, number>>,
): C[] {
  const widthOf = (column: C) => widths[column.id] ?? column.width;
  const shown = new Set(columns.filter(({ id }) => chosen[id] === true));
  let left = width - [...shown].reduce((sum, column) => sum + widthOf(column), 0);
  const place = ({ id }: C) => (WORTH.includes(id) ? WORTH.indexOf(id) : WORTH.length);
  for (const column of columns.toSorted((a, b) => place(a) - place(b))) {
    if (shown.has(column) || chosen[column.id] === false) continue;
    if (widthOf(column) > left && column.id !== 'name') continue;
    shown.add(column);
    left -= widthOf(column);
  }
  return columns.filter((column) => shown.has(column));
}
