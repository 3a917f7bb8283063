import { present } from '../../../model/assert';
import type { InferredGraph } from '../../../model/inference';
import { enteredBodies, type NodeId } from '../../../model/nodeId';
import type { OperatorKind } from '../../../model/operatorKind';
import type { TfliteGraph, TfliteNode } from '../graph';
import { numberOption } from '../options';
import type { ModelTable } from '../tables';

/** A node of the model, at its place. */
export interface Layer {
  readonly index: number;
  readonly id: NodeId;
  readonly name: string;
  readonly op: string;
  readonly kind: OperatorKind | null;
  readonly activation: boolean;
  readonly square: boolean;
  /** What it gives is known before any run. */
  readonly constant: boolean;
  /** Layer in whose body it is, and the number of that body's graph; null: there is no such graph in the file. */
  readonly parent: number | null;
  readonly graph: number | null;
  /** Layers of the same graph that give what it reads, and that read what it gives. */
  readonly producers: readonly number[];
  readonly readers: readonly number[];
  /** Somebody else reads what it gives: it is an output of the graph. */
  readonly isOutput: boolean;
}

/** The layers of a model, and which of them the operators of its graphs are. */
export interface Layers {
  /** Each node followed by those of its bodies. */
  readonly all: readonly Layer[];
  /** Of the graph with this number that a layer calls (null: of the main graph), by the operator's number. Absent: it cannot be told. */
  operators(caller: number | null, graph: number): readonly number[] | undefined;
}

/** The layers of a model's main graph and of all that it calls. `root`: the tables that the graphs are numbered in. */
export function layersOf(root: ModelTable, inferred: InferredGraph): Layers {
  const walk = new Walk(root);
  walk.graph(inferred, '', null);
  return {
    all: walk.layers,
    operators: (caller, graph) => walk.graphs.get(`${caller}:${graph}`) ?? undefined,
  };
}

class Walk {
  readonly layers: Layer[] = [];
  /** By caller and number; null: a layer has two bodies of that number. */
  readonly graphs = new Map<string, readonly number[] | null>();
  private readonly numbers: ReadonlyMap<unknown, number>;

  constructor(root: ModelTable) {
    this.numbers = new Map((root.subgraphs ?? []).map((table, number) => [table, number]));
  }

  graph(inferred: InferredGraph, path: string, parent: number | null): void {
    const { table, outputs } = inferred.graph as TfliteGraph;
    const graph = this.numbers.get(table) ?? null;
    const operators: number[] = [];
    const givers = new Map<string, number>();
    const readers = new Map<number, number[]>();
    const results = new Set(outputs.map(({ name }) => name));
    for (const [at, entry] of inferred.nodes.entries()) {
      const node = entry.node as TfliteNode;
      const index = this.layers.length;
      const id = `${path}${at}`;
      operators.push(index);
      const producers = node.inputs.flatMap((name) => givers.get(name) ?? []);
      for (const producer of new Set(producers)) present(readers.get(producer), 'such layer').push(index);
      const read: number[] = [];
      readers.set(index, read);
      for (const output of node.outputs) givers.set(output, index);
      const given = node.outputs.filter((name) => name !== '');
      this.layers.push({
        index,
        id,
        name: node.name,
        op: node.op,
        kind: node.kind,
        activation: numberOption(node.table, 'fusedActivationFunction') !== 0,
        square: node.op === 'SQUARE' || (node.kind === 'multiplication' && node.inputs[0] === node.inputs[1]),
        constant: given.length > 0 && given.every((name) => inferred.tensors.get(name)?.constant === true),
        parent,
        graph,
        producers,
        readers: read,
        isOutput: given.some((name) => results.has(name)),
      });
      for (const { body, path: inside } of enteredBodies(id, entry)) this.graph(body, inside, index);
    }
    if (graph === null) return;
    const key = `${parent}:${graph}`;
    this.graphs.set(key, this.graphs.has(key) ? null : operators);
  }
}
