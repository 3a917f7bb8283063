import { frameworkOfModule, layerOf } from '../layers';
import type { Framework } from '../sourceFile';
import type { Site } from '../syntax/ast';
import { addItems, CONTAINERS, makeContainer } from './containers';
import { runFunction } from './functions';
import { dictOf } from './library';
import type { Machine } from './machine';
import { makeLayer } from './makeLayer';
import { fillRecord, isEnumeration } from './records';
import {
  type CallArguments,
  type ClassValue,
  type Instance,
  isKind,
  python,
  reasonOf,
  unknown,
  type Value,
} from './values';

/** Classes whose bases lead to each other would never end (CWE-834). */
const MAX_BASES = 50;

/** A class and the classes of the file that it inherits from, in the order in which Python looks into them. */
export function lineage(cls: ClassValue): ClassValue[] {
  const found: ClassValue[] = [];
  const visit = (one: ClassValue) => {
    if (found.length >= MAX_BASES) return;
    found.push(one);
    for (const base of one.bases) if (isKind(base, 'class')) visit(base);
  };
  visit(cls);
  // A base that several share comes after all of them.
  return found.filter((one, at) => found.lastIndexOf(one) === at);
}

export function classAttribute(cls: ClassValue, name: string): Value | undefined {
  for (const one of lineage(cls)) {
    const value = one.attributes.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Bases that bring nothing of their own. */
const PLAIN_BASE =
  /^(abc|typing|typing_extensions|enum|collections(\.abc)?|dataclasses|object|pydantic\.BaseModel)(\.|$)|Mixin$/;

/** A base of a class that is not followed, so that objects may hold more than the file says; null = none. */
export function strangeBase(cls: ClassValue): string | null {
  for (const one of lineage(cls))
    for (const base of one.bases) {
      if (isKind(base, 'class') || isKind(base, 'builtin')) continue;
      if (!isKind(base, 'external')) return reasonOf(base) ?? 'a base of it is not known';
      if (!PLAIN_BASE.test(base.path) && frameworkOfModule(base.path) === null)
        return `\`${base.path}\` comes from outside this file`;
    }
  return null;
}

/** Whether all that its objects hold is said in the file. */
export function isFollowed(cls: ClassValue): boolean {
  return strangeBase(cls) === null;
}

/** Methods by which a class may do anything with what is set on its objects. */
const MAGIC = ['__new__', '__setattr__', '__getattribute__', '__delattr__'];

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
  const bases = libraryBases(cls);
  if (bases.some((base) => base.endsWith('.TypedDict')))
    return dictOf(args.positional[0], args.named, args.open);
  if (isEnumeration(cls)) return unknown(`which \`${cls.name}\` it is depends on a value`, false);
  const instance: Instance = {
    kind: 'instance',
    cls,
    framework,
    attributes: new Map(),
    base: null,
    failed: MAGIC.some((name) => classAttribute(cls, name) !== undefined)
      ? `\`${cls.name}\` has a way of its own to make or change objects`
      : null,
    built: !isKind(classAttribute(cls, 'build'), 'function'),
    touched: null,
    args: writtenArguments(args),
    order: machine.nextOrder(),
    uncertain: machine.uncertain > 0,
  };
  machine.note(instance, site);
  const maker = lineage(cls).find((one) => one.record !== null || one.attributes.has('__init__'));
  const init = maker?.attributes.get('__init__');
  if (isKind(init, 'function')) {
    const result = runFunction(machine, init, { ...args, positional: [instance, ...args.positional] });
    if (isKind(result, 'unknown')) instance.failed ??= result.reason;
  } else if (maker?.record) {
    const passed = fillRecord(machine, instance, maker.record, args, site);
    const after = ['__post_init__', '__attrs_post_init__', 'model_post_init']
      .map((name) => classAttribute(cls, name))
      .find((one) => isKind(one, 'function'));
    if (isKind(after, 'function'))
      runFunction(machine, after, { positional: [instance, ...passed], named: new Map(), open: null });
  } else {
    for (const path of bases) initializeBase(machine, instance, path, args, site);
    if (framework === null && !isFollowed(cls)) instance.touched ??= strangeBase(cls);
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
function writtenArguments({ positional, named, open }: CallArguments): string {
  const parts = positional.map((value) => python(value, 30));
  for (const [name, value] of named) parts.push(`${name}=${python(value, 30)}`);
  if (open !== null) parts.push('…');
  const text = parts.join(', ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
