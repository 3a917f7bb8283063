import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { Graph } from '../model/model';
import { ModelError } from '../model/modelError';
import type { TensorStatistics } from '../protocol/page';
import type { LayerLink, NodeHover, TensorHover } from '../protocol/text';
import { layerDetails } from './details';
import type { Analysis } from './inspect';
import { describeTensor } from './layers';
import { type EnteredGraph, find } from './rows';
import { tensorStatistics } from './statistics';
import { tensorBytes } from './tensorBytes';

/** Neighbours that are named; a tensor can have thousands of consumers. */
const MAX_LINKS = 6;

/** Elements that a hover reads of a weight: it has to answer within 50 ms. */
const MAX_READ = 2 ** 19;

/** Rows of a model's table by the graph and position of their node. */
export class RowIndex {
  private readonly byGraph = new Map<Graph, { readonly entered: EnteredGraph; readonly rows: number[] }>();

  constructor(private readonly analysis: Analysis) {
    for (const { index, graph, position } of analysis.nodes) {
      const key = graph.inferred.graph;
      let known = this.byGraph.get(key);
      if (known === undefined) {
        known = { entered: graph, rows: [] };
        this.byGraph.set(key, known);
      }
      // A function has rows for each of its calls; its text is about the first.
      known.rows[position] ??= index;
    }
  }

  row(graph: Graph | null, position: number): number | null {
    return (graph && this.byGraph.get(graph)?.rows[position]) ?? null;
  }

  /** The graph, where it is entered first. */
  entered(graph: Graph | null): EnteredGraph | null {
    return (graph && this.byGraph.get(graph)?.entered) ?? null;
  }

  link(row: number): LayerLink {
    const { name, id } = itemAt(this.analysis.rows, row);
    return { name, id };
  }
}

/** What is known of a node of a text; `row` is null where it is not among the model's rows. */
export function nodeHover(
  analysis: Analysis,
  rows: RowIndex,
  row: number | null,
  { name, op }: { name: string; op: string },
): NodeHover {
  const layer = row === null ? null : (analysis.rows[row] ?? null);
  if (row === null || layer === null) {
    return {
      kind: 'node',
      name,
      op,
      layer: null,
      details: null,
      producers: [],
      consumers: [],
      consumerCount: 0,
    };
  }
  const details = layerDetails(analysis, row);
  const producers = new Set(details.inputs.map(({ producer }) => producer).filter((one) => one !== null));
  const consumers = new Set(details.outputs.flatMap((output) => output.consumers));
  return {
    kind: 'node',
    name: layer.name,
    op: layer.op,
    layer,
    // Consumers are named below, and would be sent twice.
    details: { ...details, outputs: details.outputs.map((output) => ({ ...output, consumers: [] })) },
    producers: [...producers].slice(0, MAX_LINKS).map((one) => rows.link(one)),
    consumers: [...consumers].slice(0, MAX_LINKS).map((one) => rows.link(one)),
    consumerCount: consumers.size,
  };
}

/**
 * What is known of a tensor by the name that it has in a graph.
 *
 * @param users rows of the nodes that take it, and `giver` of the one that gives it
 */
export function tensorHover(
  file: ModelFile,
  analysis: Analysis,
  rows: RowIndex,
  name: string,
  graph: EnteredGraph | null,
  { giver, users }: { giver: number | null; users: readonly number[] },
): TensorHover {
  const found = graph && find(name, graph);
  const constant = found?.graph.inferred.graph.constants.get(name);
  const [user = giver] = users;
  return {
    kind: 'tensor',
    name,
    tensor: found ? describeTensor(name, found.tensor) : null,
    bytes: constant?.bytes ?? tensorBytes(found?.tensor),
    stored: constant !== undefined,
    statistics:
      constant && user !== null && user !== undefined ? statistics(file, analysis, user, name) : null,
    producer: giver === null ? null : rows.link(giver),
    consumers: users.slice(0, MAX_LINKS).map((row) => rows.link(row)),
    consumerCount: users.length,
  };
}

function statistics(file: ModelFile, analysis: Analysis, row: number, name: string): TensorStatistics | null {
  try {
    return tensorStatistics(file, analysis, row, name, MAX_READ);
  } catch (error) {
    // A text has no elements to read, and a model's file may be missing.
    if (error instanceof ModelError) return null;
    throw error;
  }
}
