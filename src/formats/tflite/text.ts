import type { Graph } from '../../model/model';
import type { TextModel } from '../../onnxtxt/syntax';
import type { TensorElements } from '../format';
import { functionText, graphText, headerText, type TextSource } from '../text';
import type { TfliteFile } from './file';

/** The graphs of a file, the main one as graph, the others as functions, since several operators may call one. */
export function textOf(file: TfliteFile): TextModel {
  const { model } = file;
  const names = namesOf(model.graphs);
  const source: TextSource = {
    readTensor: (tensor, limit): TensorElements => file.readTensor(tensor, limit),
    bodyName: (graph) => names.get(graph) ?? null,
  };
  const [, ...others] = model.graphs;
  return {
    header: headerText(model),
    graph: graphText(model.graph, source, names.get(model.graph)),
    functions: others.map((graph) => functionText(graph, source, names.get(graph) ?? graph.name)),
  };
}

/** The file's names, where they tell the graphs apart; else with the graph's number. */
function namesOf(graphs: readonly Graph[]): ReadonlyMap<Graph, string> {
  const taken = new Set<string>();
  return new Map(
    graphs.map((graph, index) => {
      const plain = graph.name || `subgraph_${index}`;
      const name = taken.has(plain) ? `${plain}_${index}` : plain;
      taken.add(name);
      return [graph, name];
    }),
  );
}
