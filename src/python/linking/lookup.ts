import type { IndexedRow, IndexedWeight, ModelIndex } from './modelIndex';
import { spellings } from './names';

/** Modules are nested a dozen deep at most, but a name may have any number of steps (CWE-834). */
const MAX_DEPTH = 32;

/** Rows of a model by the modules that their names lead through. */
export class Lookup {
  readonly separator: '.' | '_';
  /** Nodes say which module they belong to; else only weights do. */
  readonly namesModules: boolean;
  private readonly byScope = new Map<string, Set<IndexedRow>>();
  private readonly byWeight = new Map<string, Set<IndexedRow>>();
  private readonly byRepeat = new Map<string, Set<IndexedRow>>();
  /** Paths by the last name in them. */
  private readonly byLast = new Map<string, Set<string>>();

  constructor({ rows, separator }: ModelIndex) {
    this.separator = separator;
    this.namesModules = rows.some(({ paths }) => paths.length > 0);
    for (const row of rows) {
      for (const path of row.paths) this.add(this.byScope, path, row);
      if (row.repeats !== null) append(this.byRepeat, row.repeats, row);
      for (const { paths } of row.weights) for (const path of paths) this.add(this.byWeight, path, row);
    }
  }

  /**
   * Rows of a layer, in the order of the file: those whose names say so. Those whose weights do count only where the
   * former hold none, because a weight may be used by another layer too.
   *
   * @param prefix path of the module that `path` starts from, as the model spells it; '' = the model itself.
   * @param others paths of other layers, which are not taken for further calls of this one.
   */
  rows(prefix: string, path: string, others: ReadonlySet<string>): IndexedRow[] {
    const found = new Set<IndexedRow>();
    const names = spellings(path, this.separator).map((name) => join(prefix, name, this.separator));
    for (const name of names) {
      for (const row of this.byScope.get(name) ?? []) found.add(row);
      for (const row of this.byRepeat.get(name) ?? []) {
        if (!row.paths.some((own) => others.has(own.slice(prefix === '' ? 0 : prefix.length + 1))))
          found.add(row);
      }
    }
    if (![...found].some(({ weights }) => weights.length > 0)) {
      for (const name of names) for (const row of this.byWeight.get(name) ?? []) found.add(row);
    }
    return [...found].sort((a, b) => a.row - b.row);
  }

  /** Names of modules without those around them. */
  names(): Iterable<string> {
    return this.byLast.keys();
  }

  /** Tells weights whose names lead through a layer. */
  isUnder(prefix: string, path: string): (weight: IndexedWeight) => boolean {
    const names = spellings(path, this.separator).map((name) => join(prefix, name, this.separator));
    return ({ paths }) =>
      paths.some((own) => names.some((name) => own === name || own.startsWith(name + this.separator)));
  }

  /** Prefixes with which a path occurs in the model. */
  prefixes(path: string): string[] {
    const found = new Set<string>();
    for (const name of spellings(path, this.separator)) {
      for (const known of this.byLast.get(lastOf(name, this.separator)) ?? []) {
        if (known === name) found.add('');
        else if (known.endsWith(this.separator + name)) found.add(known.slice(0, -name.length - 1));
      }
    }
    return [...found];
  }

  /** Under its own path and those of all modules around it. */
  private add(map: Map<string, Set<IndexedRow>>, path: string, row: IndexedRow): void {
    let end = -1;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      end = path.indexOf(this.separator, end + 1);
      const module = end < 0 ? path : path.slice(0, end);
      append(map, module, row);
      append(this.byLast, lastOf(module, this.separator), module);
      if (end < 0) return;
    }
  }
}

const lookups = new WeakMap<ModelIndex, Lookup>();

export function lookupOf(index: ModelIndex): Lookup {
  let lookup = lookups.get(index);
  if (lookup === undefined) {
    lookup = new Lookup(index);
    lookups.set(index, lookup);
  }
  return lookup;
}

function join(prefix: string, name: string, separator: string): string {
  return prefix === '' ? name : prefix + separator + name;
}

function lastOf(path: string, separator: string): string {
  return path.slice(path.lastIndexOf(separator) + 1);
}

function append<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}
