import type { ModelFile } from '../../formats/format';
import { itemAt } from '../../model/assert';
import type { DimensionChoice } from '../../model/inference';
import type { LayerRow } from '../../protocol/page';
import { type Analysis, analyze } from '../inspect';
import type { EnteredGraph, Row } from '../rows';
import { type Family, familyOf } from './families';

/** A layer of one of two models, as far as it matters for finding it in the other. */
export interface SideRow {
  readonly index: number;
  readonly figures: LayerRow;
  readonly place: Row;
  readonly family: Family;
  /** The first output's dimensions above 1 in order of size, which no change of layout alters. */
  readonly sizes: string;
}

/** One of two models. */
export interface Side {
  readonly file: ModelFile;
  readonly analysis: Analysis;
  readonly rows: readonly SideRow[];
  /** By graph: the row that gives a tensor. */
  readonly producers: ReadonlyMap<EnteredGraph, ReadonlyMap<string, SideRow>>;
}

/** @throws UsageError when the choice contradicts itself or the file. */
export function sideOf(file: ModelFile, choice: DimensionChoice): Side {
  const analysis = analyze(file, choice);
  const producers = new Map<EnteredGraph, Map<string, SideRow>>();
  const rows = analysis.nodes.map((place, index): SideRow => {
    const figures = itemAt(analysis.rows, index);
    const row = { index, figures, place, family: familyOf(place.entry.node), sizes: sizesOf(figures) };
    const given = producers.get(place.graph) ?? new Map<string, SideRow>();
    for (const name of place.entry.node.outputs) if (name !== '') given.set(name, row);
    producers.set(place.graph, given);
    return row;
  });
  return { file, analysis, rows, producers };
}

function sizesOf({ outputs }: LayerRow): string {
  const shape = outputs[0]?.shape;
  if (!shape) return 'unknown';
  return shape
    .filter((size) => size !== 1)
    .map((size) => size ?? -1)
    .sort((a, b) => a - b)
    .join('x');
}

/** The row that gives a tensor to a node of the graph, in it or in a graph around it; null for inputs and constants. */
export function producerOf(side: Side, graph: EnteredGraph, name: string): SideRow | null {
  for (let here: EnteredGraph | null = graph; here !== null; here = here.outer) {
    const producer = side.producers.get(here)?.get(name);
    if (producer !== undefined) return producer;
    if (here.inferred.tensors.has(name)) return null;
  }
  return null;
}

/** The rows that give a row's inputs, constants aside. */
export function producersOf(side: Side, { place }: SideRow): SideRow[] {
  return place.entry.node.inputs.flatMap((name) => {
    const producer = name === '' ? null : producerOf(side, place.graph, name);
    return producer === null || producer.place.graph.inferred.tensors.get(name)?.constant ? [] : producer;
  });
}

/** Rows in groups that are compared with one another: nodes of the main graph, or of one body of a node. */
export function bodiesOf(side: Side): { main: SideRow[]; of: ReadonlyMap<number, SideRow[][]> } {
  const main: SideRow[] = [];
  const of = new Map<number, SideRow[][]>();
  const groups = new Map<EnteredGraph, SideRow[]>();
  for (const row of side.rows) {
    const { parent, graph } = row.place;
    if (parent === null) {
      main.push(row);
      continue;
    }
    let group = groups.get(graph);
    if (group === undefined) {
      group = [];
      groups.set(graph, group);
      const bodies = of.get(parent);
      if (bodies) bodies.push(group);
      else of.set(parent, [group]);
    }
    group.push(row);
  }
  return { main, of };
}
