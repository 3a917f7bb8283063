import {
  type Choice,
  type Container,
  doubtful,
  isCertain,
  isKind,
  isModule,
  isScalar,
  type Sequence,
  unknown,
  type Value,
} from './values';

type Names = Map<string, Value>;

/** Lists and the like, whose items are changed in place. */
type Holder = Sequence | Container;

type State = Pick<Sequence, 'items' | 'certain'> | Pick<Container, 'items' | 'certain' | 'output'>;

/** What a branch changed: values of names, and items of lists, as they were after it. */
export interface Changes {
  readonly names: Map<Names, Map<string, Value | undefined>>;
  readonly items: Map<Holder, State>;
}

export const NO_CHANGES: Changes = { names: new Map(), items: new Map() };

/** What a branch changed: for each map and name the value that it had before, or undefined; for each list its items. */
export class Journal {
  private readonly names: Changes['names'] = new Map();
  private readonly items: Changes['items'] = new Map();

  note(names: Names, name: string): void {
    const known = this.names.get(names) ?? new Map<string, Value | undefined>();
    this.names.set(names, known);
    if (!known.has(name)) known.set(name, names.get(name));
  }

  /** @returns whether they were copied, which they are once */
  noteItems(holder: Holder): boolean {
    if (this.items.has(holder)) return false;
    this.items.set(holder, stateOf(holder));
    return true;
  }

  /** Undoes the changes. @returns what they were */
  takeBack(): Changes {
    const changes: Changes = { names: new Map(), items: new Map() };
    for (const [names, values] of this.names) {
      const after = new Map<string, Value | undefined>();
      for (const [name, value] of values) {
        after.set(name, names.get(name));
        if (value === undefined) names.delete(name);
        else names.set(name, value);
      }
      changes.names.set(names, after);
    }
    for (const [holder, before] of this.items) {
      changes.items.set(holder, stateOf(holder));
      Object.assign(holder, before);
    }
    return changes;
  }
}

function stateOf(holder: Holder): State {
  return isKind(holder, 'container')
    ? { items: [...holder.items], certain: holder.certain, output: holder.output }
    : { items: [...holder.items], certain: holder.certain };
}

/**
 * What holds after one of several branches ran, and nobody knows which.
 * @param repeated a branch may have run more than once
 */
export function mergeChanges(branches: readonly Changes[], reason: string, repeated: boolean): Changes {
  const merged: Changes = { names: new Map(), items: new Map() };
  for (const { names: changed, items } of branches) {
    for (const [names, after] of changed) {
      const into = merged.names.get(names) ?? new Map<string, Value | undefined>();
      merged.names.set(names, into);
      for (const name of after.keys()) {
        if (into.has(name)) continue;
        const values = branches.map((one) => {
          const other = one.names.get(names);
          return other?.has(name) ? other.get(name) : names.get(name);
        });
        into.set(name, values.every((one) => one === undefined) ? undefined : mergeValues(values, reason));
      }
    }
    for (const holder of items.keys()) {
      if (merged.items.has(holder)) continue;
      const states = branches.map((one) => one.items.get(holder) ?? stateOf(holder));
      merged.items.set(
        holder,
        isKind(holder, 'container')
          ? mergeContainers(
              holder,
              states as Pick<Container, 'items' | 'certain' | 'output'>[],
              reason,
              repeated,
            )
          : mergeLists(holder, states as Pick<Sequence, 'items' | 'certain'>[], reason, repeated),
      );
    }
  }
  return merged;
}

function mergeLists(
  holder: Sequence,
  states: readonly Pick<Sequence, 'items' | 'certain'>[],
  reason: string,
  repeated: boolean,
): State {
  const [first] = states;
  const certain = Math.min(...states.map((one) => one.certain));
  if (!repeated && first && states.every((one) => isCertain(one) && one.items.length === first.items.length))
    return {
      items: first.items.map((_, at) =>
        mergeValues(
          states.map((one) => one.items[at]),
          reason,
        ),
      ),
      certain,
    };
  const same = commonStart(
    states.map((one) => one.items),
    (a, b) => a === b,
  );
  const kept = repeated && same < holder.items.length ? 0 : same;
  const rest = new Set(states.flatMap((one) => one.items.slice(kept)));
  const items = [...(first?.items.slice(0, kept) ?? []), ...[...rest].map(doubtful)];
  return { items, certain: Math.min(kept, certain) };
}

function mergeContainers(
  holder: Container,
  states: readonly Pick<Container, 'items' | 'certain' | 'output'>[],
  reason: string,
  repeated: boolean,
): State {
  const [first] = states;
  const certain = Math.min(...states.map((one) => one.certain));
  const output = states.every((one) => one.output === first?.output)
    ? (first?.output ?? null)
    : { kind: 'tensor' as const, shape: null, by: null, from: [] };
  const keys = (one: Pick<Container, 'items'>) => one.items.map(([key]) => key).join('\n');
  if (!repeated && first && states.every((one) => isCertain(one) && keys(one) === keys(first))) {
    const items = first.items.map(([key], at): [string, Value] => [
      key,
      mergeValues(
        states.map((one) => one.items[at]?.[1]),
        reason,
      ),
    ]);
    return { items, certain, output };
  }
  const same = commonStart(
    states.map((one) => one.items),
    (a, b) => a?.[0] === b?.[0] && a?.[1] === b?.[1],
  );
  const kept = repeated && same < holder.items.length ? 0 : same;
  const rest = new Map<Value, string>();
  for (const { items } of states) for (const [key, value] of items.slice(kept)) rest.set(value, key);
  const items = [
    ...(first?.items.slice(0, kept) ?? []),
    ...[...rest].map(([value, key]): [string, Value] => [key, doubtful(value)]),
  ];
  return { items, certain: Math.min(kept, certain), output };
}

function commonStart<T>(
  lists: readonly (readonly T[])[],
  same: (a: T | undefined, b: T | undefined) => boolean,
) {
  const shortest = Math.min(...lists.map((one) => one.length));
  let at = 0;
  while (at < shortest && lists.every((one) => same(one[at], lists[0]?.[at]))) at++;
  return at;
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
