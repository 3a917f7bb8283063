import { weightsOf } from '../layers';
import { MODULE_DEPTH } from '../limits';
import type { Site } from '../syntax/ast';
import { classAttribute } from './classes';
import { append, extendContainer, insertAt, put, removeAt, removeKey } from './containers';
import { placeFor, placeOf } from './items';
import { shapeOf } from './keras';
import type { Machine } from './machine';
import { remade } from './records';
import { tensorFrom } from './tensors';
import { makeWeight } from './torch';
import {
  type CallArguments,
  type Container,
  type Instance,
  isCertain,
  isKind,
  isModule,
  type Layer,
  list,
  unknown,
  type Value,
} from './values';

/** Methods of containers of modules. */
export function ofContainer(
  machine: Machine,
  self: Container,
  name: string,
  args: CallArguments,
  site: Site,
): Value {
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
    case 'register_parameter':
    case 'register_buffer':
      return register(machine, self, name, args, site);
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

/** Methods that objects of the file's classes have from a framework. */
export function ofInstance(
  machine: Machine,
  self: Instance,
  name: string,
  args: CallArguments,
  site: Site,
): Value {
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
        tensorFrom(args.open !== null ? null : shape === undefined ? [] : shapeOf(shape), []),
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
  if (self.base?.kind === 'container') return ofContainer(machine, self.base, name, args, site);
  // A method that comes from a class which is not followed may do anything.
  if (self.framework === null && classAttribute(self.cls, name) === undefined)
    self.touched ??= `\`${name}\` of \`${self.cls.name}\` is not followed`;
  return unknown(`\`${name}\` of \`${self.cls.name}\` is not followed`, true, self);
}

/** `register_parameter(name, value)` and the like. */
export function register(
  machine: Machine,
  self: Instance | Layer | Container,
  name: string,
  { positional: [first, second, third], named }: CallArguments,
  site: Site,
): Value {
  const key = first ?? named.get('name');
  const value = second ?? named.get('module') ?? named.get('tensor') ?? named.get('param') ?? null;
  const persistent = third ?? named.get('persistent');
  // A buffer that is not saved is not part of what is exported.
  const buffer = () =>
    value === null || persistent === false ? null : makeWeight(machine, value, site, 'Buffer');
  const stored = name === 'register_buffer' ? buffer() : value;
  // What has no name that is known still belongs to it.
  const place = typeof key === 'string' ? key : `?${machine.nextOrder()}`;
  if (isKind(self, 'container')) put(machine, self, place, stored);
  else machine.setAttribute(self, place, stored);
  return null;
}

/** A module and all modules within it, the outer ones first, as PyTorch lists them. */
export function modulesIn(self: Value, name: string): Value {
  const found: [string, Value][] = [];
  const seen = new Set<Value>();
  let open = false;
  const visit = (value: Value, path: string, depth: number) => {
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
    if (depth >= MODULE_DEPTH) open = true;
    else for (const [key, one] of within) visit(one, path === '' ? key : `${path}.${key}`, depth + 1);
  };
  visit(self, '', 0);
  if (found.length === 0) return unknown(`\`${name}\` is not followed`);
  const items = found.map(([path, one]) => (name === 'modules' ? one : list([path, one], 'tuple')));
  return list(items, 'list', open ? items.length : undefined);
}
