import { BITS } from '../model/dataType';

/** Types that the syntax names otherwise than the rest of the product; `undefined` is a type that nobody knows. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['float32', 'float'],
  ['float64', 'double'],
]);

/** Words that begin a type of several parts. */
export const TYPE_WORDS = ['seq', 'map', 'optional', 'sparse_tensor', 'opaque', 'quantized'] as const;

const elementOfWord = new Map<string, string>([
  ...Object.keys(BITS).map((type): [string, string] => [RENAMED.get(type) ?? type, type]),
  ['undefined', 'undefined'],
]);

/** The element type that a word means; undefined when it is none. */
export function elementType(word: string): string | undefined {
  return elementOfWord.get(word);
}

export function elementWord(type: string): string {
  return RENAMED.get(type) ?? type;
}

/** Words that a reader takes for a type or a number where a name could stand, so that such names are quoted. */
const RESERVED: ReadonlySet<string> = new Set([
  ...elementOfWord.keys(),
  ...TYPE_WORDS,
  'nan',
  'inf',
  'infinity',
]);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name as it stands in a text: quoted unless it is an identifier. */
export function nameText(name: string): string {
  return IDENTIFIER.test(name) && !RESERVED.has(name) ? name : quoted(name);
}

/** Characters that end a line, move a terminal's cursor or hide text; and the marks of the syntax itself. */
const SPECIAL = /["\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** What most names are made of. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * In quotes, on one line whatever it holds: control characters as `\u{hexadecimal}`, which ONNX's own syntax does not
 * have.
 */
export function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const inside = text.replace(SPECIAL, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${inside}"`;
}

/** What stands between quotes, escapes resolved: a backslash makes any character stand for itself. */
export function unquoted(inside: string): string {
  if (!inside.includes('\\')) return inside;
  return inside.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|([\s\S]))/g,
    (whole, code: string, character: string) => {
      if (code === undefined) return character;
      const point = Number.parseInt(code, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole.slice(1);
    },
  );
}
