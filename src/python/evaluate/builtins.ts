import { roundHalfToEven } from '../../model/rounding';
import { layerOf } from '../layers';
import { deleteAttribute } from './attributes';
import { classAttribute, isFollowed, libraryBases, lineage } from './classes';
import { certainItems, itemsOf, rangeLength } from './iterate';
import { dictOf } from './library';
import type { Machine } from './machine';
import { binary, compare, number, sortedItems, text } from './operators';
import { touchMakers } from './touch';
import { truthOf } from './truth';
import {
  type CallArguments,
  isCertain,
  isKind,
  isScalar,
  list,
  reasonOf,
  type Sequence,
  unknown,
  type Value,
} from './values';

type BuiltinFunction = (machine: Machine, args: readonly Value[], named: ReadonlyMap<string, Value>) => Value;

/** Functions that Python has built in, as far as building a network needs them. */
const FUNCTIONS: Record<string, BuiltinFunction> = {
  range: (_, args) => {
    const numbers = args.map(number);
    const [from, to, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
    if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number' || step === 0)
      return unknown(why(args, 'the bounds of a range are not known'), false);
    return { kind: 'range', from, to, step };
  },
  len: (_, [value]) => {
    if (isKind(value, 'range')) return rangeLength(value);
    const items = value === undefined ? null : itemsOf(value);
    return items && isCertain(items)
      ? items.items.length
      : unknown(why([value], 'a length is not known'), false);
  },
  int: (_, [value]) => {
    const parsed =
      typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : number(value);
    return parsed === null ? unknown(why([value], 'a number is not known'), false) : Math.trunc(parsed);
  },
  float: (_, [value]) => {
    const parsed = typeof value === 'string' ? Number.parseFloat(value) : number(value);
    return parsed === null || Number.isNaN(parsed)
      ? unknown(why([value], 'a number is not known'), false)
      : parsed;
  },
  str: (_, [value]) =>
    value !== undefined && reasonOf(value) === null
      ? text(value)
      : unknown(why([value], 'a text is not known'), false),
  bool: (_, [value]) => truthOf(value ?? null) ?? unknown(why([value], 'a condition is not known'), false),
  abs: (_, [value]) => (isKind(value, 'tensor') ? value : ofNumbers([value], ([a = 0]) => Math.abs(a))),
  pow: (_, [a, b]) => binary('**', a ?? null, b ?? null),
  round: (_, [value, digits]) => ofNumbers([value, digits ?? 0], ([a = 0, b = 0]) => rounded(a, b)),
  divmod: (_, [a, b]) =>
    list([binary('//', a ?? null, b ?? null), binary('%', a ?? null, b ?? null)], 'tuple'),
  max: (_, args) => extreme(args, Math.max),
  min: (_, args) => extreme(args, Math.min),
  sum: (_, [value, start]) => {
    const items = value === undefined ? null : certainItems(value);
    if (items === null) return unknown(why([value], 'a sum is not known'));
    return items.reduce((all, one) => binary('+', all, one), start ?? 0);
  },
  any: (_, [value]) => truths(value, true),
  all: (_, [value]) => truths(value, false),
  list: (_, [value]) => sequence(value, 'list'),
  tuple: (_, [value]) => sequence(value, 'tuple'),
  set: (_, [value]) => sequence(value, 'set'),
  frozenset: (_, [value]) => sequence(value, 'set'),
  iter: (_, [value]) => value ?? null,
  dict: (_, [value], named) => dictOf(value, named),
  reversed: (_, [value]) => {
    const items = value === undefined ? null : certainItems(value);
    return items ? list(items.toReversed()) : unknown(why([value], 'an order is not known'), true);
  },
  sorted: (_, [value], named) => {
    const items = sortedItems(value ?? null, named);
    return items ? list(items) : unknown(why([value], 'an order is not known'));
  },
  enumerate: (_, [value, start], named) => {
    const items = value === undefined ? null : itemsOf(value);
    const first = number(start ?? named.get('start') ?? 0);
    if (items === null || first === null)
      return unknown(why([value, start], 'what is counted is not known'), true);
    return list(
      items.items.map((item, at) => list([first + at, item], 'tuple')),
      'list',
      items.certain,
    );
  },
  zip: (_, args) => {
    const all = args.map(itemsOf);
    if (!all.every((one) => one !== null)) return unknown(why(args, 'what is joined is not known'), true);
    const length = Math.min(...all.map((one) => one.items.length));
    const certain = Math.min(...all.map((one) => one.certain));
    const rows = Array.from({ length: all.length > 0 ? length : 0 }, (_row, at) =>
      list(
        all.map((one) => one.items[at] ?? null),
        'tuple',
      ),
    );
    return list(rows, 'list', certain);
  },
  map: (machine, [callee, ...values]) => {
    const rows = FUNCTIONS['zip']?.(machine, values, new Map()) ?? null;
    if (!isKind(rows, 'sequence') || callee === undefined)
      return unknown(why(values, 'what is mapped is not known'), true);
    const results = rows.items.map((row) => apply(machine, callee, isKind(row, 'sequence') ? row.items : []));
    return list(results, 'list', rows.certain);
  },
  filter: (machine, [callee, value]) => {
    const items = value === undefined ? null : certainItems(value);
    const kept = items?.map((item) =>
      truthOf(callee === null || callee === undefined ? item : apply(machine, callee, [item])),
    );
    if (!items || !kept || kept.includes(null))
      return unknown(why([value], 'what is kept is not known'), true);
    return list(items.filter((_item, at) => kept[at] === true));
  },
  next: (_, [value]) => unknown(why([value], 'an iterator is not followed'), true),
  isinstance: (_, [value, type]) =>
    isInstance(value ?? null, type ?? null) ?? unknown(why([value], 'a type is not known'), false),
  issubclass: () => unknown('a type is not known', false),
  callable: (_, [value]) =>
    isScalar(value)
      ? false
      : value?.kind === 'function' ||
        value?.kind === 'class' ||
        value?.kind === 'external' ||
        unknown('a type is not known', false),
  hasattr: (_, [object, name]) => {
    if (isKind(object, 'instance') && typeof name === 'string' && object.touched === null)
      return object.attributes.has(name) || classAttribute(object.cls, name) !== undefined;
    return unknown(why([object], 'an attribute is not known'));
  },
  getattr: (machine, [object, name, otherwise]) => {
    if (object === undefined || typeof name !== 'string')
      return unknown(why([object, name], 'an attribute is not known'), true);
    const missing =
      isKind(object, 'instance') &&
      object.touched === null &&
      !object.attributes.has(name) &&
      classAttribute(object.cls, name) === undefined;
    return missing && otherwise !== undefined ? otherwise : machine.get(object, name);
  },
  setattr: (machine, [object, name, value]) => {
    if (typeof name === 'string') machine.setAttribute(object ?? null, name, value ?? null);
    else touchAttributes(machine, object ?? null);
    return null;
  },
  delattr: (machine, [object, name]) => {
    if (typeof name === 'string') deleteAttribute(machine, object ?? null, name);
    else touchAttributes(machine, object ?? null);
    return null;
  },
  vars: (machine, [object]) =>
    isKind(object, 'instance')
      ? machine.get(object, '__dict__')
      : unknown(why([object], 'an object is not known')),
  type: (_, [value]) => (isKind(value, 'instance') ? value.cls : unknown('a type is not known', true)),
  super: (machine, [, self]) => {
    const frame = machine.frames.findLast(({ fn }) => fn.owner !== null);
    const object = self ?? frame?.self;
    if (!frame?.fn.owner || object === undefined) return unknown('`super()` stands outside of a class');
    return { kind: 'super', self: object, owner: frame.fn.owner };
  },
  print: () => null,
};

export const BUILTINS: ReadonlySet<string> = new Set([
  ...Object.keys(FUNCTIONS),
  'object',
  'property',
  'classmethod',
  'staticmethod',
]);

export function callBuiltin(
  machine: Machine,
  name: string,
  { positional, named, open }: CallArguments,
): Value {
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!run) return unknown(`\`${name}\` is not followed`);
  return open !== null && name !== 'print' ? unknown(open, true) : run(machine, positional, named);
}

function apply(machine: Machine, callee: Value, positional: readonly Value[]): Value {
  const site = machine.frames.at(-1)?.fn.site ?? machine.nowhere;
  return machine.call(callee, { positional, named: new Map(), open: null }, site);
}

/** An attribute is set or taken away, and nobody knows which. */
function touchAttributes(machine: Machine, object: Value): void {
  const reason = 'which of its attributes is set depends on what is not known';
  if (isKind(object, 'instance') || isKind(object, 'layer') || isKind(object, 'container'))
    object.touched ??= reason;
  else touchMakers(machine, reason);
}

/** The first reason among values that something is not known. */
function why(values: readonly (Value | undefined)[], otherwise: string): string {
  for (const value of values) {
    const reason = value === undefined ? null : reasonOf(value);
    if (reason !== null) return reason;
  }
  return otherwise;
}

function ofNumbers(values: readonly (Value | undefined)[], compute: (numbers: number[]) => number): Value {
  const numbers = values.map(number);
  if (!numbers.every((one) => one !== null)) return unknown(why(values, 'a number is not known'), false);
  return compute(numbers);
}

function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return roundHalfToEven(value * scale) / scale;
}

function extreme(args: readonly Value[], choose: (...numbers: number[]) => number): Value {
  const [only] = args;
  const values = args.length === 1 && only !== undefined ? certainItems(only) : args;
  if (!values || values.length === 0) return unknown(why(args, 'a number is not known'), false);
  return ofNumbers(values, (numbers) => numbers.reduce((a, b) => choose(a, b)));
}

function truths(value: Value | undefined, looked: boolean): Value {
  const items = value === undefined ? null : certainItems(value)?.map(truthOf);
  if (items?.includes(looked)) return looked;
  return !items || items.includes(null) ? unknown(why([value], 'a condition is not known'), false) : !looked;
}

function sequence(value: Value | undefined, of: Sequence['of']): Value {
  if (value === undefined) return list([], of);
  const items = itemsOf(value);
  if (items === null) return unknown(why([value], 'what a list holds is not known'), true);
  if (of !== 'set') return list([...items.items], of, items.certain);
  const unique = items.items.filter(
    (one, at, all) => at > 1000 || !all.slice(0, at).some((other) => compare('==', one, other) === true),
  );
  return list(unique, of, items.certain);
}

const TYPES: Record<string, (value: Value) => boolean> = {
  int: (value) => typeof value === 'number' && Number.isInteger(value),
  float: (value) => typeof value === 'number' && !Number.isInteger(value),
  str: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  list: (value) => isKind(value, 'sequence') && value.of === 'list',
  tuple: (value) => isKind(value, 'sequence') && value.of === 'tuple',
  dict: (value) => isKind(value, 'dict'),
};

/** `isinstance(value, type)`; null = not known. */
function isInstance(value: Value, type: Value): boolean | null {
  if (reasonOf(value) !== null) return null;
  if (isKind(type, 'sequence')) {
    const each = type.items.map((one) => isInstance(value, one));
    return each.includes(true) ? true : each.includes(null) ? null : false;
  }
  if (isKind(type, 'builtin'))
    return Object.hasOwn(TYPES, type.name) ? (TYPES[type.name]?.(value) ?? null) : null;
  if (isKind(type, 'class')) return isKind(value, 'instance') ? lineage(value.cls).includes(type) : false;
  return isKind(type, 'external') && !/^(collections|typing|numbers)\./.test(type.path)
    ? isOfLibrary(value, type.path)
    : null;
}

/** Bases that layers of PyTorch have in common, by the beginnings of their names. */
const FAMILIES: ReadonlyMap<string, RegExp> = new Map([
  ['torch.nn._ConvNd', /^Conv/],
  ['torch.nn._ConvTransposeNd', /^ConvTranspose/],
  ['torch.nn._BatchNorm', /^(Sync)?BatchNorm/],
  ['torch.nn._NormBase', /^((Sync)?BatchNorm|InstanceNorm)/],
  ['torch.nn.RNNBase', /^(RNN|LSTM|GRU)$/],
]);

/** `isinstance` of a class of a library. */
function isOfLibrary(value: Value, path: string): boolean | null {
  if (isScalar(value)) return false;
  switch (value.kind) {
    case 'layer': {
      if (path === (value.framework === 'torch' ? 'torch.nn.Module' : 'keras.Layer')) return true;
      const family = FAMILIES.get(path);
      if (family) return family.test(value.layer);
      // A lazy layer is one of those that it becomes, and others may derive from each other.
      if (value.layer.startsWith('Lazy') || /\._/.test(path)) return null;
      return layerOf(path)?.layer === value.layer;
    }
    case 'container':
      if (path === 'torch.nn.Module' || path === 'keras.Layer') return true;
      return value.framework === 'torch' ? path === `torch.nn.${value.type}` : path === 'keras.Sequential';
    case 'instance':
      if (libraryBases(value.cls).includes(path)) return true;
      if (path === 'torch.nn.Module' && value.framework === 'torch') return true;
      return isFollowed(value.cls) && (path === 'torch.nn.Module' || layerOf(path) !== null) ? false : null;
    case 'weight':
      return /^torch\.(nn\.Parameter|nn\.parameter\.Parameter|Tensor)$/.test(path);
    case 'sequence':
    case 'dict':
      return path.startsWith('torch.') || path.startsWith('keras.') ? false : null;
    default:
      return null;
  }
}
