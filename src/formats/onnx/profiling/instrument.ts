import { create } from '@bufbuild/protobuf';
import { itemAt } from '../../../model/assert';
import type { InferredGraph } from '../../../model/inference';
import type { Node } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import { enteredBodies, type NodeId } from '../../../model/nodeId';
import {
  AttributeProtoSchema,
  type FunctionProto,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../onnx_pb';
import type { OnnxGraph, OnnxNode } from '../reading/graph';

/** A node of the instrumented model. Tensors that nodes give have names that say which node: see `tensorName`. */
export interface InstrumentedLayer {
  readonly index: number;
  readonly id: NodeId;
  readonly name: string;
  readonly op: string;
  /** Node in whose body it is. */
  readonly parent: number | null;
  /** Number of the graph that it is in, counted from the main graph's 0; every call of a function is one more. */
  readonly graph: number;
  readonly inputs: readonly string[];
  /** Outputs of its bodies. */
  readonly bodyOutputs: string[];
  /** Its outputs are known without running. */
  readonly constant: boolean;
  readonly macs: number | null;
}

/** Operators whose bodies give their outputs by place; others, such as BeamSearch, look for them by name. */
const BY_PLACE: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/**
 * Nodes that a model may have with every call of a function counted; each takes a few hundred bytes here
 * (CWE-770).
 */
const MAX_LAYERS = 1_000_000;

/** What the node of a layer is called in the instrumented model. */
export function nodeName(layer: number): string {
  return `@${layer}@`;
}

/** What an output of a layer is called there. */
export function tensorName(layer: number, output: number): string {
  return `@${layer}:${output}@`;
}

/** A node's or tensor's name wherever it is part of a text. */
export const INSTRUMENTED_NAME = /@(\d+)(?::\d+)?@/g;

/** Layer whose node name is part of what an engine calls a row: engines keep names and add to them. */
export function layerOfNodeName(text: string): number | null {
  const found = [...text.matchAll(/@(\d+)@/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

/** Layer that gives the tensor whose name is part of a text. */
export function layerOfTensorName(text: string): number | null {
  const found = [...text.matchAll(/@(\d+):\d+@/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

/**
 * A model that computes the same, in which every node and every tensor that a node gives has a name that says
 * where it comes from, also after an engine has fused, moved and inlined. Every call of a function gets a
 * definition of its own, because an engine that inlines them does not say which call a node was in.
 */
export function instrument(proto: ModelProto, inferred: InferredGraph) {
  const writer = new Instrumenter();
  const graph = writer.graph({ body: inferred, path: '' }, null, new Map());
  const { $unknown: _, ...fields } = proto;
  return {
    proto: create(ModelProtoSchema, { ...fields, graph, functions: writer.functions }),
    layers: writer.layers as readonly InstrumentedLayer[],
  };
}

type Names = ReadonlyMap<string, string>;

/** A graph at its place, and how the ids of its nodes begin there. */
interface Entered {
  readonly body: InferredGraph;
  readonly path: string;
}

class Instrumenter {
  readonly layers: InstrumentedLayer[] = [];
  readonly functions: FunctionProto[] = [];
  private graphs = 0;

  /** `kept`: its outputs keep their names. */
  graph(entered: Entered, parent: number | null, outer: Names, kept = false): GraphProto {
    const proto = protoOf(entered.body);
    if (proto.$typeName !== 'caliper.onnx.GraphProto') throw new Error('A function is not a graph.');
    const named = new Set(kept ? proto.output.map(({ name }) => name) : []);
    const { nodes, names } = this.nodes(entered, parent, outer, named);
    const renamed = (one: GraphProto['output'][number]) =>
      create(ValueInfoProtoSchema, { ...one, name: names.get(one.name) ?? one.name });
    return create(GraphProtoSchema, {
      name: proto.name,
      node: nodes,
      initializer: proto.initializer,
      sparseInitializer: proto.sparseInitializer,
      input: proto.input,
      output: proto.output.map(renamed),
      valueInfo: proto.valueInfo.map(renamed),
    });
  }

  /** A definition of its own for one call; its name. A function sees only its own tensors. */
  private define(entered: Entered, caller: InstrumentedLayer): string {
    const proto = protoOf(entered.body);
    if (proto.$typeName !== 'caliper.onnx.FunctionProto') throw new Error('A graph is not a function.');
    const { nodes, names } = this.nodes(entered, caller.index, new Map());
    const { $unknown: _, ...fields } = proto;
    const name = `${proto.name}#${caller.index}`;
    const output = proto.output.map((one) => names.get(one) ?? one);
    caller.bodyOutputs.push(...output);
    this.functions.push(
      create(FunctionProtoSchema, {
        ...fields,
        name,
        overload: '',
        node: nodes,
        output,
        valueInfo: [],
      }),
    );
    return name;
  }

  private nodes(
    { body: inferred, path }: Entered,
    parent: number | null,
    outer: Names,
    kept: ReadonlySet<string> = new Set(),
  ) {
    const graph = this.graphs++;
    const scope: Scope = { inferred, path, graph, parent, names: new Map(outer), constants: new Set() };
    for (const { name } of inferred.graph.inputs) scope.names.set(name, name);
    for (const name of inferred.graph.constants.keys()) scope.names.set(name, name);
    // Indices are those of the rows: a node, then its bodies' nodes.
    let index = this.layers.length;
    for (const node of inferred.nodes) {
      const first = index;
      node.node.outputs.forEach((output, at) => {
        scope.names.set(output, kept.has(output) ? output : tensorName(first, at));
      });
      index += 1 + node.bodies.reduce((sum, body) => sum + countNodes(body), 0);
      if (index > MAX_LAYERS) {
        throw new ModelError(
          `The model has more than ${MAX_LAYERS} nodes with every call of a function counted.`,
        );
      }
    }
    const nodes = inferred.nodes.map((_, at) => this.node(scope, at));
    return { nodes, names: scope.names as Names };
  }

  private node({ inferred, path, graph, parent, names, constants }: Scope, at: number): NodeProto {
    const entry = itemAt(inferred.nodes, at);
    const { node, macs } = entry;
    const id = `${path}${at}`;
    const { proto } = node as OnnxNode;
    const index = this.layers.length;
    const constant = isConstant(inferred, node, constants);
    if (constant) for (const output of node.outputs) constants.add(output);
    const inputs = proto.input.map((input) => (input === '' ? '' : (names.get(input) ?? input)));
    const layer: InstrumentedLayer = {
      index,
      id,
      name: node.name,
      op: node.op,
      parent,
      graph,
      inputs,
      bodyOutputs: [],
      constant,
      macs,
    };
    this.layers.push(layer);
    // Bodies are listed as the attributes are; a function that the node calls comes last.
    const rest = enteredBodies(id, entry);
    const takeBody = () => {
      const body = rest.shift();
      if (body === undefined) throw new Error(`'${node.name}' has fewer bodies than graphs.`);
      const written = this.graph(body, index, names, !BY_PLACE.has(node.op));
      layer.bodyOutputs.push(...written.output.map((output) => output.name));
      return written;
    };
    const attribute = proto.attribute.map((one) =>
      one.g === undefined && one.graphs.length === 0
        ? one
        : create(AttributeProtoSchema, {
            name: one.name,
            type: one.type,
            ...(one.g === undefined ? {} : { g: takeBody() }),
            graphs: one.graphs.map(takeBody),
          }),
    );
    const called = rest.shift();
    const opType = called === undefined ? proto.opType : this.define(called, layer);
    return create(NodeProtoSchema, {
      name: nodeName(index),
      opType,
      domain: proto.domain,
      overload: called === undefined ? proto.overload : '',
      input: inputs,
      output: proto.output.map((output) => (output === '' ? '' : (names.get(output) ?? output))),
      attribute,
    });
  }
}

interface Scope {
  readonly inferred: InferredGraph;
  readonly path: string;
  readonly graph: number;
  readonly parent: number | null;
  /** What the tensors that are visible here are called in the copy. */
  readonly names: Map<string, string>;
  /** Outputs of nodes that are constant. */
  readonly constants: Set<string>;
}

function protoOf(inferred: InferredGraph): GraphProto | FunctionProto {
  return (inferred.graph as OnnxGraph).proto;
}

function countNodes(inferred: InferredGraph): number {
  return inferred.nodes.reduce(
    (sum, { bodies }) => sum + 1 + bodies.reduce((inner, body) => inner + countNodes(body), 0),
    0,
  );
}

/** By its value, which is known without running, or because everything that it reads is constant. */
function isConstant(inferred: InferredGraph, node: Node, constants: Set<string>): boolean {
  const given = node.outputs.filter((output) => output !== '');
  if (given.length > 0 && given.every((output) => inferred.tensors.get(output)?.constant === true))
    return true;
  const read = node.inputs.filter((input) => input !== '');
  return (
    node.bodies.length === 0 &&
    read.length > 0 &&
    read.every((input) => inferred.graph.constants.has(input) || constants.has(input))
  );
}
