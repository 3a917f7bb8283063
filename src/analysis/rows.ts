import type { ModelFile, ParameterTensor } from '../formats/format';
import type { InferredGraph, InferredNode, InferredTensor } from '../model/inference';
import type { Graph } from '../model/model';
import { enteredBodies, type NodeId } from '../model/nodeId';

/** A graph at the place where it is entered: a function has one for each of its calls. */
export interface EnteredGraph {
  readonly inferred: InferredGraph;
  /** The graph around it, whose names it sees. */
  readonly outer: EnteredGraph | null;
  /** By index of the node. */
  readonly parameters: ReadonlyMap<number, readonly ParameterTensor[]>;
}

/** A node at its place in the flat table. */
export interface Row {
  /** Of the node at this place: those of a function have another one in each of its calls. */
  readonly id: NodeId;
  readonly index: number;
  readonly depth: number;
  readonly parent: number | null;
  readonly entry: InferredNode;
  readonly graph: EnteredGraph;
  /** Index in its graph. */
  readonly position: number;
}

/** All nodes in the order of the file, the nodes of a node's bodies right behind it. */
export function flatten(main: InferredGraph, parameters: ParameterIndex): Row[] {
  const rows: Row[] = [];
  const enter = (
    inferred: InferredGraph,
    outer: EnteredGraph | null,
    parent: number | null,
    depth: number,
    path: string,
  ) => {
    const graph = { inferred, outer, parameters: parameters.of(inferred.graph) };
    inferred.nodes.forEach((entry, position) => {
      const index = rows.length;
      const id = `${path}${position}`;
      rows.push({ id, index, depth, parent, entry, graph, position });
      for (const { body, path: within } of enteredBodies(id, entry)) {
        enter(body, graph, index, depth + 1, within);
      }
    });
  };
  enter(main, null, null, 0, '');
  return rows;
}

/** Weights of each graph by the node that uses them; asked of the format once a graph. */
export class ParameterIndex {
  readonly #file: ModelFile;
  readonly #byGraph = new Map<Graph, ReadonlyMap<number, readonly ParameterTensor[]>>();
  /** Of all graphs that were asked for, each tensor once. */
  readonly all: ParameterTensor[] = [];

  constructor(file: ModelFile) {
    this.#file = file;
  }

  of(graph: Graph): ReadonlyMap<number, readonly ParameterTensor[]> {
    let index = this.#byGraph.get(graph);
    if (index === undefined) {
      index = this.#build(graph);
      this.#byGraph.set(graph, index);
    }
    return index;
  }

  #build(graph: Graph): ReadonlyMap<number, readonly ParameterTensor[]> {
    const index = new Map<number, ParameterTensor[]>();
    for (const parameter of this.#file.parameterTensors(graph)) {
      this.all.push(parameter);
      for (const user of parameter.users) {
        const list = index.get(user);
        if (list) list.push(parameter);
        else index.set(user, [parameter]);
      }
    }
    return index;
  }
}

/** A tensor by the name that a node of this graph uses, with the graph that it is of. */
export function find(
  name: string,
  graph: EnteredGraph,
): { tensor: InferredTensor; graph: EnteredGraph } | null {
  for (let here: EnteredGraph | null = graph; here !== null; here = here.outer) {
    const tensor = here.inferred.tensors.get(name);
    if (tensor !== undefined) return { tensor, graph: here };
  }
  return null;
}
