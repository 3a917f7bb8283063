import { costsNothing } from '../../src/protocol/freeLayers';
import { nameWithin } from '../../src/protocol/moduleTree';
import { formatInteger, formatShape } from '../../src/protocol/numbers';
import type { TensorReport } from '../../src/protocol/reports';
import type { ShortNames } from '../../src/protocol/shortNames';
import { shortOperator } from '../base/names';
import { type FigureId, figure } from '../model/figures';
import type { TableRow } from '../model/rows';
import type { Classes, ColourClass } from './classes';
import type { Group } from './graphInput';
import { at } from './lists';
import type { Look } from './look';
import { KINDS, type Scene } from './scene';

/** A model's groups with the names and figures of what is in them. */
export class Groups {
  private readonly rowGroups: Int32Array;

  constructor(
    readonly rows: readonly TableRow[],
    private readonly groups: readonly Group[],
    /** Items of the groups that were made, whose numbers follow. */
    private readonly made: readonly Int32Array[],
    /** By group, those that were made too. */
    private readonly parentOf: readonly number[],
    groupOf: Int32Array,
    private readonly names: ShortNames,
  ) {
    // Of a row with bodies: the group that it is itself.
    this.rowGroups = groupOf.slice();
    groups.forEach((group, number) => {
      if ('row' in group) this.rowGroups[group.row] = number;
    });
    made.forEach((items, place) => {
      for (const item of items) if (item < groupOf.length) this.rowGroups[item] = groups.length + place;
    });
  }

  get count(): number {
    return this.parentOf.length;
  }

  /** The groups around a row, the innermost first. */
  around(row: number): number[] {
    const found: number[] = [];
    const own = this.groups[this.rowGroups[row] ?? -1];
    let group = this.rowGroups[row] ?? -1;
    if (own !== undefined && 'row' in own && own.row === row) group = this.parentOf[group] ?? -1;
    for (; group >= 0; group = this.parentOf[group] ?? -1) found.push(group);
    return found;
  }

  /** Sums over the rows in each group. */
  sums(value: (row: TableRow) => number): Float64Array {
    const sums = new Float64Array(this.count);
    for (let row = 0; row < this.rowGroups.length; row++) {
      const own = this.rows[row];
      const add = own === undefined ? 0 : value(own);
      if (add === 0) continue;
      for (let group = at(this.rowGroups, row); group >= 0; group = this.parentOf[group] ?? -1)
        sums[group] = at(sums, group) + add;
    }
    return sums;
  }

  /** The id by which a group is kept over hiding and reloading. */
  idOf(group: number): string {
    const known = this.groups[group];
    if (known === undefined) return `made/${group - this.groups.length}`;
    return 'module' in known ? known.module.id : `${this.rows[known.row]?.id}/`;
  }

  /** Row that a group is the bodies of; null where it is a module. */
  rowOf(group: number): number | null {
    const known = this.groups[group];
    return known !== undefined && 'row' in known ? known.row : null;
  }

  wholeName(group: number): string {
    const known = this.groups[group];
    if (known === undefined) return this.title(group);
    return 'module' in known ? known.module.path : (this.rows[known.row]?.name ?? '');
  }

  title(group: number): string {
    const known = this.groups[group];
    if (known !== undefined) return 'module' in known ? known.module.name : this.rowTitle(known.row);
    const made = this.made[group - this.groups.length];
    if (made === undefined) return '';
    return `${this.itemTitle(at(made, 0))} – ${this.itemTitle(at(made, made.length - 1))}`;
  }

  rowTitle(row: number): string {
    const own = this.rows[row];
    if (own === undefined) return '';
    return rowTitle(
      own,
      this.around(row).map((group) => this.groups[group]),
      this.names,
    );
  }

  private itemTitle(item: number): string {
    return item < this.rowGroups.length ? this.rowTitle(item) : this.title(item - this.rowGroups.length);
  }
}

/** A layer's name in its module. */
export function rowTitle(row: TableRow, around: readonly (Group | undefined)[], names: ShortNames): string {
  for (const group of around) {
    if (group === undefined || !('module' in group)) continue;
    const within = nameWithin(row.name, group.module.path);
    if (within !== row.name) return within;
  }
  return names.short(row.name);
}

interface Shown {
  readonly scene: Scene;
  readonly groups: Groups;
  readonly by: FigureId | Classes;
  /** Rows that somebody looks for; null = all. */
  readonly wanted: ((row: TableRow) => boolean) | null;
  readonly ends: { readonly inputs: readonly TensorReport[]; readonly outputs: readonly TensorReport[] };
  /** What stands before a layer's name. */
  readonly mark: (row: number) => string;
  /** A colour of the theme as a canvas takes it. */
  readonly resolve: (color: string) => string;
}

/** How every node of a picture looks. */
export function looks({ scene, groups, by, wanted, ends, mark, resolve }: Shown): Look[] {
  const { rows } = groups;
  const layers = groups.sums((row) => (row.added || costsNothing(row) ? 0 : 1));
  const found = wanted === null ? null : groups.sums((row) => (wanted(row) ? 1 : 0));
  const told = typeof by === 'string' ? null : by;
  const shown = typeof by === 'string' ? figure(by) : null;
  const sums = shown === null ? null : groups.sums((row) => shown.value(row) ?? 0);
  const unknown =
    shown === null ? null : groups.sums((row) => (shown.value(row) === null && by !== 'latency' ? 1 : 0));
  const classes = told?.classes ?? [];
  const held = classes.map((_, place) => groups.sums((row) => (told?.place(row) === place ? 1 : 0)));
  const colors = classes.map((one) => resolve(one.color));
  const color = resolve(shown?.color ?? 'var(--vscode-foreground)');
  const costOf = (node: number): number => {
    const id = at(scene.ids, node);
    const kind = KINDS[at(scene.kinds, node)];
    if (kind === 'layer') {
      const row = rows[id];
      return row === undefined ? 0 : (shown?.value(row) ?? 0);
    }
    return kind === 'shut' ? at(sums ?? [], id) : 0;
  };
  let most = 0;
  for (let node = 0; node < scene.kinds.length; node++) most = Math.max(most, costOf(node));
  return Array.from(scene.kinds, (number, node): Look => {
    const kind = KINDS[number];
    const id = at(scene.ids, node);
    if (kind === 'input' || kind === 'output') {
      const tensor = ends[kind === 'input' ? 'inputs' : 'outputs'][id];
      const title = tensor?.name ?? '';
      return {
        title,
        detail: formatShape(tensor?.shape),
        color: '',
        strength: 0,
        second: null,
        faded: false,
      };
    }
    const isGroup = kind !== 'layer';
    const row = isGroup ? undefined : rows[id];
    const faded = isGroup
      ? found !== null && at(found, id) === 0
      : row !== undefined && wanted !== null && !wanted(row);
    const value = isGroup ? at(sums ?? [0], id) : row === undefined ? null : (shown?.value(row) ?? null);
    const least = isGroup && at(unknown ?? [], id) > 0;
    const known = least && value === 0 ? null : value;
    const text =
      shown === null || known === 0 ? '' : `${least && known !== null ? '≥ ' : ''}${shown.format(known)}`;
    const counts = held.map((sum) => (isGroup ? at(sum, id) : 0));
    const own = isGroup ? chosen(counts, told?.group) : row === undefined ? null : (told?.place(row) ?? null);
    const second = counts.findIndex(
      (count, place) => count > 0 && place !== own && place < classes.length - 1,
    );
    const what = isGroup
      ? `${formatInteger(at(layers, id))} layers`
      : `${shortOperator(row?.op ?? '')} ${formatShape(row?.outputs[0]?.shape)}`;
    const detail =
      told === null ? text : isGroup ? mixText(counts, classes) : row === undefined ? '' : told.text(row);
    const strength =
      shown === null ? (own === null ? 0 : 0.7) : most > 0 ? Math.sqrt(costOf(node) / most) : 0;
    return {
      title: isGroup ? groups.title(id) : `${mark(id)}${groups.rowTitle(id)}`,
      detail: detail === '' ? what : `${what} · ${detail}`,
      color: shown === null ? (colors[own ?? 0] ?? color) : color,
      strength: kind === 'open' ? 0 : strength,
      second: second >= 0 ? (colors[second] ?? null) : null,
      faded,
    };
  });
}

function mixText(counts: readonly number[], classes: readonly ColourClass[]): string {
  return counts.flatMap((count, place) => (count > 0 ? [`${count} ${classes[place]?.name}`] : [])).join(', ');
}

function chosen(counts: readonly number[], by: Classes['group'] = 'largest'): number | null {
  if (by === 'first') {
    const first = counts.findIndex((count) => count > 0);
    return first < 0 ? null : first;
  }
  const most = Math.max(0, ...counts);
  return most === 0 ? null : counts.indexOf(most);
}
