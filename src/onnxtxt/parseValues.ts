import type { Cursor } from './cursor';
import { elementType, TYPE_WORDS } from './names';
import { isFloatElement } from './numbers';
import { parseGraph } from './parseGraph';
import type { Role } from './places';
import {
  ATTRIBUTE_KINDS,
  type AttributeKind,
  type AttributeValue,
  type Pair,
  type Scalar,
  type TextAttribute,
  type TextData,
  type TextDims,
  type TextType,
  type TextValue,
} from './syntax';

/** A tensor with its type and, where one is written, its value. */
export function parseValue(cursor: Cursor, role: Role): TextValue {
  const type = atType(cursor) ? parseType(cursor) : null;
  const { start } = cursor;
  const name = cursor.name('a name');
  const end = cursor.behind;
  if (!cursor.take('=')) {
    cursor.note(name, role, { start, end });
    return { name, type };
  }
  cursor.note(name, role === 'typed' ? 'initializer' : role, { start, end });
  return { name, type, data: parseData(cursor, type) };
}

function atType(cursor: Cursor): boolean {
  if (cursor.kind !== 'word') return false;
  const { text } = cursor;
  return elementType(text) !== undefined || (TYPE_WORDS as readonly string[]).includes(text);
}

function parseType(cursor: Cursor): TextType {
  return cursor.nested(() => {
    if (!atType(cursor)) cursor.fail('a type is missing');
    const word = cursor.word('a type');
    const element = elementType(word);
    if (element !== undefined) return { kind: 'tensor', element, dims: parseDims(cursor) };
    cursor.expect('(');
    const type = parseTypeOfParts(cursor, word as (typeof TYPE_WORDS)[number]);
    cursor.expect(')');
    return type;
  });
}

function parseTypeOfParts(cursor: Cursor, word: (typeof TYPE_WORDS)[number]): TextType {
  switch (word) {
    case 'seq':
    case 'optional':
      return { kind: word, of: parseType(cursor) };
    case 'map': {
      const key = parseElement(cursor);
      cursor.expect(',');
      return { kind: 'map', key, of: parseType(cursor) };
    }
    case 'sparse_tensor':
      return { kind: 'sparse', element: parseElement(cursor), dims: parseDims(cursor) };
    case 'quantized': {
      const element = parseElement(cursor);
      const dims = parseDims(cursor);
      const how: TextAttribute[] = [];
      while (cursor.take(',')) how.push(parseAttribute(cursor));
      return { kind: 'quantized', element, dims, how };
    }
    case 'opaque': {
      let name = '';
      while (cursor.kind === 'word' || cursor.kind === '.' || cursor.kind === ',') {
        name += cursor.kind === ',' ? ', ' : cursor.text;
        cursor.skip();
      }
      return { kind: 'opaque', name };
    }
  }
}

function parseElement(cursor: Cursor): string {
  const element = elementType(cursor.text);
  if (element === undefined) cursor.fail('an element type is missing');
  cursor.skip();
  return element;
}

/** `[]` is an unknown rank, no brackets at all a scalar. */
function parseDims(cursor: Cursor): TextDims | null {
  if (!cursor.take('[')) return [];
  if (cursor.take(']')) return null;
  const dims: (number | string | null)[] = [];
  do {
    if (cursor.take('?')) dims.push(null);
    else if (cursor.atName) dims.push(cursor.name('a dimension'));
    else {
      const size = Number(cursor.text);
      cursor.expect('int', 'a dimension');
      dims.push(size >= 0 && Number.isSafeInteger(size) ? size : null);
    }
  } while (cursor.take(','));
  cursor.expect(']');
  return dims;
}

/** Elements in braces, or the file that holds them in brackets. */
function parseData(cursor: Cursor, type: TextType | null): TextData {
  if (cursor.kind === '[') return { external: parsePairs(cursor) };
  const isFloat = type !== null && 'element' in type && isFloatElement(type.element);
  const narrow = isFloat && !['float32', 'float64'].includes(type.element);
  cursor.expect('{', 'a value in braces');
  const elements: Scalar[] = [];
  if (cursor.take('}')) return { elements, complete: true };
  do {
    if (cursor.take('...')) {
      cursor.expect('}');
      return { elements, complete: false };
    }
    const scalar = parseScalar(cursor);
    // Of narrow types a whole number is the pattern of bits, as in ONNX.
    elements.push(isFloat && !narrow && typeof scalar === 'bigint' ? Number(scalar) : scalar);
  } while (cursor.take(','));
  cursor.expect('}');
  return { elements, complete: true };
}

export function parsePairs(cursor: Cursor): Pair[] {
  const pairs: Pair[] = [];
  cursor.expect('[');
  if (cursor.take(']')) return pairs;
  do {
    const key = cursor.string('a key in quotes');
    cursor.expect(':');
    const value = parseScalar(cursor);
    pairs.push([key, typeof value === 'number' ? String(value) : value]);
  } while (cursor.take(','));
  cursor.expect(']');
  return pairs;
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
]);

/** Digits of an integer: 64 bits have 20; reading a million of them would take seconds (CWE-407). */
const MAX_DIGITS = 40;

export function parseScalar(cursor: Cursor): Scalar {
  const { kind, text } = cursor;
  if (kind === 'string') return cursor.string('a value');
  if (kind === 'int' || kind === 'float' || (kind === 'word' && specialNumber(text) !== undefined)) {
    if (kind === 'int' && text.length > MAX_DIGITS) cursor.fail('this number is too long');
    cursor.skip();
    return kind === 'int' ? BigInt(text) : (specialNumber(text) ?? Number(text));
  }
  return cursor.fail('a value is missing');
}

function specialNumber(text: string): number | undefined {
  const negative = text.startsWith('-');
  const value = SPECIAL.get(text.slice(negative ? 1 : 0).toLowerCase());
  return value !== undefined && negative ? -value : value;
}

/** `<a: int = 1, b = [1, 2]>` */
export function parseAttributes(cursor: Cursor): TextAttribute[] {
  const attributes: TextAttribute[] = [];
  cursor.expect('<');
  if (cursor.take('>')) return attributes;
  do attributes.push(parseAttribute(cursor));
  while (cursor.take(','));
  cursor.expect('>');
  return attributes;
}

export function parseAttribute(cursor: Cursor, name = cursor.name('an attribute')): TextAttribute {
  const stated = cursor.take(':') ? parseKind(cursor) : null;
  cursor.expect('=');
  const value = floats(parseAttributeValue(cursor, stated), stated);
  return { name, kind: stated, value };
}

function parseKind(cursor: Cursor): AttributeKind {
  const { text } = cursor;
  const kind = ATTRIBUTE_KINDS.find((one) => one === text);
  if (kind === undefined) cursor.fail(`'${text.slice(0, 40)}' is no type of an attribute`);
  cursor.skip();
  return kind;
}

/** `2` is a float where the type says so. */
function floats(value: AttributeValue, kind: AttributeKind | null): AttributeValue {
  if (kind !== 'float' && kind !== 'floats') return value;
  if (value.kind === 'list') return { ...value, items: value.items.map((item) => floats(item, kind)) };
  return value.kind === 'scalar' && typeof value.value === 'bigint'
    ? { kind: 'scalar', value: Number(value.value) }
    : value;
}

const KIND_OF_SCALAR = { number: 'float', bigint: 'int', string: 'string' } as const;
const LIST_OF = {
  float: 'floats',
  int: 'ints',
  string: 'strings',
  tensor: 'tensors',
  graph: 'graphs',
  sparse_tensor: 'sparse_tensors',
  type_proto: 'type_protos',
} as const;

/** What kind an attribute is whose text does not say it; null where its value does not tell either. */
export function kindOf(value: AttributeValue): AttributeKind | null {
  switch (value.kind) {
    case 'scalar':
      return KIND_OF_SCALAR[typeof value.value as keyof typeof KIND_OF_SCALAR];
    case 'tensor':
      return value.type.kind === 'sparse' ? 'sparse_tensor' : 'tensor';
    case 'graph':
      return 'graph';
    case 'type':
      return 'type_proto';
    case 'list': {
      const [first] = value.items;
      const kind = first && kindOf(first);
      return kind && kind in LIST_OF ? LIST_OF[kind as keyof typeof LIST_OF] : null;
    }
    default:
      return null;
  }
}

function parseAttributeValue(cursor: Cursor, kind: AttributeKind | null): AttributeValue {
  if (cursor.take('...')) return { kind: 'elided' };
  if (cursor.kind === '[') return cursor.nested(() => parseList(cursor, kind));
  if (cursor.take('@')) return parseReference(cursor, kind);
  if (atType(cursor)) return parseTypeOrTensor(cursor);
  if (cursor.kind === 'word' && specialNumber(cursor.text) === undefined) {
    return { kind: 'graph', graph: parseGraph(cursor) };
  }
  if (cursor.kind === 'string' && (kind === 'graph' || kind === 'graphs')) {
    return { kind: 'graph', graph: parseGraph(cursor) };
  }
  return { kind: 'scalar', value: parseScalar(cursor) };
}

function parseReference(cursor: Cursor, kind: AttributeKind | null): AttributeValue {
  const { start } = cursor;
  const name = cursor.name('a name');
  if (kind === 'graph') cursor.note(name, 'function', { start, end: cursor.behind });
  return { kind: 'reference', name };
}

function parseTypeOrTensor(cursor: Cursor): AttributeValue {
  const type = parseType(cursor);
  if (!cursor.atName && cursor.kind !== '=' && cursor.kind !== '{') return { kind: 'type', type };
  const name = cursor.atName ? cursor.name('a name') : '';
  cursor.take('=');
  return { kind: 'tensor', name, type, data: parseData(cursor, type) };
}

function parseList(cursor: Cursor, kind: AttributeKind | null): AttributeValue {
  const items: AttributeValue[] = [];
  cursor.expect('[');
  if (cursor.take(']')) return { kind: 'list', items, complete: true };
  do {
    if (cursor.take('...')) {
      cursor.expect(']');
      return { kind: 'list', items, complete: false };
    }
    items.push(parseAttributeValue(cursor, kind));
  } while (cursor.take(','));
  cursor.expect(']');
  return { kind: 'list', items, complete: true };
}
