import { LIST_ITEMS } from '../limits';
import type { Site } from '../python/ast';
import type { Framework } from '../sourceFile';
import { itemsOf } from './iterate';
import { addToSequential } from './keras';
import type { Machine } from './machine';
import { nameOf } from './makeLayer';
import { type CallArguments, type Container, isCertain, isKind, type Value } from './values';

interface ContainerType {
  readonly framework: Framework;
  readonly type: string;
}

/** Modules of the frameworks that hold others, by their full names. */
export const CONTAINERS: ReadonlyMap<string, ContainerType> = new Map<string, ContainerType>([
  ...['Sequential', 'ModuleList', 'ModuleDict', 'ParameterList', 'ParameterDict'].map(
    (type): [string, ContainerType] => [`torch.nn.${type}`, { framework: 'torch', type }],
  ),
  ['keras.Sequential', { framework: 'keras', type: 'Sequential' }],
]);

/** An empty one. */
export function makeContainer(
  machine: Machine,
  { framework, type }: ContainerType,
  args: CallArguments,
  site: Site,
): Container {
  const container: Container = {
    kind: 'container',
    framework,
    type,
    items: [],
    certain: Number.POSITIVE_INFINITY,
    order: machine.nextOrder(),
    name: framework === 'keras' ? nameOf(machine, type, args.named.get('name') ?? args.positional[1]) : null,
    output: null,
  };
  machine.note(container, site);
  return container;
}

/** Puts what its constructor is given into it. */
export function addItems(machine: Machine, container: Container, args: CallArguments): void {
  const first = args.positional[0] ?? args.named.get('layers') ?? args.named.get('modules') ?? null;
  if (container.framework === 'torch' && container.type === 'Sequential' && !isKind(first, 'dict')) {
    for (const value of args.positional) append(machine, container, value);
    if (args.open !== null) container.certain = Math.min(container.certain, args.certain ?? 0);
  } else if (first !== null) extendContainer(machine, container, first);
}

/** Adds a module at the end. */
export function append(machine: Machine, container: Container, value: Value): void {
  if (container.framework === 'keras') addToSequential(machine, container, value);
  if (machine.uncertain > 0) container.certain = Math.min(container.certain, container.items.length);
  if (container.items.length < LIST_ITEMS) container.items.push([String(container.items.length), value]);
}

/** Adds a module by its name, in the place of one that has it. */
export function put(container: Container, key: string, value: Value): void {
  const entry = container.items.find(([name]) => name === key);
  if (entry) entry[1] = value;
  else if (container.items.length < LIST_ITEMS) container.items.push([key, value]);
}

/** Adds all that another value holds, by their names if it has names. */
export function extendContainer(machine: Machine, container: Container, value: Value): void {
  if (isKind(value, 'dict')) {
    for (const [key, one] of value.entries) put(container, String(key), one);
    if (value.open) container.certain = 0;
    return;
  }
  const more = itemsOf(value);
  const doubtful = more === null || !isCertain(more);
  if (doubtful)
    container.certain = Math.min(container.certain, container.items.length + (more?.certain ?? 0));
  for (const item of more?.items ?? []) {
    // Pairs of names and modules.
    if (container.type === 'ModuleDict' && isKind(item, 'sequence') && typeof item.items[0] === 'string')
      put(container, item.items[0], item.items[1] ?? null);
    else append(machine, container, item);
  }
  if (more === null && isKind(value, 'unknown')) append(machine, container, value);
}
