import { nameWithin, type TreeItem } from '../../src/protocol/moduleTree';
import { formatInteger } from '../../src/protocol/numbers';
import type { ModuleReport } from '../../src/protocol/reports';
import type { Figure } from './figures';
import type { TableRow } from './rows';

/** Tiles drawn one by one; more could neither be read nor hit, so the rest shares one. */
const TILES = 160;
/** Where more than this part of the total would be in that one tile, neighbours are shown together instead. */
const MOST = 0.4;
const BLOCKS = 60;

/** A layer, a module with or without what is in it, or what was too small to be drawn. */
export interface Tile {
  /** null: it is a module, or several layers. */
  readonly row: TableRow | null;
  readonly module: ModuleReport | null;
  readonly label: string;
  /** What it is called where there is room for more. */
  readonly title: string;
  readonly value: number;
  /** A module that is drawn with what is in it; empty for all others. */
  readonly children: readonly Tile[];
  /** Indices of the layers that a module holds and that are not drawn. */
  readonly holds: ReadonlySet<number>;
}

const NOTHING: ReadonlySet<number> = new Set();

/** The layers with the largest values, and what is left as one tile. */
export function flatTiles(rows: readonly TableRow[], figure: Figure): Tile[] {
  const known = rows.flatMap((row): Tile[] => {
    const value = figure.value(row);
    return value !== null && value > 0 ? [layerTile(row, row.name, value)] : [];
  });
  known.sort((a, b) => b.value - a.value);
  if (known.length <= TILES) return known;
  const rest = known.slice(TILES);
  if (sum(rest) > sum(known) * MOST) return blocks(rows, figure);
  return [...known.slice(0, TILES), others(rest)];
}

/**
 * Modules in modules, the largest opened first, as many tiles as can be told apart.
 * @param within id of the module that is looked into; null: all
 */
export function nestedTiles(
  tree: readonly TreeItem<TableRow>[],
  figure: Figure,
  within: string | null,
): Tile[] {
  const whole = measured(tree, figure, '');
  const found = within === null ? null : find(whole, within);
  const open = new Set<Measured>();
  const shown = (found?.items ?? whole).slice(0, TILES);
  let count = shown.length;
  const waiting = shown.filter(({ module }) => module !== null);
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.value - b.value);
    const largest = waiting.pop();
    if (largest === undefined || largest.items.length === 0) continue;
    const more = Math.min(largest.items.length, TILES);
    if (count + more > TILES) continue;
    open.add(largest);
    count += more;
    waiting.push(...largest.items.slice(0, TILES).filter(({ module }) => module !== null));
  }
  return tilesOf(found?.items ?? whole, open);
}

/** The modules around one, the outermost first, with itself; empty where there is no such module. */
export function pathTo(modules: readonly ModuleReport[], id: string | null): ModuleReport[] {
  const byId = new Map(modules.map((module) => [module.id, module]));
  const path: ModuleReport[] = [];
  for (let at = byId.get(id ?? ''); at !== undefined; at = byId.get(at.parent ?? '')) path.unshift(at);
  return path;
}

export function sum(tiles: readonly { readonly value: number }[]): number {
  return tiles.reduce((total, tile) => total + tile.value, 0);
}

interface Measured {
  readonly module: ModuleReport | null;
  readonly row: TableRow | null;
  readonly label: string;
  readonly value: number;
  readonly items: readonly Measured[];
}

/** With the sum of what is known in each module, the largest first; without what has nothing of the figure. */
function measured(tree: readonly TreeItem<TableRow>[], figure: Figure, path: string): Measured[] {
  const list: Measured[] = [];
  for (const { module, layer, items } of tree) {
    if (module !== null) {
      const inside = measured(items, figure, module.path);
      list.push({ module, row: null, label: module.name, value: sum(inside), items: inside });
    } else if (layer !== null) {
      list.push({
        ...{ module: null, row: layer, items: [] },
        label: nameWithin(layer.name, path),
        value: figure.value(layer) ?? 0,
      });
      // What its bodies hold costs for itself.
      for (const one of measured(items, figure, path)) list.push(one);
    }
  }
  return list.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
}

function find(list: readonly Measured[], id: string): Measured | null {
  for (const one of list) {
    if (one.module === null) continue;
    const found = one.module.id === id ? one : find(one.items, id);
    if (found !== null) return found;
  }
  return null;
}

function tilesOf(list: readonly Measured[], open: ReadonlySet<Measured>): Tile[] {
  const tiles = list.slice(0, TILES).map((one): Tile => {
    const { module, row, label, value, items } = one;
    if (row !== null) return layerTile(row, label, value);
    const children = open.has(one) ? tilesOf(items, open) : [];
    const holds = children.length > 0 ? NOTHING : new Set(indicesIn(one));
    return { row: null, module, label, title: module?.path ?? label, value, children, holds };
  });
  const rest = list.slice(TILES);
  return rest.length === 0 ? tiles : [...tiles, others(rest)];
}

function indicesIn({ row, items }: Measured): number[] {
  return row === null ? items.flatMap(indicesIn) : [row.index];
}

function layerTile(row: TableRow, label: string, value: number): Tile {
  return { row, module: null, label, title: row.name, value, children: [], holds: NOTHING };
}

function others(rest: readonly { readonly value: number }[]): Tile {
  const label = `${formatInteger(rest.length)} more`;
  return { row: null, module: null, label, title: label, value: sum(rest), children: [], holds: NOTHING };
}

/** Where no layer stands out: neighbours in the file together, each tile with the largest layer that it holds. */
function blocks(rows: readonly TableRow[], figure: Figure): Tile[] {
  const size = Math.ceil(rows.length / BLOCKS);
  return Array.from({ length: BLOCKS }, (_, place): Tile | null => {
    const part = rows.slice(place * size, (place + 1) * size);
    const value = part.reduce((total, row) => total + (figure.value(row) ?? 0), 0);
    const [first, last] = [part[0], part.at(-1)];
    if (!first || !last || value <= 0) return null;
    const largest = part.reduce((a, b) => ((figure.value(b) ?? 0) > (figure.value(a) ?? 0) ? b : a));
    const label = `${first.index + 1}–${last.index + 1}`;
    return {
      ...layerTile(largest, label, value),
      title: `Layers ${label}; the largest is ${largest.name}`,
    };
  }).filter((tile) => tile !== null);
}
