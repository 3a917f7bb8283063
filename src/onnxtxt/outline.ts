import type { TextRange, TextSymbol } from '../protocol/text';
import type { Lines } from './lines';
import type { NodePlace, Places, Span } from './places';

/** Entries under one heading: a list of more is divided, so that it can be scrolled. */
const GROUP = 500;

/**
 * Entries of an outline; an editor shows each as a row and asks for all of them at once. Of what is beyond, only the
 * headings are listed (CWE-770).
 */
const MAX_ENTRIES = 10_000;

/** The outline of a text: graphs and functions with their inputs, stored tensors, outputs and nodes. */
export function outline({ graphs, nodes, mentions }: Places, lines: Lines): TextSymbol[] {
  let left = MAX_ENTRIES;
  const range = ({ start, end }: Span): TextRange => ({
    start: lines.position(start),
    end: lines.position(Math.max(start, end)),
  });
  const symbol = (
    kind: TextSymbol['kind'],
    name: string,
    detail: string,
    whole: Span,
    selection: Span,
    children: TextSymbol[] = [],
  ): TextSymbol => {
    left--;
    // An entry without a name is refused by editors.
    return {
      kind,
      name: name || '(unnamed)',
      detail,
      range: range(whole),
      selection: range(selection),
      children,
    };
  };
  const inner = new Map<number, number[]>();
  for (const [index, { node }] of graphs.entries()) {
    if (node === null) continue;
    const list = inner.get(node);
    if (list) list.push(index);
    else inner.set(node, [index]);
  }
  const ofNode = (node: NodePlace, index: number): TextSymbol => {
    const children = (inner.get(index) ?? []).flatMap(ofGraph);
    return symbol('node', node.label, operator(node), node, node.operator, children);
  };
  const ofGraph = (index: number): TextSymbol[] => {
    const graph = graphs[index];
    if (graph === undefined) return [];
    const own: { at: Span; make: () => TextSymbol }[] = [];
    for (let at = graph.firstMention; at < graph.endMention; at++) {
      const mention = mentions[at];
      if (mention?.graph !== index) continue;
      const { role, name } = mention;
      if (role !== 'input' && role !== 'output' && role !== 'initializer') continue;
      own.push({ at: mention, make: () => symbol(role, name, role, mention, mention) });
    }
    for (let at = graph.firstNode; at < graph.endNode; at++) {
      const node = nodes[at];
      if (node?.graph !== index || node.position < 0) continue;
      own.push({ at: node, make: () => ofNode(node, at) });
    }
    const kind = graph.domain === null ? 'graph' : 'function';
    return [symbol(kind, graph.text, graph.domain || kind, graph, graph.name, grouped(own))];
  };
  /** All entries, or headings over as many as are listed under each. */
  const grouped = (own: readonly { at: Span; make: () => TextSymbol }[]): TextSymbol[] => {
    if (own.length <= GROUP) return left >= own.length ? own.map(({ make }) => make()) : [];
    const groups: TextSymbol[] = [];
    for (let from = 0; from < own.length; from += GROUP) {
      const members = own.slice(from, from + GROUP);
      const [first] = members;
      const last = members.at(-1);
      if (!first || !last) continue;
      const whole = { start: first.at.start, end: last.at.end };
      const title = `${from + 1} – ${from + members.length}`;
      const children = left >= members.length ? members.map(({ make }) => make()) : [];
      groups.push(symbol('group', title, '', whole, { start: whole.start, end: whole.start }, children));
    }
    return groups;
  };
  return graphs.flatMap(({ parent }, index) => (parent === null ? ofGraph(index) : []));
}

function operator({ domain, op }: NodePlace): string {
  return domain === '' ? op : `${domain}.${op}`;
}
