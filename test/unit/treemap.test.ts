import { describe, expect, it } from 'vitest';
import { moduleTree } from '../../src/protocol/moduleTree';
import type { ModuleReport } from '../../src/protocol/reports';
import { figure } from '../../webview/model/figures';
import type { TableRow } from '../../webview/model/rows';
import { flatTiles, nestedTiles, pathTo, sum, type Tile } from '../../webview/model/treemapTiles';

const MACS = figure('macs');

function row(index: number, name: string, macs: number | null, module?: string): TableRow {
  return { id: String(index), index, name, op: 'Conv', macs, parent: null, depth: 0, module } as TableRow;
}

function module(id: string, path: string, parent: string | null): ModuleReport {
  return { id, path, parent, name: path.split('/').at(-1) } as ModuleReport;
}

/** `a` holds `a/b`, which holds two layers; one layer is in `a` itself, one in none. */
const MODULES = [module('m1', 'a', null), module('m2', 'a/b', 'm1'), module('m3', 'empty', null)];
const ROWS = [
  row(0, 'a/b/first', 10, 'm2'),
  row(1, 'a/b/second', 30, 'm2'),
  row(2, 'a/third', 5, 'm1'),
  row(3, 'fourth', 7),
  row(4, 'unknown', null),
  row(5, 'empty/nothing', 0, 'm3'),
];

const outline = (tiles: readonly Tile[]): unknown[] =>
  tiles.map(({ label, value, children }) =>
    children.length > 0 ? [label, value, outline(children)] : [label, value],
  );

describe('tiles in modules', () => {
  const tree = moduleTree(ROWS, MODULES);

  it('are nested as the modules are, the largest first, with sums', () => {
    expect(outline(nestedTiles(tree, MACS, null))).toEqual([
      [
        'a',
        45,
        [
          [
            'b',
            40,
            [
              ['second', 30],
              ['first', 10],
            ],
          ],
          ['third', 5],
        ],
      ],
      ['fourth', 7],
    ]);
  });

  it('are those of the module that is looked into', () => {
    expect(outline(nestedTiles(tree, MACS, 'm2'))).toEqual([
      ['second', 30],
      ['first', 10],
    ]);
    expect(pathTo(MODULES, 'm2').map(({ name }) => name)).toEqual(['a', 'b']);
    expect(pathTo(MODULES, 'gone')).toEqual([]);
    expect(outline(nestedTiles(tree, MACS, 'gone'))).toEqual(outline(nestedTiles(tree, MACS, null)));
  });

  it('open the largest modules only as far as they can be told apart', () => {
    const modules = Array.from({ length: 100 }, (_, at) => module(`m${at}`, `m${at}`, null));
    const rows = modules.flatMap(({ id }, at) =>
      Array.from({ length: 30 }, (_, place) => row(30 * at + place, `${id}/${place}`, 1 + at, id)),
    );
    const tiles = nestedTiles(moduleTree(rows, modules), MACS, null);
    const opened = tiles.filter(({ children }) => children.length > 0);
    expect(tiles).toHaveLength(100);
    expect(opened.map(({ label }) => label)).toEqual(['m99', 'm98']);
    // Those that are shut say which layers they hold, so that a selected one can be found.
    expect(tiles.at(-1)?.holds).toEqual(new Set(Array.from({ length: 30 }, (_, place) => place)));
    expect(sum(tiles)).toBe(rows.reduce((total, { macs }) => total + (macs ?? 0), 0));
  });

  it('lose nothing of what is in one module with thousands of layers', () => {
    const rows = Array.from({ length: 5000 }, (_, at) => row(at, `m/${at}`, 5000 - at, 'm'));
    const tiles = nestedTiles(moduleTree(rows, [module('m', 'm', null)]), MACS, 'm');
    expect(tiles).toHaveLength(161);
    expect(tiles.at(-1)).toMatchObject({ label: '4,840 more', row: null, module: null });
    expect(sum(tiles)).toBe((5000 * 5001) / 2);
  });
});

describe('tiles side by side', () => {
  it('are the layers that have something of the figure, the largest first', () => {
    expect(outline(flatTiles(ROWS, MACS))).toEqual([
      ['a/b/second', 30],
      ['a/b/first', 10],
      ['fourth', 7],
      ['a/third', 5],
    ]);
  });

  it('stand for neighbours where no layer stands out', () => {
    const rows = Array.from({ length: 6000 }, (_, at) => row(at, `layer ${at}`, 1));
    const tiles = flatTiles(rows, MACS);
    expect(tiles).toHaveLength(60);
    expect(tiles[1]).toMatchObject({ label: '101–200', value: 100 });
  });
});
