import { getNodeValue, type Node } from 'jsonc-parser';
import { exampleOf, quantityOf, type Unit } from './quantities';
import type { Source } from './syntax';

/** A property: where its key stands, and its value. */
export interface Entry {
  readonly key: Node;
  readonly value: Node;
}

/** Names and globs in one list; more than anybody writes by hand. */
const MAX_NAMES = 10_000;
/** Of a name or path. */
const MAX_LENGTH = 4096;

/** Properties of an object in their order. @throws ConfigError where it is none, or has one twice. */
export function entriesOf(source: Source, node: Node): [string, Entry][] {
  if (node.type !== 'object') throw source.error(node, 'an object is expected here: { … }.');
  const entries = new Map<string, Entry>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) throw source.error(property, 'a value is missing here.');
    const name = String(key.value);
    if (entries.has(name)) throw source.error(key, `"${name}" stands here twice.`);
    entries.set(name, { key, value });
  }
  return [...entries];
}

/** The same, of which all names are known. @throws ConfigError for one that is not, with the one that was probably meant. */
export function fieldsOf(source: Source, node: Node, names: readonly string[]): Map<string, Entry> {
  const entries = entriesOf(source, node);
  for (const [name, { key }] of entries) {
    if (names.includes(name)) continue;
    const meant = names.find((one) => one.toLowerCase() === name.toLowerCase()) ?? nearest(name, names);
    throw source.error(
      key,
      meant === undefined
        ? `"${name}" is not known: it can be ${names.filter((one) => one !== '$schema').join(', ')}.`
        : `"${name}" is not known: is "${meant}" meant?`,
    );
  }
  return new Map(entries);
}

/** Items of a list. */
export function listOf(source: Source, node: Node, what: string, most: number): Node[] {
  if (node.type !== 'array') throw source.error(node, `a list is expected for ${what}: [ … ].`);
  const items = node.children ?? [];
  if (items.length > most) throw source.error(node, `this list has more than ${most} items.`);
  return items;
}

/** A text that is not empty. */
export function textOf(source: Source, node: Node, what: string): string {
  if (node.type !== 'string') throw source.error(node, `a text is expected for ${what}.`);
  const text = String(node.value);
  if (text.trim() === '' || text.length > MAX_LENGTH || text.includes('\0'))
    throw source.error(node, `this is no text for ${what}.`);
  return text;
}

/** One text, or a list of them that is not empty. */
export function namesOf(source: Source, node: Node, what: string): { name: string; node: Node }[] {
  const nodes = node.type === 'array' ? listOf(source, node, what, MAX_NAMES) : [node];
  if (nodes.length === 0) throw source.error(node, `${what} is expected here.`);
  return nodes.map((one) => ({ name: textOf(source, one, what), node: one }));
}

/** One of a few words. */
export function choiceOf<T extends string>(source: Source, node: Node, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === node.value);
  if (found !== undefined) return found;
  throw source.error(node, `this can be ${choices.join(', ')}.`);
}

/** A whole number within bounds. */
export function integerOf(source: Source, node: Node, what: string, low: number, high: number): number {
  const value: unknown = getNodeValue(node);
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw source.error(node, `a whole number from ${low} to ${high} is expected for ${what}.`);
}

/** A quantity with or without its unit. */
export function quantity(source: Source, node: Node, unit: Unit): number {
  const value = node.type === 'number' || node.type === 'string' ? quantityOf(node.value, unit) : null;
  if (value === null) throw source.error(node, `expected ${exampleOf(unit)}.`);
  return value;
}

/** A known name that differs in one letter or two that changed places; undefined: none. */
function nearest(name: string, names: readonly string[]): string | undefined {
  return names.find((one) => one.length > 3 && differsLittle(name, one));
}

function differsLittle(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 2;
}
