import type { Machine, Made } from './evaluate/machine';
import { type ClassValue, isKind } from './evaluate/values';
import type { Members } from './members';
import type { Site } from './syntax/ast';

/** A module that is not part of another one. */
export interface Root {
  readonly object: Made;
  /** Unique in the file. */
  readonly name: string;
  /** What names it: a class, a function, or a variable. */
  readonly site: Site;
  /** Name of the class or function. */
  readonly madeBy: string | null;
  /** Others that were made in the same way with the same arguments. */
  readonly copies: readonly Made[];
}

/** @param signatureOf what tells modules apart that are made with the same arguments */
export function rootsOf(
  machine: Machine,
  membersOf: (object: Made) => Members,
  signatureOf: (object: Made) => string,
): Root[] {
  const inner = new Set<Made>();
  const candidates = machine.objects.filter((object) => isModule(object, membersOf));
  for (const object of candidates) for (const one of membersOf(object).objects) inner.add(one);
  const placed = new Set([...inner].flatMap((one) => (isKind(one, 'instance') ? [one.cls] : [])));
  const outer = candidates.filter(
    (object) => !inner.has(object) && !isLost(machine, object, placed) && membersOf(object).layers.length > 0,
  );
  // A list that only carried layers to where they are used is no module of its own.
  const used = new Set(
    outer.filter((one) => !isKind(one, 'container')).flatMap((one) => layersOf(one, membersOf)),
  );
  const roots = outer.filter(
    (one) => !isKind(one, 'container') || layersOf(one, membersOf).some((layer) => !used.has(layer)),
  );
  return named(machine, roots, signatureOf);
}

/**
 * A method made it for an object that it did not come to belong to, as far as that was followed.
 * @param placed classes of which others did
 */
function isLost(machine: Machine, object: Made, placed: ReadonlySet<ClassValue>): boolean {
  if (isKind(object, 'instance') && !placed.has(object.cls)) return false;
  return (machine.origins.get(object)?.fn?.owner ?? null) !== null;
}

function layersOf(object: Made, membersOf: (object: Made) => Members) {
  return membersOf(object).layers.map(({ layer }) => layer);
}

/** Objects of classes that derive from nothing known are modules if they hold modules themselves. */
function isModule(object: Made, membersOf: (object: Made) => Members): boolean {
  if (!isKind(object, 'instance') || object.framework !== null) return true;
  const holds = [...object.attributes.values()].some(
    (one) => isKind(one, 'layer') || isKind(one, 'container'),
  );
  return holds && membersOf(object).gaps.length > 0;
}

function named(machine: Machine, objects: readonly Made[], signatureOf: (object: Made) => string): Root[] {
  const groups = new Map<string, { first: Omit<Root, 'name' | 'copies'>; args: string; copies: Made[] }>();
  for (const object of objects) {
    const root = origin(machine, object);
    const args = isKind(object, 'instance') ? object.args : '';
    const key = `${root.label}\n${args}\n${signatureOf(object)}`;
    const same = groups.get(key);
    if (same) same.copies.push(object);
    else groups.set(key, { first: { object, site: root.site, madeBy: root.madeBy }, args, copies: [] });
  }
  const counts = new Map<string, number>();
  for (const key of groups.keys()) counts.set(labelOf(key), (counts.get(labelOf(key)) ?? 0) + 1);
  const taken = new Map<string, number>();
  return [...groups].map(([key, { first, args, copies }]) => {
    const label = labelOf(key);
    const name = (counts.get(label) ?? 0) > 1 ? `${label}(${args})` : label;
    const before = taken.get(name) ?? 0;
    taken.set(name, before + 1);
    return { ...first, name: before === 0 ? name : `${name} #${before + 1}`, copies };
  });
}

function labelOf(key: string): string {
  return key.slice(0, key.indexOf('\n'));
}

function origin(machine: Machine, object: Made): { label: string; site: Site; madeBy: string | null } {
  if (isKind(object, 'instance')) {
    const { name, definition } = object.cls;
    return { label: name, site: definition.site, madeBy: name };
  }
  const variable = machine.variables.get(object);
  const from = machine.origins.get(object);
  if (from?.fn?.site) return { label: from.fn.name, site: from.fn.site, madeBy: from.fn.name };
  if (variable) return { label: variable.name, site: variable.site, madeBy: null };
  const site = from?.site ?? machine.nowhere;
  const text = site.owner.text.slice(site.start, site.end);
  return { label: text.slice(text.lastIndexOf('.') + 1), site, madeBy: null };
}
