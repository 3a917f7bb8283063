import type { GraphEdges } from '../protocol/page';
import { linksOf } from './details';
import type { Analysis } from './inspect';
import { type EnteredGraph, find } from './rows';

/**
 * Which tensors the rows from `from` up to `to` take, constants left out; with the first rows also where the model's
 * outputs come from. A body's own inputs are given by no row, and left out too.
 */
export function edgesOf(analysis: Analysis, from: number, to: number): GraphEdges {
  const counts: number[] = [];
  const sources: number[] = [];
  const slots: number[] = [];
  const inputs = new Map(analysis.report.inputs.map(({ name }, place) => [name, place]));
  const source = (name: string, graph: EnteredGraph): [row: number, slot: number] | null => {
    const found = find(name, graph);
    if (found === null || found.tensor.constant) return null;
    const row = linksOf(analysis).get(found.graph)?.producers.get(name);
    if (row !== undefined)
      return [row, analysis.rows[row]?.outputs.findIndex((one) => one.name === name) ?? 0];
    const input = found.graph.outer === null ? inputs.get(name) : undefined;
    return input === undefined ? null : [-1 - input, 0];
  };
  for (const { entry, graph } of analysis.nodes.slice(from, to)) {
    let count = 0;
    for (const name of new Set(entry.node.inputs)) {
      const given = name === '' ? null : source(name, graph);
      if (given === null) continue;
      sources.push(given[0]);
      slots.push(given[1]);
      count++;
    }
    counts.push(count);
  }
  const main = analysis.nodes[0]?.graph;
  const outputs =
    from > 0 || main === undefined
      ? []
      : analysis.report.outputs.map(({ name }) => source(name, main) ?? null);
  return { counts, sources, slots, outputs };
}
