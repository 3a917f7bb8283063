import type { DescField, DescMessage, Message, ScalarType } from '@bufbuild/protobuf';
import { create, ScalarType as Scalar } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { below, oddBytes, oddFloat, oddInteger, oddText, pick, type Random } from './odd';

/** Levels of new messages within each other. */
const NEW_DEPTH = 3;

/**
 * Damages a message by its schema: fields get odd values, are removed, doubled, moved, or made anew with whatever
 * the schema allows in them. What comes out is well formed, so that it gets past decoders to what looks at it.
 *
 * @param words that mean something in such a file, such as names of operators
 */
export function damageMessage(
  schema: DescMessage,
  message: Message,
  random: Random,
  words: readonly string[],
  edits: number,
): void {
  const own = new Set(words);
  const all: ReflectMessage[] = [];
  collect(reflect(schema, message), all, own);
  const vocabulary = [...own];
  for (let edit = 0; edit < edits; edit++) damageOne(pick(random, all), random, vocabulary);
}

/** A message with whatever its schema allows in some of its fields. */
export function oddMessage(schema: DescMessage, random: Random, words: readonly string[]): Message {
  return newMessage(schema, random, words, 0).message;
}

function collect(message: ReflectMessage, all: ReflectMessage[], words: Set<string>): void {
  all.push(message);
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const value = message.get(field);
    for (const one of valuesOf(field, value)) {
      if (typeof one === 'string') words.add(one);
      else if (isReflected(one)) collect(one, all, words);
    }
  }
}

function* valuesOf(field: DescField, value: unknown): Generator<unknown> {
  if (field.fieldKind === 'list') yield* value as Iterable<unknown>;
  else if (field.fieldKind === 'map') for (const [, one] of value as Iterable<[unknown, unknown]>) yield one;
  else yield value;
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === 'object' && value !== null && 'desc' in value && 'message' in value;
}

function damageOne(message: ReflectMessage, random: Random, words: readonly string[]): void {
  if (message.fields.length === 0) return;
  const set = message.fields.filter((field) => message.isSet(field));
  const field = set.length > 0 && random() < 0.7 ? pick(random, set) : pick(random, message.fields);
  if (field.fieldKind === 'list') damageList(message, field, random, words);
  else if (message.isSet(field) && random() < 0.2) message.clear(field);
  else if (field.fieldKind !== 'map') message.set(field, newValue(field, random, words, 0));
}

function damageList(
  message: ReflectMessage,
  field: DescField & { fieldKind: 'list' },
  random: Random,
  words: readonly string[],
): void {
  const list = message.get(field);
  const items = [...list];
  const at = below(random, items.length + 1);
  switch (below(random, 5)) {
    case 0:
      items.splice(at, 1 + below(random, 3));
      break;
    case 1:
      items.splice(at, 0, ...items.slice(at, at + 1 + below(random, 3)));
      break;
    case 2:
      items.push(...items.splice(at, 1));
      break;
    default:
      items.splice(at, below(random, 2), newItem(field, random, words, 0));
  }
  list.clear();
  for (const item of items) list.add(item);
}

function newItem(
  field: DescField & { fieldKind: 'list' },
  random: Random,
  words: readonly string[],
  depth: number,
): unknown {
  if (field.listKind === 'message') return newMessage(field.message, random, words, depth);
  if (field.listKind === 'enum') return oddEnum(field.enum.values, random);
  return oddScalar(field.scalar, random, words);
}

function newValue(field: DescField, random: Random, words: readonly string[], depth: number): unknown {
  if (field.fieldKind === 'message') return newMessage(field.message, random, words, depth);
  if (field.fieldKind === 'enum') return oddEnum(field.enum.values, random);
  if (field.fieldKind === 'scalar') return oddScalar(field.scalar, random, words);
  throw new Error(`${field.name} is made of more than one value.`);
}

function newMessage(
  schema: DescMessage,
  random: Random,
  words: readonly string[],
  depth: number,
): ReflectMessage {
  const message = reflect(schema, create(schema));
  if (depth >= NEW_DEPTH || message.fields.length === 0) return message;
  for (let count = below(random, 4); count > 0; count--) {
    const field = pick(random, message.fields);
    if (field.fieldKind === 'map') continue;
    if (field.fieldKind === 'list') message.get(field).add(newItem(field, random, words, depth + 1));
    else message.set(field, newValue(field, random, words, depth + 1));
  }
  return message;
}

function oddEnum(values: readonly { readonly number: number }[], random: Random): number {
  return random() < 0.9 ? pick(random, values).number : Number(oddInteger(random, 0n, 2n ** 31n - 1n));
}

const RANGES = new Map<ScalarType, readonly [bigint, bigint]>([
  [Scalar.INT32, [-(2n ** 31n), 2n ** 31n - 1n]],
  [Scalar.SINT32, [-(2n ** 31n), 2n ** 31n - 1n]],
  [Scalar.UINT32, [0n, 2n ** 32n - 1n]],
  [Scalar.INT64, [-(2n ** 63n), 2n ** 63n - 1n]],
  [Scalar.SINT64, [-(2n ** 63n), 2n ** 63n - 1n]],
  [Scalar.UINT64, [0n, 2n ** 64n - 1n]],
]);

function oddScalar(type: ScalarType, random: Random, words: readonly string[]): unknown {
  switch (type) {
    case Scalar.STRING:
      return oddText(random, words);
    case Scalar.BOOL:
      return random() < 0.5;
    case Scalar.BYTES:
      return oddBytes(random);
    case Scalar.FLOAT:
    case Scalar.DOUBLE:
      return oddFloat(random);
    default: {
      const [min, max] = RANGES.get(type) ?? [0n, 2n ** 31n - 1n];
      const value = oddInteger(random, min, max);
      return max > 2n ** 32n ? value : Number(value);
    }
  }
}
