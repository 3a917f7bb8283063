import { LIST_ITEMS } from '../limits';
import type { Site } from '../python/ast';
import { append, extendContainer, put } from './containers';
import { extend } from './expressions';
import { certainItems } from './iterate';
import { shapeOf } from './keras';
import { dictOf } from './library';
import type { Machine } from './machine';
import { text } from './operators';
import { makeWeight } from './torch';
import {
  type CallArguments,
  type Container,
  type Dict,
  type Instance,
  isKind,
  isScalar,
  list,
  reasonOf,
  type Sequence,
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
  'apply',
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
  if (isScalar(self)) return unknown(`\`${name}\` is not followed`);
  switch (self.kind) {
    case 'sequence':
      return ofSequence(machine, self, name, args);
    case 'dict':
      return ofDict(machine, self, name, args);
    case 'tensor':
      // A method whose name ends so changes the tensor in place.
      return name.endsWith('_') || FLUENT.has(name) || name === 'clone' || name === 'detach'
        ? self
        : { kind: 'tensor', shape: null, by: null, from: [self] };
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
  if (reason) return unknown(reason);
  const [first] = positional;
  switch (name) {
    case 'lower':
      return self.toLowerCase();
    case 'upper':
      return self.toUpperCase();
    case 'strip':
      return self.trim();
    case 'startswith':
      return typeof first === 'string' ? self.startsWith(first) : unknown('a text is not known');
    case 'endswith':
      return typeof first === 'string' ? self.endsWith(first) : unknown('a text is not known');
    case 'split':
      return list(typeof first === 'string' && first !== '' ? self.split(first) : self.trim().split(/\s+/));
    case 'join': {
      const items = first === undefined ? null : certainItems(first);
      return items?.every((item) => typeof item === 'string')
        ? items.join(self)
        : unknown('a text is not known');
    }
    case 'replace': {
      const [from, to] = positional;
      return typeof from === 'string' && typeof to === 'string'
        ? self.replaceAll(from, to)
        : unknown('a text is not known');
    }
    case 'format': {
      if (/\{[^}]*[^\d}][^}]*\}/.test(self))
        return unknown('a text is formatted in a way that is not followed');
      let at = 0;
      return self.replace(/\{(\d*)\}/g, (_, digits: string) =>
        text(positional[digits === '' ? at++ : Number(digits)] ?? null),
      );
    }
    default:
      return unknown(`\`${name}\` is not followed`);
  }
}

function ofSequence(machine: Machine, self: Sequence, name: string, { positional }: CallArguments): Value {
  const [first, second] = positional;
  const doubt = (at: number) => {
    if (machine.uncertain > 0) self.certain = Math.min(self.certain, at);
  };
  switch (name) {
    case 'append':
    case 'add':
      doubt(self.items.length);
      if (self.items.length < LIST_ITEMS) self.items.push(first ?? null);
      else self.certain = Math.min(self.certain, LIST_ITEMS);
      return null;
    case 'extend':
    case 'update':
      if (first !== undefined) extend(machine, self, first);
      machine.charge(1);
      return null;
    case 'insert':
      if (typeof first === 'number') {
        doubt(first);
        self.items.splice(first, 0, second ?? null);
      } else self.certain = 0;
      machine.charge(self.items.length >> 6);
      return null;
    case 'pop': {
      const at = typeof first === 'number' ? first : -1;
      const index = at < 0 ? at + self.items.length : at;
      doubt(index);
      return self.items.splice(index, 1)[0] ?? unknown('the list is empty');
    }
    case 'reverse':
      self.items.reverse();
      doubt(0);
      return null;
    case 'copy':
      return list([...self.items], self.of, self.certain);
    case 'index': {
      const at = self.items.indexOf(first ?? null);
      return at >= 0 && at < self.certain ? at : unknown('a place in a list is not known');
    }
    default:
      if (name === 'sort' || name === 'remove' || name === 'clear') self.certain = 0;
      return unknown(`\`${name}\` is not followed`, true);
  }
}

function ofDict(machine: Machine, self: Dict, name: string, { positional, named }: CallArguments): Value {
  const [first, second] = positional;
  const certain = self.open ? 0 : undefined;
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
      if (name === 'pop' && isScalar(first)) self.entries.delete(first);
      if (found !== undefined) return found;
      if (!isScalar(first) || self.open) return unknown('the entry is not known', true);
      if (name === 'setdefault') self.entries.set(first, second ?? null);
      return second ?? null;
    }
    case 'update': {
      const more = dictOf(first, named);
      if (isKind(more, 'dict')) for (const [key, value] of more.entries) self.entries.set(key, value);
      if (!isKind(more, 'dict') || more.open || machine.uncertain > 0) self.open = true;
      return null;
    }
    case 'copy':
      return { ...self, entries: new Map(self.entries) };
    default:
      return unknown(`\`${name}\` is not followed`, true);
  }
}

function ofContainer(machine: Machine, self: Container, name: string, { positional }: CallArguments): Value {
  const [first, second] = positional;
  switch (name) {
    case 'append':
    case 'add':
      append(machine, self, first ?? null);
      return self;
    case 'extend':
    case 'update':
      if (first !== undefined) extendContainer(machine, self, first);
      return self;
    case 'insert':
      if (typeof first !== 'number') self.certain = 0;
      else {
        self.items.splice(first, 0, ['', second ?? null]);
        for (const [at, item] of self.items.entries()) item[0] = String(at);
      }
      return self;
    case 'add_module':
    case 'register_module':
      if (typeof first === 'string') put(self, first, second ?? null);
      else self.certain = 0;
      return null;
    case 'pop':
      self.certain = machine.uncertain > 0 ? 0 : self.certain;
      return self.items.pop()?.[1] ?? null;
    case 'items':
    case 'named_children':
      return list(
        self.items.map(([key, item]) => list([key, item], 'tuple')),
        'list',
        self.certain,
      );
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
      return unknown(`\`${name}\` is not followed`, true);
  }
}

function ofInstance(machine: Machine, self: Instance, name: string, args: CallArguments, site: Site): Value {
  const [first, second] = args.positional;
  const value =
    second ?? args.named.get('module') ?? args.named.get('tensor') ?? args.named.get('param') ?? null;
  switch (name) {
    case 'add_module':
    case 'register_module':
    case 'register_parameter':
    case 'register_buffer': {
      const key = first ?? args.named.get('name');
      const stored = name !== 'register_buffer' ? value : buffer(machine, value, args, site);
      // What has no name that is known still belongs to it.
      machine.setAttribute(self, typeof key === 'string' ? key : `?${machine.nextOrder()}`, stored);
      return null;
    }
    case 'add_weight': {
      const shape = args.named.get('shape') ?? (typeof first === 'string' ? second : first);
      const data: Value = {
        kind: 'tensor',
        shape: shape === undefined ? [] : shapeOf(shape),
        by: null,
        from: [],
      };
      return makeWeight(machine, data, site, args.named.get('trainable') === false ? 'Statistic' : 'Weight');
    }
    default:
      return self.base?.kind === 'container'
        ? ofContainer(machine, self.base, name, args)
        : unknown(`\`${name}\` of \`${self.cls.name}\` is not followed`, name.startsWith('get_'));
  }
}

/** A buffer that is not saved is not part of what is exported. */
function buffer(machine: Machine, value: Value, args: CallArguments, site: Site): Value {
  const persistent = args.named.get('persistent') ?? args.positional[2];
  return value === null || persistent === false ? null : makeWeight(machine, value, site, 'Buffer');
}
