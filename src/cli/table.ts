import { printable } from '../protocol/printable';

export interface Column {
  readonly title: string;
  /** Of a narrow terminal. */
  readonly shortTitle?: string;
  readonly align?: 'left' | 'right';
  /** Texts may be shortened when the terminal is too narrow. */
  readonly flexible?: boolean;
  /** When it is too narrow even so, columns with this go, the lowest number first. */
  readonly spare?: number;
  /** What tells a row (by its place) from others, should its shortened text be the same as theirs. */
  readonly tag?: (place: number) => string;
}

const GAP = 2;
/** A shortened column keeps at least this much, or names could not be told apart. */
const MIN_FLEXIBLE = 12;
/** The column whose texts must stay different keeps more, before another one goes. */
const MIN_TELLING = 24;
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

/** The same line by line, for tables of any length; `rows` are gone through several times. */
export function* tableLines(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
  width: number | null,
): Generator<string> {
  const most = columns.map(() => 0);
  for (const row of rows) {
    for (const i of columns.keys()) most[i] = Math.max(most[i] ?? 0, lengthOf(printable(row[i] ?? '')));
  }
  const { shown, widths, titles } = width === null ? unbounded(columns, most) : fitted(columns, most, width);
  const cut = (text: string, i: number) => (width === null ? text : shorten(text, widths.get(i) ?? 0));
  const line = (texts: readonly string[], tag: (i: number) => string = () => ''): string =>
    shown
      .map((i) => {
        const end = tag(i);
        const room = widths.get(i) ?? 0;
        const text =
          end === '' ? cut(texts[i] ?? '', i) : `${shorten(texts[i] ?? '', room - end.length)}${end}`;
        return pad(text, room, columns[i]?.align ?? 'left');
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  yield `${line(titles)}\n`;
  yield `${shown.map((i) => '─'.repeat(widths.get(i) ?? 0)).join(' '.repeat(GAP))}\n`;
  const telling = columns.findIndex(({ tag }) => tag !== undefined);
  const repeated = telling < 0 || width === null ? new Set<string>() : repeatedTexts(rows, telling, cut);
  let place = 0;
  for (const row of rows) {
    const texts = columns.map((_, i) => printable(row[i] ?? ''));
    const at = place++;
    yield `${line(texts, (i) => {
      if (i !== telling || !repeated.has(cut(texts[i] ?? '', i))) return '';
      const tag = columns[i]?.tag?.(at) ?? '';
      return tag === '' ? '' : ` ${tag}`;
    })}\n`;
  }
}

/** What several rows would show in a column. */
function repeatedTexts(
  rows: Iterable<readonly string[]>,
  column: number,
  cut: (text: string, column: number) => string,
): Set<string> {
  const once = new Set<string>();
  const repeated = new Set<string>();
  for (const row of rows) {
    const text = cut(printable(row[column] ?? ''), column);
    if (once.has(text)) repeated.add(text);
    else once.add(text);
  }
  return repeated;
}

interface Fitted {
  /** Places of the columns that are left. */
  readonly shown: readonly number[];
  readonly widths: ReadonlyMap<number, number>;
  readonly titles: readonly string[];
}

function unbounded(columns: readonly Column[], most: readonly number[]): Fitted {
  const widths = columns.map(({ title }, i) => Math.min(Math.max(lengthOf(title), most[i] ?? 0), MAX_PADDED));
  return {
    shown: [...columns.keys()],
    widths: new Map(widths.entries()),
    titles: columns.map(({ title }) => title),
  };
}

/**
 * Long titles first give way, then columns that can be spared, then width is taken from the widest flexible columns until
 * the table fits, or they are as narrow as they may be.
 */
function fitted(columns: readonly Column[], most: readonly number[], width: number): Fitted {
  const shown = [...columns.keys()];
  const natural = (title: string, i: number) => Math.max(lengthOf(title), most[i] ?? 0);
  const sum = (widths: readonly number[]) =>
    shown.reduce((all, i) => all + (widths[i] ?? 0), GAP * (shown.length - 1));
  let titles = columns.map(({ title }) => title);
  if (sum(titles.map(natural)) > width) titles = columns.map(({ title, shortTitle }) => shortTitle ?? title);
  const widths = titles.map(natural);
  const least = columns.map(({ flexible, tag }, i) => {
    const floor = tag === undefined ? MIN_FLEXIBLE : MIN_TELLING;
    return flexible ? Math.min(widths[i] ?? 0, floor) : (widths[i] ?? 0);
  });
  const spares = shown.filter((i) => columns[i]?.spare !== undefined);
  spares.sort((a, b) => (columns[a]?.spare ?? 0) - (columns[b]?.spare ?? 0));
  while (sum(least) > width && spares.length > 0) shown.splice(shown.indexOf(spares.shift() ?? 0), 1);
  for (let excess = sum(widths) - width; excess > 0; excess--) {
    let widest = -1;
    for (const i of shown) {
      const length = widths[i] ?? 0;
      if (columns[i]?.flexible && length > MIN_FLEXIBLE && length > (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return { shown, widths: new Map(widths.entries()), titles };
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Cut in the middle: layers' names mostly differ at their ends. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width < 2) return characters.slice(0, Math.max(0, width)).join('');
  const head = Math.floor((width - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return align === 'right' ? space + text : text + space;
}
