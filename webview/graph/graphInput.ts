import { costsNothing } from '../../src/protocol/freeLayers';
import type { GraphEdges, LayerRow } from '../../src/protocol/page';
import type { ModuleReport } from '../../src/protocol/reports';
import { type GraphInput, NO_SOURCE } from './hierarchy';

/** A group of the graph that a page knows of: a module, or the bodies of a row. */
export type Group = { readonly module: ModuleReport } | { readonly row: number };

export interface NamedGraph {
  readonly input: GraphInput;
  /** By number of the group. */
  readonly groups: readonly Group[];
}

/** Names as they are drawn: how wide each of them is in pixels. */
export interface Widths {
  row(row: LayerRow): number;
  module(module: ModuleReport): number;
  end(name: string): number;
}

/** Chunks of edges in their order, all of a model. */
export function graphInput(
  rows: readonly LayerRow[],
  modules: readonly ModuleReport[],
  edges: readonly GraphEdges[],
  ends: { inputs: readonly string[]; outputs: readonly string[] },
  widths: Widths,
): NamedGraph {
  const groups: Group[] = modules.map((module) => ({ module }));
  const byModule = new Map(modules.map(({ id }, group) => [id, group]));
  const byRow = new Map<number, number>();
  const byId = new Map<string, number>();
  for (const { index, id, hasBody } of rows) {
    byId.set(id, index);
    if (hasBody) byRow.set(index, groups.push({ row: index }) - 1);
  }
  const groupOf = Int32Array.from(rows, ({ module, parent }) => {
    const own = module === undefined ? undefined : byModule.get(module);
    return own ?? (parent === null ? -1 : (byRow.get(parent) ?? -1));
  });
  const parentOf = Int32Array.from(groups, (group) => {
    if ('row' in group) return groupOf[group.row] ?? -1;
    const { parent, layer } = group.module;
    if (parent !== null) return byModule.get(parent) ?? -1;
    return layer === undefined ? -1 : (byRow.get(byId.get(layer) ?? -1) ?? -1);
  });
  const outputs = edges[0]?.outputs ?? [];
  const flat = (of: (chunk: GraphEdges) => number[]) => {
    const all = new Int32Array(edges.reduce((sum, chunk) => sum + of(chunk).length, 0));
    let next = 0;
    for (const chunk of edges) {
      all.set(of(chunk), next);
      next += of(chunk).length;
    }
    return all;
  };
  return {
    groups,
    input: {
      groupOf,
      parentOf,
      rowOf: Int32Array.from(groups, (group) => ('row' in group ? group.row : -1)),
      shown: Uint8Array.from(rows, (row) => (costsNothing(row) ? 0 : 1)),
      rowWidths: Uint16Array.from(rows, (row) => widths.row(row)),
      groupWidths: Uint16Array.from(groups, (group) => {
        if ('module' in group) return widths.module(group.module);
        const row = rows[group.row];
        return row === undefined ? 0 : widths.row(row);
      }),
      counts: flat(({ counts }) => counts),
      sources: flat(({ sources }) => sources),
      slots: flat(({ slots }) => slots),
      inputWidths: Uint16Array.from(ends.inputs, widths.end),
      outputWidths: Uint16Array.from(ends.outputs, widths.end),
      outputSources: Int32Array.from(ends.outputs, (_, place) => outputs[place]?.[0] ?? NO_SOURCE),
      outputSlots: Int32Array.from(ends.outputs, (_, place) => outputs[place]?.[1] ?? 0),
    },
  };
}
