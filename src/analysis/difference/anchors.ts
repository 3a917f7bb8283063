import type { EnteredGraph } from '../rows';
import { producersOf, type Side, type SideRow } from './side';

/** Anchors that are kept of a row: more of them tell no more where it is. */
const MAX_ANCHORS = 8;

/** Where a row lies among the rows whose places are known. */
export interface Place {
  /** The nearest anchors before it and behind it, past all other rows. */
  readonly above: string;
  readonly below: string;
}

/**
 * Where the rows of one graph lie. Rows that have an anchor's name are anchors; so are the graph's ends, by their
 * sizes. Takes time by the number of uses, however long the ways to the anchors are.
 */
export function placesOf(
  side: Side,
  rows: readonly SideRow[],
  anchorOf: (row: SideRow) => string | undefined,
): Map<SideRow, Place> {
  const above = new Map<SideRow, Set<string>>();
  const below = new Map<SideRow, Set<string>>();
  const own = new Set(rows);
  for (const row of rows) {
    const found = new Set<string>();
    for (const producer of new Set(producersOf(side, row))) {
      if (own.has(producer)) addAll(found, seenFrom(producer, above, anchorOf));
    }
    for (const name of row.place.entry.node.inputs) addEnd(found, 'in', row.place.graph, name);
    above.set(row, found);
  }
  for (const row of rows.toReversed()) {
    const found = below.get(row) ?? new Set();
    below.set(row, found);
    for (const name of row.place.entry.node.outputs) addEnd(found, 'out', row.place.graph, name);
    const passedOn = seenFrom(row, below, anchorOf);
    for (const producer of new Set(producersOf(side, row))) {
      if (!own.has(producer)) continue;
      const list = below.get(producer) ?? new Set();
      below.set(producer, list);
      addAll(list, passedOn);
    }
  }
  const text = (found: ReadonlySet<string> | undefined) => [...(found ?? [])].sort().join();
  return new Map(rows.map((row) => [row, { above: text(above.get(row)), below: text(below.get(row)) }]));
}

/** What a neighbour of the row sees there: the row itself where it is an anchor, else what it sees. */
function seenFrom(
  row: SideRow,
  found: ReadonlyMap<SideRow, ReadonlySet<string>>,
  anchorOf: (row: SideRow) => string | undefined,
): Iterable<string> {
  const anchor = anchorOf(row);
  return anchor === undefined ? (found.get(row) ?? []) : [anchor];
}

function addAll(anchors: Set<string>, more: Iterable<string>): void {
  for (const anchor of more) {
    if (anchors.size >= MAX_ANCHORS) return;
    anchors.add(anchor);
  }
}

/** Formats disagree about the order of inputs and outputs, and about their names. */
function addEnd(anchors: Set<string>, end: 'in' | 'out', { inferred }: EnteredGraph, name: string): void {
  if (name === '' || anchors.size >= MAX_ANCHORS) return;
  const names = endsOf(inferred, end);
  if (!names.has(name)) return;
  const shape = inferred.tensors.get(name)?.shape;
  const sizes = shape?.map((size) => size ?? -1).filter((size) => size !== 1);
  anchors.add(`${end} ${sizes?.sort((a, b) => a - b).join('x')}`);
}

const cache = new WeakMap<object, { in: ReadonlySet<string>; out: ReadonlySet<string> }>();

function endsOf({ graph }: EnteredGraph['inferred'], end: 'in' | 'out'): ReadonlySet<string> {
  let ends = cache.get(graph);
  if (ends === undefined) {
    const names = (list: typeof graph.inputs) => new Set(list.map(({ name }) => name));
    ends = { in: names(graph.inputs), out: names(graph.outputs) };
    cache.set(graph, ends);
  }
  return ends[end];
}
