import type { GraphEdges, LayerRow, ModelGraph } from '../../src/protocol/page';
import type { BeforeAfter, LayerComparison, ModuleReport, TensorReport } from '../../src/protocol/reports';
import type { TableRow } from '../model/rows';

/** Both models as one graph: a node for each row of the comparison, by its index there. */
export interface UnionGraph {
  readonly rows: readonly TableRow[];
  readonly modules: readonly ModuleReport[];
  readonly edges: readonly GraphEdges[];
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
}

/**
 * A layer that both models have is one node, as the second has it; what only one has stands where it is in that one. Edges
 * are those of both. Modules are the first model's; what is new is in that of the layer before it. null: the layers of a
 * report of an earlier version cannot be found in the models.
 */
export function unionGraph(
  layers: readonly LayerComparison[],
  { before, after }: BeforeAfter<ModelGraph>,
): UnionGraph | null {
  const [from, to] = [placesOf(layers, before, 'before'), placesOf(layers, after, 'after')];
  if (from.size === 0 && to.size === 0) return null;
  const [first, second] = [byPlace(before, from), byPlace(after, to)];
  let module: string | undefined;
  const rows = layers.map((layer, index): TableRow => {
    const [old, now] = [first.get(index), second.get(index)];
    if (old !== undefined) module = old.module;
    const { module: _, ...row } = now ?? old ?? unknownRow(layer);
    const side = old === undefined ? now : old;
    const places = old === undefined ? to : from;
    const parent = side?.parent == null ? null : (places.get(side.parent) ?? null);
    return {
      ...row,
      id: old?.id ?? `after/${row.id}`,
      name: layer.name,
      index,
      parent,
      hasBody: (old?.hasBody ?? false) || (now?.hasBody ?? false),
      ...(module === undefined || parent !== null ? {} : { module }),
      latency: timesOf(layer),
      otherLatencies: [],
      added: false,
      fusedRow: null,
    };
  });
  return {
    rows,
    modules: before.modules,
    edges: [edgesOf(rows.length, before, from, after, to)],
    inputs: before.inputs,
    outputs: before.outputs,
  };
}

/** Where the rows of a model are among the compared layers. */
function placesOf(
  layers: readonly LayerComparison[],
  { rows }: ModelGraph,
  side: 'before' | 'after',
): Map<number, number> {
  const byId = new Map(rows.map(({ id, index }) => [id, index]));
  const places = new Map<number, number>();
  layers.forEach((layer, place) => {
    const row = byId.get(layer[side]?.layer?.id ?? '');
    if (row !== undefined) places.set(row, place);
  });
  return places;
}

function byPlace({ rows }: ModelGraph, places: ReadonlyMap<number, number>): Map<number, LayerRow> {
  const found = new Map<number, LayerRow>();
  for (const row of rows) {
    const place = places.get(row.index);
    if (place !== undefined) found.set(place, row);
  }
  return found;
}

/** A row that neither model has by its id any more: what the comparison says of it. */
function unknownRow({ name, op, before, after }: LayerComparison): LayerRow {
  const layer = after?.layer ?? before?.layer;
  return {
    id: name,
    index: 0,
    depth: 0,
    parent: null,
    hasBody: false,
    name,
    op,
    outputs: [],
    parameters: layer?.parameters ?? null,
    parameterBytes: (after ?? before)?.parameterBytes ?? null,
    shared: false,
    activationBytes: (after ?? before)?.activationBytes ?? null,
    macs: layer?.macs ?? null,
    elementOps: null,
  };
}

function timesOf({ name, op, after }: LayerComparison): TableRow['latency'] {
  const medianMs = after?.medianMs ?? null;
  return medianMs === null ? undefined : { name, op, medianMs, share: null };
}

/** Of each row what it takes in either model, each tensor once; and where the outputs of the first come from, else of the second. */
function edgesOf(
  rows: number,
  before: ModelGraph,
  from: ReadonlyMap<number, number>,
  after: ModelGraph,
  to: ReadonlyMap<number, number>,
): GraphEdges {
  const taken = Array.from({ length: rows }, () => new Map<string, [source: number, slot: number]>());
  const outputs: GraphEdges['outputs'] = [];
  for (const [{ edges, inputs, outputs: ends }, places] of [
    [after, to],
    [before, from],
  ] as const) {
    const inputAt = (place: number) => {
      const name = inputs[-1 - place]?.name;
      // By name, else by place: formats call the same input differently.
      const known = before.inputs.findIndex((input) => input.name === name);
      return -1 - (known >= 0 ? known : -1 - place);
    };
    const sourceOf = (source: number) => (source < 0 ? inputAt(source) : places.get(source));
    let next = 0;
    edges.counts.forEach((count, row) => {
      const place = places.get(row);
      for (let edge = next; edge < next + count; edge++) {
        const source = sourceOf(edges.sources[edge] ?? 0);
        const slot = edges.slots[edge] ?? 0;
        if (place !== undefined && source !== undefined && source !== place)
          taken[place]?.set(`${source} ${slot}`, [source, slot]);
      }
      next += count;
    });
    ends.forEach((_, end) => {
      const given = edges.outputs[end];
      const source = given === null || given === undefined ? undefined : sourceOf(given[0]);
      if (source !== undefined) outputs[end] = [source, given?.[1] ?? 0];
      else outputs[end] ??= null;
    });
  }
  const all = taken.map((sources) => [...sources.values()]);
  return {
    counts: all.map((sources) => sources.length),
    sources: all.flat().map(([source]) => source),
    slots: all.flat().map(([, slot]) => slot),
    outputs: outputs.slice(0, before.outputs.length),
  };
}
