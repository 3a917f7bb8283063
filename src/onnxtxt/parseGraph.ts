import type { Cursor } from './cursor';
import { parseAttribute, parseAttributes, parseValue } from './parseValues';
import type { Role } from './places';
import type { TextAttribute, TextFunction, TextNode, TextValue } from './syntax';

/** What was read of a graph or, with attributes of its caller, of a function. */
export interface ParsedGraph extends Omit<TextFunction, 'header'> {
  /** Index of its place. */
  readonly place: number;
}

/**
 * A graph: name, inputs, outputs, values, nodes. `function` has the domain where it is a function, and where its
 * header begins.
 *
 * @throws UNREADABLE before its nodes; what is wrong with one of them is reported, and the others are read.
 */
export function parseGraph(
  cursor: Cursor,
  { domain, start }: { domain: string | null; start: number | null } = { domain: null, start: null },
): ParsedGraph {
  return cursor.nested(() => {
    const outer = cursor.places.graphs.length === 0 || domain !== null ? null : cursor.graph;
    const { graph: before, node } = cursor;
    const nameStart = cursor.start;
    const name = cursor.name('the name of a graph');
    const place = cursor.openGraph({
      name: { start: nameStart, end: cursor.behind },
      text: name,
      parent: outer,
      domain,
      node: outer === null ? null : node,
      start: start ?? nameStart,
    });
    const index = cursor.graph;
    cursor.node = null;
    const attributes = cursor.at('<') ? parseParameters(cursor) : [];
    const inputs = cursor.at('(') ? parseValues(cursor, '(', ')', 'input') : [];
    cursor.expect('=>');
    const outputs = parseValues(cursor, '(', ')', 'output');
    const listStart = cursor.start;
    const values = cursor.at('<') ? parseValues(cursor, '<', '>', 'typed') : [];
    if (values.length > 0) cursor.places.lists.push({ start: listStart, end: cursor.behind });
    const nodes = parseNodes(cursor);
    place.end = cursor.behind;
    place.endNode = cursor.places.nodes.length;
    place.endMention = cursor.places.mentions.length;
    cursor.graph = before;
    cursor.node = node;
    return { place: index, name, attributes, inputs, outputs, values, nodes };
  });
}

/** Attributes that a function's caller sets: names, some with a type and a default. */
function parseParameters(cursor: Cursor): (string | TextAttribute)[] {
  const parameters: (string | TextAttribute)[] = [];
  cursor.expect('<');
  if (cursor.take('>')) return parameters;
  do {
    const name = cursor.name('an attribute');
    parameters.push(cursor.at(':') || cursor.at('=') ? parseAttribute(cursor, name) : name);
  } while (cursor.take(','));
  cursor.expect('>');
  return parameters;
}

function parseValues(cursor: Cursor, open: '(' | '<', close: ')' | '>', role: Role): TextValue[] {
  const values: TextValue[] = [];
  cursor.expect(open);
  while (!cursor.at(close, 'end')) {
    const { start } = cursor;
    const read = cursor.attempt(() => {
      values.push(parseValue(cursor, role));
      if (!cursor.at(close)) cursor.expect(',', `',' or '${close}'`);
    });
    if (read) continue;
    // The next value begins behind a comma or, as texts mostly have it, on a line of its own.
    while (!cursor.lineStart && !cursor.at(',', close, 'end')) cursor.skip();
    if (!cursor.take(',') && cursor.start === start) cursor.skip();
    if (cursor.at('{', '}', '=>')) break;
  }
  cursor.expect(close);
  return values;
}

function parseNodes(cursor: Cursor): TextNode[] {
  const nodes: TextNode[] = [];
  const { graph } = cursor;
  cursor.expect('{');
  while (!cursor.at('}', 'end')) {
    const { start } = cursor;
    if (cursor.attempt(() => nodes.push(parseNode(cursor, graph, nodes.length)))) continue;
    // What began may have ended with its line, without what it lacks.
    cursor.backToLine(start);
    if (cursor.lineStart && cursor.start > start) continue;
    cursor.skipLines();
    if (cursor.start === start && !cursor.at('}')) cursor.skip();
  }
  if (!cursor.take('}')) {
    cursor.report({ start: cursor.start, end: cursor.start }, `'}' is missing`);
  }
  return nodes;
}

function parseNode(cursor: Cursor, graph: number, position: number): TextNode {
  const { start, places } = cursor;
  // Its place in the list is kept free, since graphs inside it have nodes as well.
  const index = places.nodes.length;
  const place = {
    start,
    end: start,
    graph,
    position: -1,
    operator: { start, end: start },
    domain: '',
    op: '',
    label: '',
  };
  places.nodes.push(place);
  cursor.node = index;
  const name = parseLabel(cursor);
  const outputs = cursor.at('=') ? [] : parseNames(cursor, '=', 'given');
  cursor.expect('=');
  const operator = { start: cursor.start, end: cursor.start };
  const parts = [cursor.name('an operator')];
  while (cursor.take('.')) parts.push(cursor.name('an operator'));
  operator.end = cursor.behind;
  const op = parts.pop() ?? '';
  const domain = parts.join('.');
  const overload = cursor.take(':') ? cursor.name('an overload') : '';
  Object.assign(place, {
    operator,
    domain,
    op,
    label: name ?? outputs.find((output) => output !== '') ?? op,
  });
  let attributes = cursor.at('<') ? parseAttributes(cursor) : [];
  cursor.expect('(');
  const inputs = parseNames(cursor, ')', 'taken');
  cursor.expect(')');
  if (attributes.length === 0 && cursor.at('<')) attributes = parseAttributes(cursor);
  Object.assign(place, { end: cursor.behind, position });
  cursor.node = null;
  return { name, domain, op, overload, inputs, outputs, attributes };
}

function parseLabel(cursor: Cursor): string | null {
  if (!cursor.take('[')) return null;
  const name = cursor.atName ? cursor.name('a name') : '';
  cursor.expect(']');
  return name;
}

/** Names with commas between them; nothing before a comma is a name that is left out. */
function parseNames(cursor: Cursor, close: '=' | ')', role: Role): string[] {
  const names: string[] = [];
  while (!cursor.at(close)) {
    names.push(cursor.at(',') ? '' : cursor.mention(role));
    if (!cursor.take(',') && !cursor.at(close)) cursor.fail(`',' or '${close}' is missing`);
  }
  return names;
}
