import { basename } from 'node:path';
import type { ModelFile } from '../../formats/format';
import type { PlacedRows, RowOwner } from '../../formats/profiling';
import { itemAt } from '../../model/assert';
import type { InferredGraph } from '../../model/inference';
import type { Node } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { enteredBodies, type NodeId } from '../../model/nodeId';
import type { ImportedLayer, ImportedProfile, ImportedRow } from '../../protocol/imported';
import { formatBytes } from '../../protocol/numbers';
import { CONTRACT_VERSION } from '../../protocol/reports';
import type { MeasuredRow, Measurements } from './measurements';

/** Files that differ by more than this fraction are of different models: sizes are given with three digits at least. */
const SAME_SIZE = 0.01;

interface Import {
  readonly file: ModelFile;
  readonly inferred: InferredGraph;
  /** Where the measurements were read from. */
  readonly source: string;
  /** What the user calls the device; null: nothing. */
  readonly name: string | null;
}

/**
 * Measurements laid over the nodes of a model. Throws ModelError where they are of another model: another format, another
 * size, or most rows that name something name nothing of it.
 */
export function importProfile(
  measured: Measurements,
  { file, inferred, source, name }: Import,
): ImportedProfile {
  checkModel(measured, file, source);
  const { rows } = measured;
  const placed = file.format.profiling?.placeRows?.(file, inferred, rows) ?? NOTHING;
  checkRows(placed.owners, file, source);
  const sum = rows.reduce((total, { ms }) => total + (ms ?? 0), 0);
  const shareOf = (ms: number | null) => (ms === null || sum === 0 ? null : ms / sum);
  const others = rows.flatMap((row, index): ImportedRow[] => {
    const { kind } = itemAt(placed.owners, index);
    if (kind === 'layer') return [];
    const { ms } = row;
    return [
      { name: row.name, op: row.op, ms, share: shareOf(ms), kind: kind === 'engine' ? kind : 'unattributed' },
    ];
  });
  const unattributed = others.filter(({ kind }) => kind === 'unattributed').length;
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    source,
    tool: measured.tool,
    device: { kind: 'imported', name: name ?? `imported from ${basename(source)}` },
    engine: measured.engine,
    threads: measured.threads,
    runs: measured.runs,
    latencyMs: measured.latency,
    rowStatistic: measured.rowStatistic,
    layers: rows.length === 0 ? [] : layersOf(inferred, rows, placed, shareOf),
    others,
    unattributed,
    notes: [...measured.notes, ...placed.notes, ...noteOf(unattributed, rows)],
  };
}

const NOTHING: PlacedRows = { owners: [], fates: new Map(), notes: [] };

function checkModel(
  { format, tool, modelBytes }: Measurements,
  { model, format: own }: ModelFile,
  source: string,
): void {
  const where = { file: source };
  if (format !== own.id)
    throw new ModelError(
      `It was measured by ${tool}, which does not run ${own.name} files: import it into the model that was run.`,
      where,
    );
  const bytes = model.fileBytes;
  if (modelBytes !== null && Math.abs(modelBytes - bytes) > SAME_SIZE * bytes)
    throw new ModelError(
      `It was measured on a model of ${formatBytes(modelBytes)}, and ${basename(model.file)} has ${formatBytes(bytes)}: import it into the model that was run.`,
      where,
    );
}

function checkRows(owners: readonly RowOwner[], { model }: ModelFile, source: string): void {
  const count = (wanted: RowOwner['kind']) => owners.filter(({ kind }) => kind === wanted).length;
  const foreign = count('foreign');
  const own = count('layer') + count('engine');
  if (foreign > own)
    throw new ModelError(
      `It was measured on another model: ${foreign} of its ${owners.length} rows name nothing of ${basename(model.file)}.`,
      { file: source },
    );
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

function noteOf(unattributed: number, rows: readonly MeasuredRow[]): string[] {
  if (unattributed === 0) return [];
  const inside = rows.some(({ name }) => name.startsWith('Delegate/'));
  return [
    `${unattributed} of ${rows.length} rows may be layers of the model, but the file does not say which${
      inside
        ? ': a delegate names only kinds of operators. Run benchmark_model with --use_xnnpack=false for times a layer, of other kernels'
        : ''
    }.`,
  ];
}
