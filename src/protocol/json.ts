import { printableJson } from './printable';

/** Values, nested ones included, that are written in one piece. */
const SMALL = 200;

/**
 * JSON in pieces, indented by two spaces as `JSON.stringify` does it: one string holds 512 MB, and a report of a
 * million layers is larger. Takes plain objects, as reports are.
 */
export function* jsonPieces(value: unknown, indent = ''): Generator<string> {
  if (isSmall(value)) {
    const json = JSON.stringify(value, null, 2) ?? 'null';
    yield printableJson(json).replaceAll('\n', `\n${indent}`);
    return;
  }
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  let separator = isList ? '[' : '{';
  for (const [key, item] of isList ? value.entries() : Object.entries(value as object)) {
    if (!isList && item === undefined) continue;
    const name = isList ? '' : `${printableJson(JSON.stringify(key))}: `;
    yield `${separator}\n${inner}${name}`;
    yield* jsonPieces(item, inner);
    separator = ',';
  }
  const isEmpty = separator !== ',';
  yield `${isEmpty ? separator : `\n${indent}`}${isList ? ']' : '}'}`;
}

/** The same as a text, which ends with a line end. */
export function* jsonLines(report: object): Generator<string> {
  yield* jsonPieces(report);
  yield '\n';
}

function isSmall(value: unknown): boolean {
  let left = SMALL;
  const fits = (one: unknown): boolean => {
    if (--left < 0) return false;
    // Objects of reports have a few fields, their lists any number of items.
    if (Array.isArray(one)) return one.length <= left && one.every(fits);
    return typeof one !== 'object' || one === null || Object.values(one).every(fits);
  };
  return fits(value);
}
