import { LIST_ITEMS } from '../limits';
import { removeAt } from './containers';
import { extend } from './expressions';
import { doubtEntries, doubtItems, placeFor, placeOf } from './items';
import { dictOf } from './library';
import type { Machine } from './machine';
import { sortedItems } from './operators';
import {
  type CallArguments,
  type Dict,
  isCertain,
  isKind,
  isModule,
  isScalar,
  list,
  reasonOf,
  type Sequence,
  unknown,
  type Value,
} from './values';

/** Methods of lists, tuples and sets. */
export function ofSequence(machine: Machine, self: Sequence, name: string, args: CallArguments): Value {
  const [first, second] = args.positional;
  machine.changing(self);
  switch (name) {
    case 'append':
    case 'add':
      if (self.items.length < LIST_ITEMS) self.items.push(first ?? null);
      else self.certain = Math.min(self.certain, LIST_ITEMS);
      return null;
    case 'extend':
    case 'update':
      if (first !== undefined) extend(machine, self, first);
      machine.charge(1);
      return null;
    case 'insert': {
      const at = typeof first === 'number' ? placeFor(self, first) : null;
      if (at === null) self.certain = 0;
      self.items = self.items.toSpliced(at ?? 0, 0, second ?? null);
      machine.charge(self.items.length >> 6);
      return null;
    }
    case 'pop':
      return removeAt(machine, self, placeOf(self, first));
    case 'remove': {
      const at = self.items.indexOf(first ?? null);
      const known = at >= 0 && at < self.certain && (isModule(first ?? null) || !self.items.some(isUnknown));
      removeAt(machine, self, known ? at : null);
      return null;
    }
    case 'clear':
      self.items = [];
      self.certain = Number.POSITIVE_INFINITY;
      return null;
    case 'reverse':
      if (!isCertain(self)) self.certain = 0;
      self.items = self.items.toReversed();
      return null;
    case 'sort': {
      const sorted = sortedItems(self, args.named);
      if (sorted) self.items = sorted;
      // The same items, in another order.
      else self.certain = 0;
      return null;
    }
    case 'copy':
      return list([...self.items], self.of, self.certain);
    case 'count':
      return unknown('a number is not known', false);
    case 'index': {
      const at = self.items.indexOf(first ?? null);
      return at >= 0 && at < self.certain ? at : unknown('a place in a list is not known', false);
    }
    default:
      doubtItems(machine, self);
      return unknown(`\`${name}\` is not followed`);
  }
}

function isUnknown(value: Value): boolean {
  return reasonOf(value) !== null;
}

/** Methods of dicts. */
export function ofDict(
  machine: Machine,
  self: Dict,
  name: string,
  { positional, named, open }: CallArguments,
): Value {
  const [first, second] = positional;
  const certain = self.open ? 0 : undefined;
  const entries = self.entries as Map<string, Value>;
  switch (name) {
    case 'items':
      return list(
        [...self.entries].map(([key, value]) => list([key, value], 'tuple')),
        'list',
        certain,
      );
    case 'keys':
      return list([...self.entries.keys()], 'list', certain);
    case 'values':
      return list([...self.entries.values()], 'list', certain);
    case 'get':
    case 'pop':
    case 'setdefault': {
      const found = isScalar(first) ? self.entries.get(first) : undefined;
      if (name !== 'get' && !isScalar(first)) doubtEntries(machine, self);
      if (name === 'pop' && isScalar(first)) machine.delete(entries, first as string);
      if (found !== undefined && !(self.open && machine.uncertain > 0)) return found;
      if (!isScalar(first) || self.open) return unknown('the entry is not known');
      if (name === 'setdefault') machine.set(entries, first as string, second ?? null);
      return second ?? (name === 'pop' ? unknown('there is no such entry') : null);
    }
    case 'update': {
      const more = dictOf(first, named);
      if (!isKind(more, 'dict') || more.open || open !== null) doubtEntries(machine, self);
      if (isKind(more, 'dict'))
        for (const [key, value] of more.entries) machine.set(entries, key as string, value);
      if (machine.uncertain > 0) self.open = true;
      return null;
    }
    case 'clear':
      for (const key of [...entries.keys()]) machine.delete(entries, key);
      if (machine.uncertain > 0) self.open = true;
      return null;
    case 'popitem': {
      const last = [...entries.keys()].at(-1);
      const value = last === undefined ? undefined : entries.get(last);
      if (last === undefined || value === undefined || self.open) self.open = true;
      else {
        machine.delete(entries, last);
        return list([last, value], 'tuple');
      }
      return unknown('the entry is not known');
    }
    case 'copy':
      return { ...self, entries: new Map(self.entries) };
    default:
      doubtEntries(machine, self);
      return unknown(`\`${name}\` is not followed`);
  }
}
