import { frameworkOfModule, layerOf } from '../layers/index';
import type { Site } from '../python/ast';
import type { Framework } from '../sourceFile';
import { addItems, CONTAINERS, makeContainer } from './containers';
import { runFunction } from './functions';
import type { Machine } from './machine';
import { makeLayer } from './makeLayer';
import { type CallArguments, type ClassValue, type Instance, isKind, python, type Value } from './values';

/** Classes whose bases lead to each other would never end. */
const MAX_BASES = 50;

/** A class and the classes of the file that it inherits from, the nearest first. */
export function lineage(cls: ClassValue): ClassValue[] {
  const found: ClassValue[] = [];
  const visit = (one: ClassValue) => {
    if (found.includes(one) || found.length >= MAX_BASES) return;
    found.push(one);
    for (const base of one.bases) if (isKind(base, 'class')) visit(base);
  };
  visit(cls);
  return found;
}

export function classAttribute(cls: ClassValue, name: string): Value | undefined {
  for (const one of lineage(cls)) {
    const value = one.attributes.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Full names of what a class inherits from libraries. */
export function libraryBases(cls: ClassValue): string[] {
  return lineage(cls).flatMap((one) =>
    one.bases.flatMap((base) => (isKind(base, 'external') ? [base.path] : [])),
  );
}

/** The framework whose modules a class derives from; null where it is none, or not known. */
export function frameworkOf(cls: ClassValue): Framework | null {
  for (const path of libraryBases(cls)) {
    const framework = frameworkOfModule(path);
    if (framework) return framework;
  }
  return null;
}

/** `Class(…)`. */
export function instantiate(machine: Machine, cls: ClassValue, args: CallArguments, site: Site): Value {
  const framework = frameworkOf(cls);
  const instance: Instance = {
    kind: 'instance',
    cls,
    framework,
    attributes: new Map(),
    base: null,
    failed: false,
    args: writtenArguments(args),
    order: machine.nextOrder(),
    uncertain: machine.uncertain > 0,
  };
  machine.note(instance, site);
  const init = classAttribute(cls, '__init__');
  if (isKind(init, 'function')) {
    const result = runFunction(machine, init, { ...args, positional: [instance, ...args.positional] });
    instance.failed = isKind(result, 'unknown');
  } else {
    for (const path of libraryBases(cls)) initializeBase(machine, instance, path, args, site);
  }
  return instance;
}

/** `super().__init__(…)` where the base is a framework's. */
export function initializeBase(
  machine: Machine,
  instance: Instance,
  path: string,
  args: CallArguments,
  site: Site,
): void {
  const layer = layerOf(path);
  const container = CONTAINERS.get(path);
  if (layer) instance.base = makeLayer(machine, layer, args, site);
  else if (container) {
    instance.base = makeContainer(machine, container, args, site);
    addItems(machine, instance.base, args);
  }
}

/** The arguments of a call as Python writes them. */
export function writtenArguments({ positional, named, open }: CallArguments): string {
  const parts = positional.map((value) => python(value, 30));
  for (const [name, value] of named) parts.push(`${name}=${python(value, 30)}`);
  if (open !== null) parts.push('…');
  const text = parts.join(', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
