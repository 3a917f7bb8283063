import { type Choice, isKind, isModule, isScalar, unknown, type Value } from './values';

type Names = Map<string, Value>;

/** What a branch changed: for each map and name the value that it had before, or undefined. */
export class Journal {
  private readonly before = new Map<Names, Map<string, Value | undefined>>();

  note(names: Names, name: string): void {
    const known = this.before.get(names) ?? new Map<string, Value | undefined>();
    this.before.set(names, known);
    if (!known.has(name)) known.set(name, names.get(name));
  }

  /** Undoes the changes. @returns what they were */
  takeBack(): Changes {
    const changes: Changes = new Map();
    for (const [names, values] of this.before) {
      const after = new Map<string, Value | undefined>();
      for (const [name, value] of values) {
        after.set(name, names.get(name));
        if (value === undefined) names.delete(name);
        else names.set(name, value);
      }
      changes.set(names, after);
    }
    return changes;
  }
}

export type Changes = Map<Names, Map<string, Value | undefined>>;

/** What holds after one of several branches ran, and nobody knows which. */
export function mergeChanges(branches: readonly Changes[], reason: string): Changes {
  const merged: Changes = new Map();
  for (const changes of branches)
    for (const [names, after] of changes) {
      const into = merged.get(names) ?? new Map<string, Value | undefined>();
      merged.set(names, into);
      for (const name of after.keys()) {
        if (into.has(name)) continue;
        const values = branches.map((one) => {
          const other = one.get(names);
          return other?.has(name) ? other.get(name) : names.get(name);
        });
        into.set(name, mergeValues(values, reason));
      }
    }
  return merged;
}

/** One value for several of which nobody knows which it is; a name that a branch leaves undefined is not used. */
export function mergeValues(values: readonly (Value | undefined)[], reason: string): Value {
  const [first, ...rest] = [...new Set(values.filter((value) => value !== undefined))];
  if (first === undefined) return unknown(reason);
  const absent = values.includes(undefined);
  if (rest.length === 0) return absent && isModule(first) ? choice([first]) : first;
  const all = [first, ...rest];
  const modules = all.filter(isModule);
  if (modules.length > 0 && all.every((value) => isModule(value) || value === null)) return choice(modules);
  if (all.every(isCallable)) return choice(all);
  const tensors = all.filter((value) => isKind(value, 'tensor'));
  // All that led to any of them is part of the network.
  if (tensors.length === all.length) return { kind: 'tensor', shape: null, by: null, from: tensors };
  return unknown(reason, !all.every(isScalar));
}

function choice(options: readonly Value[]): Choice {
  const flat = options.flatMap((one) => (isKind(one, 'choice') ? one.options : [one]));
  return { kind: 'choice', options: [...new Set(flat)] };
}

function isCallable(value: Value): boolean {
  return (
    isKind(value, 'external') ||
    isKind(value, 'class') ||
    isKind(value, 'function') ||
    isKind(value, 'partial') ||
    isKind(value, 'choice')
  );
}
