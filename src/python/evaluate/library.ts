import { LIST_ITEMS } from '../limits';
import type { Site } from '../syntax/ast';
import { deepCopy, shallowCopy } from './copy';
import { certainItems } from './iterate';
import type { Machine } from './machine';
import { number } from './operators';
import { isRecordCall, namedTuple, namespace, remade } from './records';
import { type CallArguments, type Dict, isKind, list, reasonOf, unknown, type Value } from './values';

const MATH = new Map<string, (...values: number[]) => number>(
  Object.entries({
    ceil: Math.ceil,
    floor: Math.floor,
    sqrt: Math.sqrt,
    log: (value: number, base?: number) =>
      base === undefined ? Math.log(value) : Math.log(value) / Math.log(base),
    log2: Math.log2,
    log10: Math.log10,
    exp: Math.exp,
    pow: Math.pow,
    trunc: Math.trunc,
    fabs: Math.abs,
  }),
);

/** Functions of Python's library that building a network needs; null for any other. */
export function callLibrary(machine: Machine, path: string, args: CallArguments, site: Site): Value | null {
  const [first] = args.positional;
  if (isRecordCall(path)) return { kind: 'partial', callee: { kind: 'external', path }, args };
  switch (path) {
    case 'functools.partial': {
      if (first === undefined) return null;
      return { kind: 'partial', callee: first, args: { ...args, positional: args.positional.slice(1) } };
    }
    case 'collections.OrderedDict':
      return dictOf(first, args.named, args.open);
    case 'collections.defaultdict':
      return { ...(dictOf(args.positional[1], args.named, args.open) as Dict), open: true };
    case 'collections.namedtuple':
    case 'typing.NamedTuple':
      return namedTuple(machine, args);
    case 'types.SimpleNamespace':
    case 'argparse.Namespace':
      return namespace(machine, args, path.slice(path.indexOf('.') + 1));
    case 'dataclasses.replace':
    case 'attr.evolve':
    case 'attrs.evolve':
      return isKind(first, 'instance') ? remade(machine, first, args, site) : null;
    case 'dataclasses.asdict':
    case 'attr.asdict':
    case 'attrs.asdict':
      return isKind(first, 'instance')
        ? { kind: 'dict', entries: new Map(first.attributes), open: first.touched !== null }
        : null;
    case 'typing.cast':
      return args.positional[1] ?? null;
    case 'copy.deepcopy':
      return first === undefined ? null : deepCopy(machine, first);
    case 'copy.copy':
      return first === undefined ? null : shallowCopy(first);
    case 'math.prod':
      return product(first);
    case 'itertools.chain': {
      const parts = args.positional.map(certainItems);
      const items = parts.every((part) => part !== null) ? parts.flat() : null;
      return items && items.length <= LIST_ITEMS
        ? list(items)
        : unknown('what a chain holds is not known', true);
    }
    default:
      return path.startsWith('math.') || path.startsWith('numpy.')
        ? mathematics(path.slice(path.indexOf('.') + 1), args)
        : null;
  }
}

function mathematics(name: string, { positional }: CallArguments): Value | null {
  const compute = MATH.get(name);
  if (!compute) return null;
  const values = positional.map(number);
  if (!values.every((value) => value !== null))
    return unknown(positional.map(reasonOf).find((reason) => reason !== null) ?? 'a number is not known');
  const result = compute(...values);
  return Number.isFinite(result) ? result : unknown('a number is not defined', false);
}

function product(value: Value | undefined): Value {
  const items = value === undefined ? null : certainItems(value);
  const values = items?.map(number) ?? [null];
  return values.every((one) => one !== null)
    ? values.reduce((all, one) => all * one, 1)
    : unknown('a number is not known', false);
}

/** `dict(…)` of another dict or of pairs. */
export function dictOf(
  value: Value | undefined,
  named: ReadonlyMap<string, Value> = new Map(),
  rest: string | null = null,
): Value {
  const entries = new Map<string | number | boolean | null, Value>();
  let open = rest !== null;
  if (isKind(value, 'dict')) {
    for (const [key, one] of value.entries) entries.set(key, one);
    open ||= value.open;
  } else if (value !== undefined) {
    const pairs = certainItems(value);
    for (const pair of pairs ?? []) {
      const [key, one] = isKind(pair, 'sequence') ? pair.items : [];
      if (key === null || (typeof key !== 'object' && key !== undefined)) entries.set(key, one ?? null);
      else open = true;
    }
    if (pairs === null) open = true;
  }
  for (const [key, one] of named) entries.set(key, one);
  return { kind: 'dict', entries, open };
}
