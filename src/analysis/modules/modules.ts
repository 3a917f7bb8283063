import { itemAt, present } from '../../model/assert';
import { costsNothing } from '../../protocol/freeLayers';
import type { LayerRow } from '../../protocol/page';
import type { ModuleReport } from '../../protocol/reports';
import type { Row } from '../rows';
import { chainOf } from './chain';
import { findBlocks } from './repeats';
import { scopeOf } from './scope';
import { Subtotals } from './subtotals';

/** With fewer layers side by side, a list is no longer than its blocks would be. */
const MIN_CHAIN = 12;

/** The modules of a model, and for each of its rows the one that it is in. */
export interface Modules {
  readonly modules: ModuleReport[];
  /** By index of the row; null where none is around it. */
  readonly of: readonly (string | null)[];
}

/** A module while its tree is made. Rows are those of one graph. */
interface Scope {
  readonly name: string;
  readonly path: string;
  readonly by: ModuleReport['by'];
  readonly inner: Map<string, Scope>;
  /** Rows right in it. */
  rows: number[];
  /** Layers with a cost, in all. */
  layers: number;
}

/**
 * Groups layers by module: the names' scopes say it, and where many layers are side by side without any, the blocks that
 * the graph repeats. A module has at least two layers that cost something, and is not the only thing in the one around it.
 * Each body has modules of its own.
 */
export function findModules(nodes: readonly Row[], layers: readonly LayerRow[]): Modules {
  const of = new Array<string | null>(layers.length).fill(null);
  const modules: ModuleReport[] = [];
  const subtotals = new Subtotals(nodes, layers);
  for (const [owner, rows] of graphsOf(nodes)) {
    const outermost = tree(nodes, layers, rows);
    const prefix = owner === null ? '' : `${itemAt(layers, owner).id}/`;
    const used = new Set<string>();
    const add = (scope: Scope, parent: string | null) => {
      let id = `${prefix}@${scope.path}`;
      // A block may be called what a scope is called.
      while (used.has(id)) id += '′';
      used.add(id);
      const held = rowsIn(scope);
      modules.push({
        id,
        name: scope.name,
        path: scope.path,
        parent,
        ...(owner !== null && { layer: itemAt(layers, owner).id }),
        by: scope.by,
        layers: scope.layers,
        ...subtotals.of(held),
      });
      for (const row of scope.rows) of[row] = id;
      for (const inner of scope.inner.values()) add(inner, id);
    };
    for (const scope of outermost.inner.values()) add(scope, null);
  }
  return { modules, of };
}

/** Rows of each graph at each place where it is entered, by the row that enters it. */
function graphsOf(nodes: readonly Row[]): Map<number | null, number[]> {
  const graphs = new Map<number | null, number[]>();
  for (const { index, parent } of nodes) {
    const rows = graphs.get(parent);
    if (rows) rows.push(index);
    else graphs.set(parent, [index]);
  }
  return graphs;
}

function tree(nodes: readonly Row[], layers: readonly LayerRow[], rows: readonly number[]): Scope {
  const root = emptyScope('', '', 'name');
  const isLayer = (row: number) => !costsNothing(itemAt(layers, row));
  for (const row of rows) {
    let scope = root;
    for (const segment of scopeOf(itemAt(nodes, row).entry.node)) {
      let inner = scope.inner.get(segment);
      if (inner === undefined) {
        inner = emptyScope(segment, scope.path === '' ? segment : `${scope.path}/${segment}`, 'name');
        scope.inner.set(segment, inner);
      }
      if (isLayer(row)) inner.layers++;
      scope = inner;
    }
    if (isLayer(row)) root.layers++;
    scope.rows.push(row);
  }
  simplify(root);
  divide(nodes, root, isLayer);
  return root;
}

function emptyScope(name: string, path: string, by: Scope['by']): Scope {
  return { name, path, by, inner: new Map(), rows: [], layers: 0 };
}

/** Takes away the modules that say nothing: those of one layer, and the only one in another. */
function simplify(scope: Scope): void {
  for (const [name, inner] of scope.inner) {
    simplify(inner);
    const only = inner.layers === scope.layers;
    if (inner.layers >= 2 && !only) continue;
    scope.inner.delete(name);
    scope.rows.push(...inner.rows);
    // `0` of `layers/0` is a name only behind the other.
    for (const one of inner.inner.values()) {
      const bare = /^\d+$/.test(one.name);
      scope.inner.set(one.path, bare ? { ...one, name: `${inner.name}/${one.name}` } : one);
    }
  }
  scope.rows.sort((a, b) => a - b);
}

/** Finds blocks among the layers that are side by side. */
function divide(nodes: readonly Row[], scope: Scope, isLayer: (row: number) => boolean): void {
  for (const inner of scope.inner.values()) divide(nodes, inner, isLayer);
  const layers = scope.rows.filter(isLayer);
  // Where most of what is here is in modules, names have said what there is.
  if (layers.length < MIN_CHAIN || layers.length * 2 < scope.layers) return;
  const chain = chainOf(layers.map((row) => itemAt(nodes, row)));
  const blocks = findBlocks(chain);
  // One block is all there is: it says nothing.
  if (blocks.length < 2) return;
  const blockOf = new Map<number, Scope>();
  for (const [place, { from, to }] of blocks.entries()) {
    const name = `block ${place + 1}`;
    const path = scope.path === '' ? name : `${scope.path}/${name}`;
    const block = { ...emptyScope(name, path, 'structure'), layers: to - from };
    scope.inner.set(`\0${name}`, block);
    for (const row of layers.slice(from, to)) blockOf.set(row, block);
  }
  const loose: number[] = [];
  let waiting: number[] = [];
  for (const row of scope.rows) {
    if (!isLayer(row)) {
      waiting.push(row);
      continue;
    }
    // Constants are where they are used: with the layer behind them.
    (blockOf.get(row)?.rows ?? loose).push(...waiting, row);
    waiting = [];
  }
  scope.rows = [...loose, ...waiting];
}

function rowsIn(scope: Scope): number[] {
  const rows: number[] = [];
  const open = [scope];
  while (open.length > 0) {
    const { rows: own, inner } = present(open.pop(), 'scope');
    for (const row of own) rows.push(row);
    open.push(...inner.values());
  }
  return rows;
}
