import { nameWithin, type TreeItem } from '../../src/protocol/moduleTree';
import { formatInteger } from '../../src/protocol/numbers';
import type { ModuleReport } from '../../src/protocol/reports';
import type { FigureId } from './figures';
import type { TableRow } from './rows';

/** A row as the table of layers shows it: also what stands for a module, with sums. */
export interface ShownRow extends TableRow {
  expanded?: boolean;
  /** What it is called where it stands; the whole name where absent. */
  title?: string;
  /** Present for a module: the part of each sum that is known. */
  known?: Readonly<Record<Exclude<FigureId, 'latency'> | 'energy', number>>;
}

/** With more layers than this, modules are shut until somebody opens them. */
const MANY = 400;

/** Whether modules of a model of so many layers begin shut. */
export function beginShut(layers: number): boolean {
  return layers > MANY;
}

/** Index of a module's row, by its place among the modules; of no layer. */
export function moduleIndex(place: number): number {
  return -1 - place;
}

/**
 * The rows of a table in which modules hold their layers.
 * @param changed ids of modules and rows that are not as they begin
 */
export function moduleRows(
  tree: readonly TreeItem<TableRow>[],
  modules: readonly ModuleReport[],
  { changed, shut }: { changed: ReadonlySet<string>; shut: boolean },
): ShownRow[] {
  const places = new Map(modules.map(({ id }, place) => [id, place]));
  const times = latencies(tree);
  const shown: ShownRow[] = [];
  const add = (items: readonly TreeItem<TableRow>[], depth: number, path: string) => {
    for (const item of items) {
      const { module, layer } = item;
      if (module !== null) {
        const expanded = changed.has(module.id) === shut;
        shown.push({
          ...moduleRow(module, moduleIndex(places.get(module.id) ?? 0), depth, times.get(module.id)),
          expanded,
        });
        if (expanded) add(item.items, depth + 1, module.path);
      } else if (layer !== null) {
        const title = nameWithin(layer.name, path);
        const named = title === layer.name ? { ...layer, depth } : { ...layer, depth, title };
        const expanded = !changed.has(layer.id);
        shown.push(layer.hasBody ? { ...named, expanded } : named);
        if (layer.hasBody && expanded) add(item.items, depth + 1, path);
      }
    }
  };
  add(tree, 0, '');
  return shown;
}

/** Ids of the modules around a row, and of the rows in whose bodies it is. */
export function around(
  row: TableRow,
  rows: readonly TableRow[],
  modules: readonly ModuleReport[],
): { modules: string[]; rows: string[] } {
  const byId = new Map(modules.map((module) => [module.id, module]));
  const found = { modules: [] as string[], rows: [] as string[] };
  for (let one: TableRow | undefined = row; one !== undefined; one = rows[one.parent ?? -1]) {
    if (one !== row) found.rows.push(one.id);
    for (
      let module = byId.get(one.module ?? '');
      module !== undefined;
      module = byId.get(module.parent ?? '')
    )
      found.modules.push(module.id);
  }
  return found;
}

interface Time {
  readonly ms: number;
  readonly share: number | null;
}

/** Sums of the measured rows in each module; none where nothing in it was measured. */
function latencies(tree: readonly TreeItem<TableRow>[]): ReadonlyMap<string, Time> {
  const times = new Map<string, Time>();
  const sum = (items: readonly TreeItem<TableRow>[]): Time | null => {
    let all: Time | null = null;
    for (const { module, layer, items: inner } of items) {
      const within = sum(inner);
      if (module !== null && within !== null) times.set(module.id, within);
      const { medianMs = null, share = null } = layer?.latency ?? {};
      const own = medianMs === null ? null : { ms: medianMs, share };
      for (const part of [within, own]) {
        if (part === null) continue;
        const whole: Time = all ?? { ms: 0, share: 0 };
        all = {
          ms: whole.ms + part.ms,
          share: whole.share === null || part.share === null ? null : whole.share + part.share,
        };
      }
    }
    return all;
  };
  sum(tree);
  return times;
}

function moduleRow(module: ModuleReport, index: number, depth: number, time: Time | undefined): ShownRow {
  return {
    id: module.id,
    index,
    depth,
    parent: null,
    hasBody: false,
    name: module.path,
    title: module.name,
    op: `${formatInteger(module.layers)} layers`,
    outputs: [],
    parameters: module.parameters,
    parameterBytes: module.parameterBytes,
    shared: false,
    activationBytes: module.activationBytes,
    macs: module.macs,
    elementOps: null,
    energyPicojoules: module.energyPicojoules ?? null,
    latency:
      time === undefined ? undefined : { name: module.path, op: '', medianMs: time.ms, share: time.share },
    otherLatencies: [],
    added: false,
    fusedRow: null,
    known: {
      parameters: module.knownParameters,
      parameterBytes: module.knownParameterBytes,
      activationBytes: module.knownActivationBytes,
      macs: module.knownMacs,
      energy: module.knownEnergyPicojoules ?? 0,
    },
  };
}
