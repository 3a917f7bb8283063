import type { TextGraph, TextModel } from './syntax';

/** All graphs in the order in which a text defines them: each before those that are written inside its nodes. */
export function* graphsOf({ graph, functions }: TextModel): Generator<TextGraph> {
  yield* withInner(graph);
  for (const one of functions) yield* withInner(one);
}

function* withInner(graph: TextGraph): Generator<TextGraph> {
  yield graph;
  for (const { attributes } of graph.nodes) {
    for (const { value } of attributes) {
      for (const item of value.kind === 'list' ? value.items : [value]) {
        if (item.kind === 'graph') yield* withInner(item.graph);
      }
    }
  }
}
