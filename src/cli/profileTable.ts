import { formatMs, formatPercent, UNKNOWN } from '../protocol/numbers';
import type { LayerLatency, ProfileReport, RowMark } from '../protocol/reports';
import { shortNames } from '../protocol/shortNames';
import { chosenRows, leftOut, type SortFlags, type SortKeys } from './sorting';
import { renderTable } from './table';

/** A row of a profile: of a layer, or of what the engine added. */
export type ProfileRow = LayerLatency & { readonly isAdded: boolean };

/** What the rows of a profile can be ordered by. */
export const PROFILE_KEYS = {
  latency: ({ medianMs }) => medianMs,
  operator: ({ op }) => op,
  layer: ({ name }) => name,
} satisfies SortKeys<ProfileRow>;

/** What takes longest, where nobody says by what. */
export const PROFILE_FIGURE = 'latency';

/** Layers, then what the engine added, in the order that is asked for. */
export function profileRows({ layers, added }: ProfileReport, sort: SortFlags): readonly ProfileRow[] {
  const rows = [
    ...layers.map((layer) => ({ ...layer, isAdded: false })),
    ...added.map((layer) => ({ ...layer, isAdded: true })),
  ];
  return chosenRows(rows, sort, PROFILE_KEYS, PROFILE_FIGURE);
}

/** Before and below the times of rows that do not fit. */
const MARKS: Readonly<Record<RowMark, { sign: string; meaning: string }>> = {
  scaled: { sign: '~', meaning: 'scaled by more than 1.25, so less certain than usual' },
  unscaled: { sign: '*', meaning: 'as measured: the rows do not explain the latency' },
};

/** Columns of a bar for the largest share. */
const BAR = 16;

/**
 * What each layer takes. Where the terminal has a width, names are what tells layers apart, and no two are shown alike.
 */
export function profileTable(report: ProfileReport, width: number | null, sort: SortFlags = {}): string {
  const rows = profileRows(report, sort);
  const all = [...report.layers, ...report.added];
  const names = width === null ? null : shortNames(all.map(({ name }) => name));
  const short = (name: string) => names?.short(name) ?? name;
  const largest = all.reduce((most, { share }) => Math.max(most, share ?? 0), Number.MIN_VALUE);
  const marks = new Set(rows.flatMap(({ mark }) => mark ?? []));
  const table = renderTable(
    [
      { title: 'layer', flexible: true, tag: (place) => tagOf(rows[place], place) },
      { title: 'operator', flexible: true },
      { title: 'latency', align: 'right' },
      { title: 'share', align: 'right' },
      { title: '', flexible: true },
    ],
    rows.map(({ name, op, medianMs, share, mark, fusedInto, isAdded }) => [
      isAdded ? `+ ${short(name)}` : short(name),
      op,
      medianMs === null ? '' : `${mark === undefined ? '' : MARKS[mark].sign}${formatMs(medianMs)}`,
      share === null ? '' : formatPercent(share),
      medianMs === null ? folded(fusedInto, short) : '█'.repeat(Math.round(((share ?? 0) / largest) * BAR)),
    ]),
    width,
  );
  return [
    table,
    leftOut(all.length, rows.length),
    rows.some(({ isAdded }) => isAdded) ? '\n+ added by the engine, such as changes of layout\n' : '',
    ...[...marks].map((mark) => `\n${MARKS[mark].sign} ${MARKS[mark].meaning}\n`),
  ].join('');
}

function folded(into: string | undefined, short: (name: string) => string): string {
  return into === undefined ? UNKNOWN : `→ ${short(into)}`;
}

function tagOf(row: ProfileRow | undefined, place: number): string {
  return row?.id === undefined ? `(${place + 1})` : `#${row.id}`;
}
