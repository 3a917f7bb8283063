import { LIST_ITEMS } from '../limits';
import type { Framework } from '../sourceFile';
import type { Site } from '../syntax/ast';
import { doubtItems } from './items';
import { itemsOf, unknownItem } from './iterate';
import { addToSequential } from './keras';
import type { Machine } from './machine';
import { nameOf } from './makeLayer';
import { makeWeight } from './torch';
import {
  type CallArguments,
  type Container,
  isCertain,
  isKind,
  type Sequence,
  unknown,
  type Value,
} from './values';

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
    touched: null,
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
    if (args.open !== null) {
      container.certain = Math.min(container.certain, args.certain ?? 0);
      append(machine, container, unknown(args.open));
    }
  } else if (first !== null) extendContainer(machine, container, first);
  else if (args.open !== null) append(machine, container, unknown(args.open));
}

/** Adds a module at the end. */
export function append(machine: Machine, container: Container, value: Value): void {
  machine.changing(container);
  if (container.framework === 'keras') addToSequential(machine, container, value);
  if (container.items.length < LIST_ITEMS)
    container.items.push([String(container.items.length), stored(machine, container, value)]);
  else container.certain = Math.min(container.certain, LIST_ITEMS);
}

/** Adds a module by its name, in the place of one that has it. */
export function put(machine: Machine, container: Container, key: string, value: Value): void {
  machine.changing(container);
  const item: [string, Value] = [key, stored(machine, container, value)];
  const at = container.items.findIndex(([name]) => name === key);
  if (at >= 0) container.items[at] = item;
  else if (container.items.length < LIST_ITEMS) container.items.push(item);
}

/** Lists of parameters make one of every tensor. */
function stored(machine: Machine, { type, order }: Container, value: Value): Value {
  if (!type.startsWith('Parameter') || !isKind(value, 'tensor')) return value;
  const site = machine.origins.get(machine.objects.find((one) => one.order === order) as Container)?.site;
  return makeWeight(machine, value, site ?? machine.nowhere, 'Parameter');
}

/** Adds a module before another one. */
export function insertAt(machine: Machine, container: Container, at: number, value: Value): void {
  machine.changing(container);
  machine.charge(container.items.length >> 4);
  if (container.framework === 'keras') container.output = null;
  container.items = container.items.toSpliced(at, 0, ['', value]);
  renumber(container);
}

/** Takes out what stands at a place; null = nobody knows which place. @returns what was there */
export function removeAt(machine: Machine, holder: Sequence | Container, at: number | null): Value {
  if (at === null) {
    doubtItems(machine, holder);
    return unknown('which element it is depends on what is not known');
  }
  if (at < 0 || at >= holder.items.length) return unknown('there is no such element');
  machine.changing(holder);
  machine.charge(holder.items.length >> 4);
  if (at < holder.certain) holder.certain--;
  if (isKind(holder, 'sequence')) {
    const value = holder.items[at];
    holder.items = holder.items.toSpliced(at, 1);
    return value ?? null;
  }
  const entry = holder.items[at];
  holder.items = holder.items.toSpliced(at, 1);
  holder.output = null;
  if (!holder.type.endsWith('Dict')) renumber(holder);
  return entry?.[1] ?? null;
}

/** Takes out what has a name. @returns what it was; undefined = there is no such name */
export function removeKey(machine: Machine, container: Container, key: string): Value | undefined {
  const at = container.items.findIndex(([name]) => name === key);
  if (at < 0) return undefined;
  const value = container.items[at]?.[1] ?? null;
  machine.changing(container);
  container.items = container.items.toSpliced(at, 1);
  return value;
}

function renumber(container: Container): void {
  container.items = container.items.map(([, item], at): [string, Value] => [String(at), item]);
}

/** Adds all that another value holds, by their names if it has names. */
export function extendContainer(machine: Machine, container: Container, value: Value): void {
  machine.changing(container);
  if (isKind(value, 'dict')) {
    for (const [key, one] of value.entries) put(machine, container, String(key), one);
    if (value.open) {
      append(machine, container, unknown('which there are is not known'));
      container.certain = 0;
    }
    return;
  }
  if (isKind(value, 'container') && value.type.endsWith('Dict')) {
    for (const [key, one] of value.items) put(machine, container, key, one);
    if (!isCertain(value)) container.certain = 0;
    return;
  }
  const more = itemsOf(value);
  if (more === null || !isCertain(more))
    container.certain = Math.min(container.certain, container.items.length + (more?.certain ?? 0));
  for (const item of [...(more?.items ?? [])]) {
    // Pairs of names and modules.
    if (container.type.endsWith('Dict') && isKind(item, 'sequence') && typeof item.items[0] === 'string')
      put(machine, container, item.items[0], item.items[1] ?? null);
    else append(machine, container, item);
  }
  if (more === null) append(machine, container, unknownItem(value));
}
