import { type Command, Option } from 'commander';
import { formatInteger } from '../protocol/numbers';
import { integer } from './options';

/** What a table can be ordered by: figures with the largest first, texts by the alphabet. */
export type SortKeys<Row> = Readonly<Record<string, (row: Row) => number | string | null>>;

export interface SortFlags {
  sort?: string;
  top?: number;
}

/** More rows than any terminal keeps. */
const MAX_ROWS = 1_000_000;

/** `figure`: what the first rows are chosen by where nothing else is said. */
export function addSortOptions(command: Command, keys: SortKeys<never>, figure: string): void {
  command
    .addOption(
      new Option('--sort <column>', 'order of the table: figures largest first, texts by the alphabet')
        .choices(Object.keys(keys))
        .conflicts('json'),
    )
    .addOption(
      new Option('--top <n>', `only so many rows, the first by --sort (default: by ${figure})`)
        .argParser(integer(1, MAX_ROWS))
        .conflicts('json'),
    );
}

/** Rows in the order that is asked for; equal ones stay as they were, and what is not known comes last. */
export function sorted<Row>(rows: readonly Row[], key: (row: Row) => number | string | null): Row[] {
  return rows.toSorted((a, b) => {
    const [first, second] = [key(a), key(b)];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    if (typeof first === 'number' && typeof second === 'number') return second - first;
    return String(first) < String(second) ? -1 : Number(String(first) > String(second));
  });
}

/** What `--sort` and `--top` make of rows. */
export function chosenRows<Row>(
  rows: readonly Row[],
  { sort, top }: SortFlags,
  keys: SortKeys<Row>,
  figure: string,
): readonly Row[] {
  const key = keys[sort ?? (top === undefined ? '' : figure)];
  const ordered = key === undefined ? rows : sorted(rows, key);
  return top === undefined ? ordered : ordered.slice(0, top);
}

/** Says below a table what it leaves out; '' where that is nothing. */
export function leftOut(all: number, shown: number): string {
  const more = all - shown;
  return more === 0 ? '' : `… and ${formatInteger(more)} more: --top ${all} shows all\n`;
}
