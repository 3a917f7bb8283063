import { Cursor } from './cursor';
import { type ParsedGraph, parseGraph } from './parseGraph';
import { parsePairs, parseScalar } from './parseValues';
import type { Places } from './places';
import type { Entry, TextFunction, TextGraph, TextModel } from './syntax';

export interface ParsedText {
  readonly model: TextModel;
  readonly places: Places;
}

/**
 * Reads a text in ONNX's textual syntax. What cannot be read is listed among the places' problems and left out; the
 * rest is read all the same, so that an editor can show it. Never throws.
 */
export function parseText(source: string): ParsedText {
  const cursor = new Cursor(source);
  let header: Entry[] = [];
  let graph: TextGraph | undefined;
  const functions: TextFunction[] = [];
  while (cursor.kind !== 'end') {
    const { start } = cursor;
    const read = cursor.attempt(() => {
      const entries = cursor.kind === '<' ? parseHeader(cursor) : [];
      const isMain = graph === undefined;
      const { attributes, ...parsed }: ParsedGraph = parseGraph(cursor, {
        domain: isMain ? null : domainOf(entries),
        start,
      });
      if (isMain) {
        header = entries;
        graph = parsed;
      } else functions.push({ header: entries, attributes, ...parsed });
    });
    if (read) continue;
    skipToNext(cursor);
    if (cursor.start === start) cursor.skip();
  }
  if (graph === undefined) cursor.report({ start: 0, end: 0 }, 'There is no graph');
  return { model: { header, graph: graph ?? NOTHING, functions }, places: cursor.places };
}

const NOTHING: TextGraph = { name: '', inputs: [], outputs: [], values: [], nodes: [] };

function domainOf(entries: readonly Entry[]): string {
  const value = entries.find(({ key }) => key === 'domain')?.value;
  return typeof value === 'string' ? value : '';
}

/** To the next line without indentation that could begin a header or a function. */
function skipToNext(cursor: Cursor): void {
  cursor.skip();
  while (cursor.kind !== 'end' && !(cursor.atLineBegin && (cursor.kind === '<' || cursor.atName)))
    cursor.skip();
}

function parseHeader(cursor: Cursor): Entry[] {
  const entries: Entry[] = [];
  const { start } = cursor;
  cursor.expect('<');
  while (!cursor.at('>', 'end')) {
    const before = cursor.start;
    const read = cursor.attempt(() => {
      const key = cursor.word('a keyword');
      cursor.expect(':');
      const value = cursor.kind === '[' ? parsePairs(cursor) : parseScalar(cursor);
      if (typeof value !== 'number') entries.push({ key, value });
      if (!cursor.at('>')) cursor.expect(',', `',' or '>'`);
    });
    if (read) continue;
    cursor.skipLines();
    if (cursor.at('{', '}')) break;
    if (cursor.start === before) cursor.skip();
  }
  cursor.expect('>');
  cursor.places.lists.push({ start, end: cursor.behind });
  return entries;
}
