import { printable } from '../protocol/printable';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Texts may be shortened when the terminal is too narrow. */
  readonly flexible?: boolean;
}

const GAP = 2;
/** A shortened column keeps at least this much, or names could not be told apart. */
const MIN_FLEXIBLE = 12;
/** Where lines may be of any length, one name of a megabyte makes one line that long, not all of them. */
const MAX_PADDED = 200;

/**
 * Rows under a heading, columns aligned; lines have no trailing spaces.
 * @param width of the terminal; null where lines may be of any length, as in a pipe
 */
export function renderTable(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
  width: number | null,
): string {
  return [...tableLines(columns, rows, width)].join('');
}

/** The same line by line, for tables of any length; `rows` are gone through twice. */
export function* tableLines(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
  width: number | null,
): Generator<string> {
  const natural = columns.map(({ title }) => lengthOf(title));
  for (const row of rows) {
    for (const i of columns.keys()) natural[i] = Math.max(natural[i] ?? 0, lengthOf(printable(row[i] ?? '')));
  }
  const widths =
    width === null ? natural.map((most) => Math.min(most, MAX_PADDED)) : fitted(columns, natural, width);
  const line = (texts: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const [text, most] = [texts[i] ?? '', widths[i] ?? 0];
        return pad(width === null ? text : shorten(text, most), most, align ?? 'left');
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  yield `${line(columns.map(({ title }) => title))}\n`;
  yield `${widths.map((length) => '─'.repeat(length)).join(' '.repeat(GAP))}\n`;
  for (const row of rows) yield `${line(columns.map((_, i) => printable(row[i] ?? '')))}\n`;
}

/** Takes width from the widest flexible columns until the table fits, or they are as narrow as they may be. */
function fitted(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, length) => sum + length, GAP * (widths.length - 1)) - width;
  for (; excess > 0; excess--) {
    let widest = -1;
    for (const [i, { flexible }] of columns.entries()) {
      const length = widths[i] ?? 0;
      if (flexible && length > MIN_FLEXIBLE && length > (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Cut in the middle: layers' names mostly differ at their ends. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width < 2) return characters.slice(0, width).join('');
  const head = Math.floor((width - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return align === 'right' ? space + text : text + space;
}
