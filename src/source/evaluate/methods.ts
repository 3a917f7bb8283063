import { weightsOf } from '../layers/index';
import { LIST_ITEMS } from '../limits';
import type { Site } from '../python/ast';
import { deleteAttribute } from './attributes';
import { classAttribute } from './classes';
import { append, extendContainer, insertAt, put, removeAt, removeKey } from './containers';
import { extend } from './expressions';
import { doubtEntries, doubtItems, indexIn } from './items';
import { certainItems } from './iterate';
import { shapeOf } from './keras';
import { dictOf } from './library';
import type { Machine } from './machine';
import { sortedItems, text } from './operators';
import { remade } from './records';
import { tensorFrom, tensorsIn } from './tensors';
import { makeWeight } from './torch';
import { touch } from './touch';
import {
  type CallArguments,
  type Container,
  type Dict,
  type Instance,
  isCertain,
  isKind,
  isModule,
  isScalar,
  type Layer,
  list,
  reasonOf,
  type Sequence,
  type TensorShape,
  unknown,
  type Value,
} from './values';

/** Methods of modules that give the module itself. */
const FLUENT = new Set([
  'to',
  'cuda',
  'cpu',
  'float',
  'half',
  'double',
  'bfloat16',
  'train',
  'eval',
  'requires_grad_',
  'share_memory',
]);

/** A method that is built in: of texts, lists, dicts, tensors and modules. */
export function callMethod(
  machine: Machine,
  self: Value,
  name: string,
  args: CallArguments,
  site: Site,
): Value {
  if (typeof self === 'string') return ofText(self, name, args);
  if (isScalar(self)) return unknown(`\`${name}\` is not followed`, false);
  if (name === '__setattr__' || name === '__delattr__') {
    // `object.__setattr__(self, …)` gives the object as its first argument.
    const [object = null, key, value = null] = isKind(self, 'instance')
      ? [self, ...args.positional]
      : args.positional;
    if (typeof key !== 'string') touch(machine, object, 'which of its attributes is set is not known');
    else if (name === '__setattr__') machine.setAttribute(object, key, value);
    else deleteAttribute(machine, object, key);
    return null;
  }
  if (name === 'modules' || name === 'named_modules') return modulesIn(self, name);
  if (name === 'apply' && isModule(self)) {
    const within = modulesIn(self, 'modules');
    for (const one of isKind(within, 'sequence') ? within.items : [])
      machine.call(args.positional[0] ?? null, { positional: [one], named: new Map(), open: null }, site);
    return self;
  }
  switch (self.kind) {
    case 'sequence':
      return ofSequence(machine, self, name, args);
    case 'dict':
      return ofDict(machine, self, name, args);
    case 'tensor':
      // A method whose name ends so changes the tensor in place.
      return name.endsWith('_') || FLUENT.has(name) || name === 'clone' || name === 'detach'
        ? self
        : tensorFrom(null, [self, ...args.positional, ...args.named.values()].flatMap(tensorsIn));
    case 'weight':
      return FLUENT.has(name) || name.endsWith('_') ? self : tensorOf(null);
    case 'layer':
      if (/^(register_(parameter|buffer|module)|add_module)$/.test(name))
        return register(machine, self, name, args, site);
      return FLUENT.has(name) ? self : unknown(`\`${name}\` is not followed`);
    case 'container':
      return FLUENT.has(name) ? self : ofContainer(machine, self, name, args);
    case 'instance':
      return FLUENT.has(name) ? self : ofInstance(machine, self, name, args, site);
    default:
      return FLUENT.has(name) ? self : unknown(`\`${name}\` is not followed`);
  }
}

function ofText(self: string, name: string, { positional }: CallArguments): Value {
  const reason = positional.map(reasonOf).find((one) => one !== null);
  if (reason) return unknown(reason, false);
  const [first] = positional;
  switch (name) {
    case 'lower':
      return self.toLowerCase();
    case 'upper':
      return self.toUpperCase();
    case 'strip':
      return self.trim();
    case 'startswith':
      return typeof first === 'string' ? self.startsWith(first) : unknown('a text is not known', false);
    case 'endswith':
      return typeof first === 'string' ? self.endsWith(first) : unknown('a text is not known', false);
    case 'split':
      return list(typeof first === 'string' && first !== '' ? self.split(first) : self.trim().split(/\s+/));
    case 'join': {
      const items = first === undefined ? null : certainItems(first);
      return items?.every((item) => typeof item === 'string')
        ? items.join(self)
        : unknown('a text is not known', false);
    }
    case 'replace': {
      const [from, to] = positional;
      return typeof from === 'string' && typeof to === 'string'
        ? self.replaceAll(from, to)
        : unknown('a text is not known', false);
    }
    case 'format': {
      if (/\{[^}]*[^\d}][^}]*\}/.test(self))
        return unknown('a text is formatted in a way that is not followed', false);
      let at = 0;
      return self.replace(/\{(\d*)\}/g, (_, digits: string) =>
        text(positional[digits === '' ? at++ : Number(digits)] ?? null),
      );
    }
    default:
      return unknown(`\`${name}\` is not followed`, false);
  }
}

function ofSequence(machine: Machine, self: Sequence, name: string, args: CallArguments): Value {
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

/** The place that `pop` takes: the last one where none is given. */
function placeOf(self: Sequence | Container, given: Value | undefined): number | null {
  const at = given ?? -1;
  return typeof at === 'number' ? indexIn(self, at) : null;
}

/** Where `insert` puts something: a place beyond the ends is the end. */
function placeFor(self: Sequence | Container, at: number): number | null {
  if (!isCertain(self)) return at >= 0 && at <= self.certain ? at : null;
  return Math.min(self.items.length, at < 0 ? Math.max(0, at + self.items.length) : at);
}

function ofDict(
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
      self.open = true;
      return unknown(`\`${name}\` is not followed`);
  }
}

function ofContainer(machine: Machine, self: Container, name: string, args: CallArguments): Value {
  const [first, second] = args.positional;
  const { named } = args;
  const pairs = () => self.items.map(([key, item]) => list([key, item], 'tuple'));
  switch (name) {
    case 'append':
    case 'add':
      append(machine, self, first ?? named.get('module') ?? named.get('layer') ?? null);
      return self;
    case 'extend':
    case 'update':
      extendContainer(machine, self, first ?? unknown('what is added is not known'));
      return self;
    case 'insert': {
      const at = typeof first === 'number' ? placeFor(self, first) : null;
      insertAt(machine, self, at ?? 0, second ?? named.get('module') ?? null);
      if (at === null) self.certain = 0;
      return self;
    }
    case 'add_module':
    case 'register_module':
    case 'register_parameter': {
      const key = first ?? named.get('name');
      const value = second ?? named.get('module') ?? named.get('param') ?? null;
      if (typeof key === 'string') put(machine, self, key, value);
      else {
        append(machine, self, value);
        self.certain = 0;
      }
      return null;
    }
    case 'pop': {
      if (typeof first === 'string')
        return removeKey(machine, self, first) ?? second ?? unknown('there is no such entry');
      // Keras takes no place.
      return removeAt(machine, self, self.framework === 'keras' ? placeOf(self, -1) : placeOf(self, first));
    }
    case 'clear':
      machine.changing(self);
      self.items = [];
      self.certain = Number.POSITIVE_INFINITY;
      return null;
    case 'items':
    case 'named_children':
      return list(pairs(), 'list', self.certain);
    case 'keys':
      return list(
        self.items.map(([key]) => key),
        'list',
        self.certain,
      );
    case 'values':
    case 'children':
      return list(
        self.items.map(([, item]) => item),
        'list',
        self.certain,
      );
    default:
      return unknown(`\`${name}\` is not followed`, true, self);
  }
}

function ofInstance(machine: Machine, self: Instance, name: string, args: CallArguments, site: Site): Value {
  const [first, second] = args.positional;
  switch (name) {
    case 'add_module':
    case 'register_module':
    case 'register_parameter':
    case 'register_buffer':
      return register(machine, self, name, args, site);
    case 'add_weight': {
      const shape = args.named.get('shape') ?? (typeof first === 'string' ? second : first);
      return makeWeight(
        machine,
        tensorOf(args.open !== null ? null : shape === undefined ? [] : shapeOf(shape)),
        site,
        args.named.get('trainable') === false ? 'Statistic' : 'Weight',
      );
    }
    case 'children':
    case 'named_children': {
      const held = [...self.attributes].filter(([, value]) => isModule(value) && !isKind(value, 'weight'));
      if (self.base || held.some(([, value]) => isKind(value, 'choice'))) break;
      const sure = [...self.attributes.values()].every((value) => !isKind(value, 'unknown'));
      const items = held.map(([key, value]) => (name === 'children' ? value : list([key, value], 'tuple')));
      return list(items, 'list', sure ? undefined : 0);
    }
    case '_replace':
      return remade(machine, self, args, site);
    case '_asdict':
      return { kind: 'dict', entries: new Map(self.attributes), open: self.touched !== null };
    default:
  }
  if (self.base?.kind === 'container') return ofContainer(machine, self.base, name, args);
  // A method that comes from a class which is not followed may do anything.
  if (self.framework === null && classAttribute(self.cls, name) === undefined)
    self.touched ??= `\`${name}\` of \`${self.cls.name}\` is not followed`;
  return unknown(`\`${name}\` of \`${self.cls.name}\` is not followed`, true, self);
}

/** `register_parameter(name, value)` and the like. */
function register(
  machine: Machine,
  self: Instance | Layer,
  name: string,
  { positional: [first, second, third], named }: CallArguments,
  site: Site,
): Value {
  const key = first ?? named.get('name');
  const value = second ?? named.get('module') ?? named.get('tensor') ?? named.get('param') ?? null;
  const persistent = third ?? named.get('persistent');
  // A buffer that is not saved is not part of what is exported.
  const kept = value === null || persistent === false ? null : makeWeight(machine, value, site, 'Buffer');
  const stored = name === 'register_buffer' ? kept : value;
  // What has no name that is known still belongs to it.
  machine.setAttribute(self, typeof key === 'string' ? key : `?${machine.nextOrder()}`, stored);
  return null;
}

function tensorOf(shape: TensorShape | null): Value {
  return { kind: 'tensor', shape, by: null, from: [] };
}

/** A module and all modules within it, the outer ones first, as PyTorch lists them. */
function modulesIn(self: Value, name: string): Value {
  const found: [string, Value][] = [];
  const seen = new Set<Value>();
  let open = false;
  const visit = (value: Value, path: string) => {
    if (isKind(value, 'unknown') || isKind(value, 'choice') || isKind(value, 'kerasModel')) open = true;
    if (!isModule(value) || value.kind === 'weight' || value.kind === 'choice' || seen.has(value)) return;
    seen.add(value);
    found.push([path, value]);
    const within: readonly (readonly [string, Value])[] =
      value.kind === 'container'
        ? value.items
        : value.kind === 'kerasModel'
          ? []
          : [
              ...value.attributes,
              ...(isKind(value, 'instance') && value.base ? [['', value.base] as const] : []),
            ];
    if (value.kind === 'container' && !isCertain(value)) open = true;
    // Layers that hold others do not say which.
    if (value.kind === 'layer' && weightsOf(value)?.some(({ role }) => role.includes('.'))) open = true;
    for (const [key, one] of within) visit(one, path === '' ? key : `${path}.${key}`);
  };
  visit(self, '');
  if (found.length === 0) return unknown(`\`${name}\` is not followed`);
  const items = found.map(([path, one]) => (name === 'modules' ? one : list([path, one], 'tuple')));
  return list(items, 'list', open ? items.length : undefined);
}
