import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Import {
  /** As written: a relative path, or a package. */
  readonly from: string;
  /** Types alone vanish when the code is built. */
  readonly typeOnly: boolean;
}

/** Of each file, by its path from the root with slashes, what it imports. */
export type Tree = ReadonlyMap<string, readonly Import[]>;

const STATEMENT = /^(?:import|export)\s+(type\s+)?([\w$*\s,{}]*?)\s*from\s+['"]([^'"]+)['"]/gm;
const BARE = /^import\s+['"]([^'"]+)['"]/gm;
/** Loaded when it is needed, or `typeof import(…)`: no circle comes of it when modules are loaded. */
const LAZY = /\bimport\(\s*['"]([^'"]+)['"]/g;

export function importsOf(source: string): Import[] {
  return [
    ...Array.from(source.matchAll(STATEMENT), ([, type, names = '', from = '']) => ({
      from,
      typeOnly: type !== undefined || (names.startsWith('{') && everyNameIsType(names)),
    })),
    ...Array.from(source.matchAll(BARE), ([, from = '']) => ({ from, typeOnly: false })),
    ...Array.from(source.matchAll(LAZY), ([, from = '']) => ({ from, typeOnly: true })),
  ];
}

function everyNameIsType(names: string): boolean {
  const each = names
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim());
  return each.filter((name) => name !== '').every((name) => name.startsWith('type '));
}

/** The product's files in these folders, without the tests beside them. */
export function readTree(folders: readonly string[]): Tree {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(folder, name).split(path.sep).join('/'),
    ),
  );
  const product = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).sort();
  return new Map(product.map((file) => [file, importsOf(readFileSync(file, 'utf8'))]));
}

/** The file of the tree that an import means, or the path that it would have; a package as it is. */
export function resolve(tree: Tree, file: string, from: string): string {
  if (!from.startsWith('.')) return from;
  const base = path.posix.join(path.posix.dirname(file), from);
  return [`${base}.ts`, `${base}/index.ts`].find((one) => tree.has(one)) ?? base;
}

/** Files that import each other, directly or around a corner (Tarjan's strongly connected components). */
export function circles(tree: Tree, counts: (one: Import) => boolean): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    open.push(file);
    let lowest = number;
    for (const { from } of (tree.get(file) ?? []).filter(counts)) {
      const next = resolve(tree, file, from);
      if (!tree.has(next)) continue;
      const seen = order.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next)) lowest = Math.min(lowest, seen);
    }
    if (lowest < number) return lowest;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
    return lowest;
  };
  for (const file of tree.keys()) if (!order.has(file)) visit(file);
  return found;
}
