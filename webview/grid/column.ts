import type { TemplateResult } from 'lit';

export interface Column<Row> {
  id: string;
  label: string;
  /** What the figure means: the header's tooltip. */
  description: string;
  /** Pixels until the user changes it. */
  width: number;
  /** Takes the room that is left. */
  grow?: boolean;
  numeric?: boolean;
  /** Colour of the bar, a custom property of the theme. */
  color?: string;
  /** The same of a row, where rows differ in it. */
  colorOf?(row: Row): string;
  /** Shows the text alone when absent. */
  render?(row: Row): TemplateResult | string;
  text(row: Row): string;
  tooltip?(row: Row): string;
  /** Length of the bar, 0..1; null draws none. */
  bar?(row: Row): number | null;
  /** What is sorted by; null (unknown) always comes last. Absent: the column cannot be sorted. */
  value?(row: Row): number | string | null;
}

export interface Sort {
  column: string;
  descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/** A sorted copy; equal rows stay in their order, unknown values come last in either direction. */
export function sorted<Row>(
  rows: readonly Row[],
  column: Column<Row> | undefined,
  descending: boolean,
): Row[] {
  const value = column?.value;
  if (!value) return [...rows];
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  const direction = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    if (typeof a.key === 'number' && typeof b.key === 'number') return direction * (a.key - b.key);
    return direction * collator.compare(String(a.key), String(b.key));
  });
  return keyed.map(({ row }) => row);
}

/** A click on a header: the column's natural direction, then the other, then the file's order again. */
export function nextSort(sort: Sort | null, column: { id: string; numeric?: boolean }): Sort | null {
  const natural = column.numeric ?? false;
  if (sort?.column !== column.id) return { column: column.id, descending: natural };
  return sort.descending === natural ? { column: column.id, descending: !natural } : null;
}
