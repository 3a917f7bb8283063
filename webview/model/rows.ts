import { costsNothing } from '../../src/protocol/freeLayers';
import { latenciesOf } from '../../src/protocol/latencies';
import type { GraphEdges, LayerRow } from '../../src/protocol/page';
import type { LayerLatency, ModuleReport, ProfileReport } from '../../src/protocol/reports';
import { host } from '../host';
import { type Mentions, queryOf } from '../search/query';

/** The first rows fill the screen at once; */
const FIRST_CHUNK = 1000;
/** the others come in messages of some 5 MB. */
const CHUNK = 10_000;

/** A layer with its latency, or a row that the engine added (`added`), as the table shows it. */
export interface TableRow extends LayerRow {
  latency: LayerLatency | undefined;
  /** The same on other devices, in the order of their profiles. */
  otherLatencies: readonly (LayerLatency | undefined)[];
  added: boolean;
  /** Row of the layer into which the engine folded this one, where it can be told. */
  fusedRow: number | null;
}

/** Whether a row costs nothing by its nature: constants, and what an engine folded into them. */
export function isFree(row: TableRow): boolean {
  return !row.added && costsNothing(row) && (row.latency?.medianMs ?? null) === null;
}

/** Asks for all rows, chunk by chunk; stops when `wanted()` says that nobody waits for them any more. */
export async function loadRows(
  count: number,
  wanted: () => boolean,
  onChunk: (rows: readonly LayerRow[]) => void,
): Promise<void> {
  let from = 0;
  while (from < count) {
    const chunk = await host.request('rows', {
      from,
      to: Math.min(count, from + (from === 0 ? FIRST_CHUNK : CHUNK)),
    });
    if (!wanted()) return;
    if (chunk.length === 0) throw new Error(`The rows from ${from} on are missing.`);
    from += chunk.length;
    onChunk(chunk);
  }
}

/** Modules of a model that has so many. */
export async function loadModules(count: number, wanted: () => boolean): Promise<ModuleReport[]> {
  const modules: ModuleReport[] = [];
  while (modules.length < count && wanted()) {
    const from = modules.length;
    const chunk = await host.request('modules', { from, to: Math.min(count, from + CHUNK) });
    if (chunk.length === 0) throw new Error(`The modules from ${from} on are missing.`);
    for (const module of chunk) modules.push(module);
  }
  return modules;
}

/** Edges between so many rows, chunk by chunk. */
export async function loadEdges(count: number, wanted: () => boolean): Promise<GraphEdges[]> {
  const chunks: GraphEdges[] = [];
  for (let from = 0; from < count && wanted(); from += CHUNK)
    chunks.push(await host.request('edges', { from, to: Math.min(count, from + CHUNK) }));
  return chunks;
}

/** Layers joined with what a profile says of them, then the rows of the engine's own. */
export function tableRows(
  rows: readonly LayerRow[],
  profile: ProfileReport | null,
  others: readonly ProfileReport[] = [],
): TableRow[] {
  const otherColumns = others.map((other) => latenciesOf(rows, other));
  const latencies = latenciesOf(rows, profile);
  const byId = new Map(rows.map(({ id, index }) => [id, index]));
  // Profiles of earlier versions have names alone.
  const byName = new Map(rows.toReversed().map(({ name, index }) => [name, index]));
  const layers = rows.map((row, place): TableRow => {
    const latency = latencies[place];
    const { id, fusedInto = '', fusedIntoId = '' } = latency ?? {};
    const fusedRow = id === undefined ? byName.get(fusedInto) : byId.get(fusedIntoId);
    const otherLatencies = otherColumns.map((column) => column[place]);
    return { ...row, latency, otherLatencies, added: false, fusedRow: fusedRow ?? null };
  });
  const added = (profile?.added ?? []).map(
    (row, place): TableRow => ({
      id: `added/${place}`,
      index: rows.length + place,
      depth: 0,
      parent: null,
      hasBody: false,
      name: row.name,
      op: row.op,
      outputs: [],
      parameters: 0,
      parameterBytes: 0,
      shared: false,
      activationBytes: null,
      macs: null,
      elementOps: null,
      latency: row,
      otherLatencies: [],
      added: true,
      fusedRow: null,
    }),
  );
  return [...layers, ...added];
}

export interface Filter {
  /** What `search/query.ts` understands. */
  search: string;
  /** '' = all operators. */
  op: string;
  mentions: Mentions;
}

export function matches(row: TableRow, filter: Filter): boolean {
  if (filter.op !== '' && row.op !== filter.op) return false;
  return queryOf(filter.search).matches(row, filter.mentions);
}

/**
 * Without the rows inside collapsed ones, of which `collapsed` holds the ids. Rows are in the file's order, so a parent
 * comes before what it holds.
 */
export function withoutCollapsed(rows: readonly TableRow[], collapsed: ReadonlySet<string>): TableRow[] {
  if (collapsed.size === 0) return [...rows];
  const shut = new Set<number>();
  return rows.filter((row) => {
    const shown = row.parent === null || !shut.has(row.parent);
    if (!shown || collapsed.has(row.id)) shut.add(row.index);
    return shown;
  });
}

/** Operators with the number of their layers, the most frequent first. */
export function operators(rows: readonly TableRow[]): { op: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const row of rows) if (!row.added) counts.set(row.op, (counts.get(row.op) ?? 0) + 1);
  return [...counts]
    .map(([op, count]) => ({ op, count }))
    .sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}
