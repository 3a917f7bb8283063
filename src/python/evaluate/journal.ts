import { itemAt } from '../../model/assert';
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
      merged.items.set(holder, mergeStates(holder, states, reason, repeated));
    }
  }
  return merged;
}

function mergeStates(holder: Holder, states: readonly State[], reason: string, repeated: boolean): State {
  const [first] = states;
  if (isKind(holder, 'sequence'))
    return mergeItems<Value>(
      holder,
      states as Pick<Sequence, 'items' | 'certain'>[],
      LIST_ITEM,
      reason,
      repeated,
    );
  const all = states as Pick<Container, 'items' | 'certain' | 'output'>[];
  const same = all.every(({ output }) => first && 'output' in first && output === first.output);
  const output = same
    ? (all[0]?.output ?? null)
    : { kind: 'tensor' as const, shape: null, by: null, from: [] };
  return { ...mergeItems<[string, Value]>(holder, all, ENTRY, reason, repeated), output };
}

/** What the items of a list are made of. */
interface ItemKind<T> {
  readonly key: (item: T) => string;
  readonly value: (item: T) => Value;
  readonly make: (key: string, value: Value) => T;
}

const LIST_ITEM: ItemKind<Value> = { key: () => '', value: (item) => item, make: (_, value) => value };
const ENTRY: ItemKind<[string, Value]> = {
  key: ([key]) => key,
  value: ([, value]) => value,
  make: (key, value) => [key, value],
};

function mergeItems<T>(
  before: { readonly items: readonly T[] },
  states: readonly { readonly items: T[]; readonly certain: number }[],
  { key, value, make }: ItemKind<T>,
  reason: string,
  repeated: boolean,
): { items: T[]; certain: number } {
  const lists = states.map((one) => one.items);
  const [first = []] = lists;
  const certain = Math.min(...states.map((one) => one.certain));
  const agree = (test: (a: T, b: T) => boolean, at: number) =>
    lists.every((one) => at < one.length && at < first.length && test(itemAt(one, at), itemAt(first, at)));
  // Of the same length, they differ in what stands at a place.
  const alike = lists.every((one) => one.length === first.length) && states.every(isCertain);
  if (!repeated && alike && first.every((_, at) => agree((a, b) => key(a) === key(b), at))) {
    const items = first.map((item, at) =>
      make(
        key(item),
        mergeValues(
          lists.map((one) => value(itemAt(one, at))),
          reason,
        ),
      ),
    );
    return { items, certain };
  }
  let same = 0;
  while (agree((a, b) => key(a) === key(b) && value(a) === value(b), same)) same++;
  // What is taken out in one turn may be taken out in each.
  const kept = repeated && same < before.items.length ? 0 : same;
  const rest = new Map(lists.flatMap((one) => one.slice(kept).map((item) => [value(item), key(item)])));
  const doubts = [...rest].map(([one, name]) => make(name, doubtful(one)));
  return { items: [...first.slice(0, kept), ...doubts], certain: Math.min(kept, certain) };
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
