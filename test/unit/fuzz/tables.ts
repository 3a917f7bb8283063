import { type Field, fieldsOf } from '../../../src/formats/tflite/schema';
import { below, oddBytes, oddFloat, oddInteger, oddText, pick, type Random } from './odd';

type Made = Record<string, unknown>;

const NEW_DEPTH = 3;

/** As `damageMessage`, for the tables of a flatbuffer. */
export function damageTables(
  table: string,
  root: object,
  random: Random,
  words: readonly string[],
  edits: number,
): void {
  const all: [string, Made][] = [];
  collect(table, root as Made, all);
  for (let edit = 0; edit < edits; edit++) {
    const [name, one] = pick(random, all);
    damageOne(name, one, random, words);
  }
}

function collect(table: string, value: Made, all: [string, Made][]): void {
  all.push([table, value]);
  for (const { key, type } of fieldsOf(table)) {
    const content = value[key];
    if (content === undefined) continue;
    if (type.kind === 'table') collect(type.table, content as Made, all);
    if (type.kind === 'tables') for (const one of content as Made[]) collect(type.table, one, all);
    if (type.kind === 'union') {
      const union = content as { table: string; value: Made };
      collect(union.table, union.value, all);
    }
  }
}

function damageOne(table: string, value: Made, random: Random, words: readonly string[]): void {
  const fields = fieldsOf(table);
  if (fields.length === 0) return;
  const set = fields.filter(({ key }) => value[key] !== undefined);
  const field = set.length > 0 && random() < 0.75 ? pick(random, set) : pick(random, fields);
  const old = value[field.key];
  if (old !== undefined && random() < 0.1) delete value[field.key];
  else if (Array.isArray(old)) value[field.key] = damagedList(old, field, random, words);
  else value[field.key] = newValue(field, random, words, 0);
}

function damagedList(
  old: readonly unknown[],
  field: Field,
  random: Random,
  words: readonly string[],
): unknown[] {
  const items = [...old];
  const at = below(random, items.length + 1);
  switch (below(random, 5)) {
    case 0:
      items.splice(at, 1 + below(random, 3));
      break;
    case 1:
      items.splice(at, 0, ...structuredClone(items.slice(at, at + 1 + below(random, 3))));
      break;
    case 2:
      items.push(...items.splice(at, 1));
      break;
    default:
      items.splice(at, below(random, 2), ...(newValue(field, random, words, 0) as unknown[]).slice(0, 1));
  }
  return items;
}

function newValue({ type }: Field, random: Random, words: readonly string[], depth: number): unknown {
  const list = <T>(one: () => T) => Array.from({ length: 1 + below(random, 3) }, one);
  switch (type.kind) {
    case 'scalar':
      return oddScalar(type.scalar, random);
    case 'scalars':
      return list(() => oddScalar(type.scalar, random));
    case 'string':
      return oddText(random, words);
    case 'strings':
      return list(() => oddText(random, words));
    case 'bytes':
      return oddBytes(random);
    case 'table':
      return newTable(type.table, random, words, depth);
    case 'tables':
      return list(() => newTable(type.table, random, words, depth));
    case 'union': {
      const table = pick(random, type.members);
      return { table, value: newTable(table, random, words, depth) };
    }
  }
}

function newTable(table: string, random: Random, words: readonly string[], depth: number): Made {
  const made: Made = {};
  const fields = fieldsOf(table);
  if (depth >= NEW_DEPTH || fields.length === 0) return made;
  for (let count = below(random, 4); count > 0; count--) {
    const field = pick(random, fields);
    made[field.key] = newValue(field, random, words, depth + 1);
  }
  return made;
}

const BITS = { byte: 7, ubyte: 8, short: 15, ushort: 16, int: 31, uint: 32, long: 53, ulong: 53 } as const;

function oddScalar(scalar: string, random: Random): number | boolean {
  if (scalar === 'bool') return random() < 0.5;
  if (scalar === 'float' || scalar === 'double') return oddFloat(random);
  const max = 2n ** BigInt(BITS[scalar as keyof typeof BITS]) - 1n;
  return Number(oddInteger(random, scalar.startsWith('u') ? 0n : -max, max));
}
