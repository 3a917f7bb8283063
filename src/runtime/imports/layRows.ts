import type { ModelFile } from '../../formats/format';
import type { PlacedRows, RowOwner } from '../../formats/profiling';
import { itemAt } from '../../model/assert';
import type { InferredGraph } from '../../model/inference';
import type { Node } from '../../model/model';
import { enteredBodies, type NodeId } from '../../model/nodeId';
import type { ImportedLayer, ImportedRow } from '../../protocol/imported';
import type { MeasuredRow } from './measurements';

export interface LaidRows {
  /** All nodes in the order of the model. */
  readonly layers: ImportedLayer[];
  /** Rows that are no layer's, or of which it cannot be told whose they are. */
  readonly others: ImportedRow[];
  /** Whose each row is. */
  readonly owners: readonly RowOwner[];
  readonly notes: readonly string[];
}

const NOTHING: PlacedRows = { owners: [], fates: new Map(), notes: [] };

/** Rows that were measured elsewhere, given to the layers whose they certainly are. */
export function layRows(file: ModelFile, inferred: InferredGraph, rows: readonly MeasuredRow[]): LaidRows {
  const placed = file.format.profiling?.placeRows?.(file, inferred, rows) ?? NOTHING;
  const sum = rows.reduce((total, { ms }) => total + (ms ?? 0), 0);
  const shareOf = (ms: number | null) => (ms === null || sum === 0 ? null : ms / sum);
  const others = rows.flatMap((row, index): ImportedRow[] => {
    const { kind } = itemAt(placed.owners, index);
    if (kind === 'layer') return [];
    const { name, op, ms } = row;
    return [{ name, op, ms, share: shareOf(ms), kind: kind === 'engine' ? kind : 'unattributed' }];
  });
  return {
    layers: layersOf(inferred, rows, placed, shareOf),
    others,
    owners: placed.owners,
    notes: [...placed.notes, ...notesOf(others, rows)],
  };
}

function layersOf(
  inferred: InferredGraph,
  rows: readonly MeasuredRow[],
  { owners, fates }: PlacedRows,
  shareOf: (ms: number | null) => number | null,
): ImportedLayer[] {
  const times = new Map<NodeId, number | null>();
  rows.forEach(({ ms }, index) => {
    const owner = itemAt(owners, index);
    if (owner.kind !== 'layer') return;
    const before = times.get(owner.id);
    // A part that is not known leaves the whole unknown.
    times.set(owner.id, before === undefined ? ms : before === null || ms === null ? null : before + ms);
  });
  const nodes = [...nodesOf(inferred, '')];
  const names = new Map(nodes.map(({ id, node }) => [id, node.name]));
  return nodes.map(({ id, node: { name, op } }): ImportedLayer => {
    const ms = times.get(id) ?? null;
    const fate = times.has(id) ? undefined : fates.get(id);
    const layer = { id, name, op, ms, share: shareOf(ms) };
    if (fate === undefined) return layer;
    if ('words' in fate) return { ...layer, fusedInto: fate.words };
    return { ...layer, fusedInto: names.get(fate.layer) ?? '', fusedIntoId: fate.layer };
  });
}

/** Each node of the main graph, followed by those of the bodies that it enters. */
function* nodesOf(graph: InferredGraph, path: string): Generator<{ id: NodeId; node: Node }> {
  for (const [index, entry] of graph.nodes.entries()) {
    const id = `${path}${index}`;
    yield { id, node: entry.node };
    for (const entered of enteredBodies(id, entry)) yield* nodesOf(entered.body, entered.path);
  }
}

function notesOf(others: readonly ImportedRow[], rows: readonly MeasuredRow[]): string[] {
  const unattributed = others.filter(({ kind }) => kind === 'unattributed');
  if (unattributed.length === 0) return [];
  const inside = unattributed.some(({ name }) => name.startsWith('Delegate/'));
  return [
    `${unattributed.length} of ${rows.length} rows may be layers of the model, but the file does not say which${
      inside
        ? ': a delegate names only kinds of operators. Run benchmark_model with --use_xnnpack=false for times a layer, of other kernels'
        : ''
    }.`,
  ];
}
