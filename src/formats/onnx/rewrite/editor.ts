import { create } from '@bufbuild/protobuf';
import { itemAt, present } from '../../../model/assert';
import type { Node } from '../../../model/model';
import { bodyPath, type NodeId } from '../../../model/nodeId';
import type { ModelFile } from '../../format';
import type { Origins } from '../../rewriter';
import type { WeightValues } from '../../uniform';
import { dataTypeOf } from '../dataTypes';
import type { OnnxFile } from '../file';
import {
  type GraphProto,
  type ModelProto,
  type NodeProto,
  OperatorSetIdProtoSchema,
  type TensorProto,
} from '../onnx_pb';
import { floatsOf, valuesOf } from '../reading/tensorData';
import { writeModel } from '../writing/writer';
import { bodiesOf, copyOf, elements, graphOf, namedBodiesOf, onnxFile, opsetOf, typeOf } from './protos';
import { separateBodies } from './separateBodies';
import type { Spill } from './spill';

/**
 * A copy of a model whose graphs are being changed: who makes and who reads each tensor is kept up to date,
 * so a step costs what it changes and not the size of the graph. Nodes keep the order of the file; new ones go
 * before or after a node that is there, into its graph. A name means one tensor in all of the graphs, and stored tensors
 * are the main graph's, which bodies see as well. Large weights stay on disk until a step asks for their values.
 */
export class GraphEditor {
  readonly file: OnnxFile;
  readonly proto: ModelProto;
  readonly graph: GraphProto;
  private readonly producers = new Map<string, NodeProto>();
  private readonly readers = new Map<string, Set<NodeProto>>();
  private readonly constants = new Map<string, TensorProto>();
  private readonly before = new Map<NodeProto, NodeProto[]>();
  private readonly after = new Map<NodeProto, NodeProto[]>();
  private readonly removed = new Set<NodeProto>();
  /** Ids of nodes in the source; of one that took the place of others, that of the one whose first output it gives. */
  private readonly origins = new Map<NodeProto, NodeId>();
  /** Graphs that give a tensor. */
  private readonly outputs = new Map<string, Set<GraphProto>>();
  /** The graph of each node in a body, and of each input of one; all else is the main graph's. */
  private readonly graphs = new Map<NodeProto, GraphProto>();
  private readonly bodyInputs = new Map<string, GraphProto>();
  private readonly names = new Set<string>();
  /** Numbers that were tried for a name, so that the next try does not start over. */
  private readonly counts = new Map<string, number>();

  /**
   * @param proto is changed; by default it is a copy of the file's
   * @param spill takes large new weights; without it they stay in memory
   */
  constructor(
    source: ModelFile,
    proto: ModelProto = copyOf(source),
    private readonly spill: Spill | null = null,
  ) {
    this.file = onnxFile(source);
    this.proto = proto;
    this.graph = graphOf(proto);
    separateBodies(this.graph);
    for (const input of this.graph.input) this.names.add(input.name);
    for (const tensor of this.graph.initializer) this.constants.set(tensor.name, tensor);
    for (const tensor of this.graph.initializer) this.names.add(tensor.name);
    for (const tensor of this.graph.sparseInitializer) this.names.add(tensor.values?.name ?? '');
    this.enter(this.graph);
    const given = new Map<string, NodeId>();
    for (const { id, outputs } of this.file.model.graph.nodes)
      for (const output of outputs) if (!given.has(output)) given.set(output, id);
    for (const node of this.graph.node) this.standFor(node, given.get(firstOutput(node)));
    const own = new Map(this.file.model.graph.nodes.map((node) => [node.id, node]));
    for (const node of this.graph.node) {
      const id = this.origins.get(node);
      const known = id === undefined ? undefined : own.get(id);
      if (known !== undefined) this.nameBodies(node, known);
    }
  }

  private enter(graph: GraphProto): void {
    for (const { name } of graph.output) {
      const graphs = this.outputs.get(name);
      if (graphs) graphs.add(graph);
      else this.outputs.set(name, new Set([graph]));
    }
    if (graph !== this.graph)
      for (const { name } of graph.input) {
        this.names.add(name);
        this.bodyInputs.set(name, graph);
      }
    for (const node of graph.node) {
      if (graph !== this.graph) this.graphs.set(node, graph);
      this.register(node);
    }
  }

  /** Says which nodes of the source those in a node's bodies are: their order is the file's. */
  private nameBodies(node: NodeProto, known: Node): void {
    const bodies = bodiesOf(node);
    if (bodies.length !== known.bodies.length) return;
    for (const [at, body] of bodies.entries()) {
      const { nodes } = itemAt(known.bodies, at).graph;
      if (nodes.length !== body.node.length) continue;
      for (const [index, inner] of body.node.entries()) {
        const own = itemAt(nodes, index);
        this.standFor(inner, own.id);
        this.nameBodies(inner, own);
      }
    }
  }

  /** Version of ONNX's own operators that the model is written for. */
  get opset(): number {
    return opsetOf(this.proto);
  }

  /** Lets the model use a domain's operators, if it does not yet. */
  importDomain(domain: string): void {
    if (!this.proto.opsetImport.some((entry) => entry.domain === domain))
      this.proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  }

  /** Nodes that are in the main graph now, in order. */
  nodes(): NodeProto[] {
    return this.nodesOf(this.graph);
  }

  /** The same of the main graph and of all bodies, each behind the graph that its node is in. */
  allNodes(): NodeProto[] {
    const all: NodeProto[] = [];
    const graphs = [this.graph];
    // Bodies are found while the nodes around them are.
    for (const graph of graphs) {
      const nodes = this.nodesOf(graph);
      for (const node of nodes) {
        all.push(node);
        graphs.push(...bodiesOf(node));
      }
    }
    return all;
  }

  /** The graph that a node is in. */
  graphOf(node: NodeProto): GraphProto {
    return this.graphs.get(node) ?? this.graph;
  }

  private nodesOf(graph: GraphProto): NodeProto[] {
    const list: NodeProto[] = [];
    const visit = (node: NodeProto) => {
      for (const other of this.before.get(node) ?? []) visit(other);
      if (!this.removed.has(node)) list.push(node);
      for (const other of this.after.get(node) ?? []) visit(other);
    };
    for (const node of graph.node) visit(node);
    return list;
  }

  /** The node of the source that this one is, or does the work of. */
  originOf(node: NodeProto): NodeId | undefined {
    return this.origins.get(node);
  }

  /** A new node does the work of another one, or of one of the source. */
  standFor(node: NodeProto, other: NodeProto | NodeId | undefined): void {
    const id = typeof other === 'object' ? this.origins.get(other) : other;
    if (id !== undefined) this.origins.set(node, id);
  }

  has(node: NodeProto): boolean {
    return !this.removed.has(node);
  }

  producer(tensor: string): NodeProto | undefined {
    return this.producers.get(tensor);
  }

  consumers(tensor: string): NodeProto[] {
    return [...(this.readers.get(tensor) ?? [])];
  }

  /** Something besides a node reads a tensor. */
  isShared(tensor: string, node: NodeProto): boolean {
    const readers = this.readers.get(tensor);
    return this.pinned(tensor) || (readers?.size ?? 0) > (readers?.has(node) ? 1 : 0);
  }

  /** The only node that reads a tensor, if nothing else needs the tensor. */
  onlyConsumer(tensor: string): NodeProto | undefined {
    const readers = this.readers.get(tensor);
    if (readers?.size !== 1 || this.pinned(tensor)) return undefined;
    const [reader] = readers;
    return reader?.input.filter((input) => input === tensor).length === 1 ? reader : undefined;
  }

  /** Its graph, or a body in it, gives it. */
  isOutput(tensor: string): boolean {
    return this.outputs.has(tensor);
  }

  /** Another graph than its own reads or gives it. */
  isCaptured(tensor: string): boolean {
    const own = this.scopeOf(tensor);
    for (const graph of this.readingGraphs(tensor)) if (graph !== own) return true;
    return false;
  }

  /** It must stay under its name: a graph gives it, or another graph than its own reads it. */
  pinned(tensor: string): boolean {
    return this.outputs.has(tensor) || this.isCaptured(tensor);
  }

  /** Graphs that read or give a tensor. */
  readingGraphs(tensor: string): Set<GraphProto> {
    const graphs = new Set(this.outputs.get(tensor));
    for (const reader of this.readers.get(tensor) ?? []) graphs.add(this.graphOf(reader));
    return graphs;
  }

  private scopeOf(tensor: string): GraphProto {
    const producer = this.producers.get(tensor);
    return producer ? this.graphOf(producer) : (this.bodyInputs.get(tensor) ?? this.graph);
  }

  constant(tensor: string): TensorProto | undefined {
    return this.constants.get(tensor);
  }

  setInput(node: NodeProto, index: number, tensor: string): void {
    const previous = node.input[index] ?? '';
    while (node.input.length <= index) node.input.push('');
    node.input[index] = tensor;
    if (!node.input.includes(previous)) this.readers.get(previous)?.delete(node);
    this.read(tensor, node);
  }

  dropInputs(node: NodeProto, from: number): void {
    const gone = node.input.splice(from);
    for (const name of gone) if (!node.input.includes(name)) this.readers.get(name)?.delete(node);
  }

  setOutput(node: NodeProto, index: number, tensor: string): void {
    const previous = node.output[index] ?? '';
    node.output[index] = tensor;
    if (this.producers.get(previous) === node) this.producers.delete(previous);
    this.producers.set(tensor, node);
    this.names.add(tensor);
  }

  /** Every node that reads `tensor` reads `replacement` instead. */
  replaceUses(tensor: string, replacement: string): void {
    for (const node of this.consumers(tensor))
      for (const [index, input] of node.input.entries())
        if (input === tensor) this.setInput(node, index, replacement);
  }

  remove(node: NodeProto): void {
    this.removed.add(node);
    for (const body of bodiesOf(node)) for (const inner of this.nodesOf(body)) this.remove(inner);
    for (const input of node.input) this.readers.get(input)?.delete(node);
    for (const output of node.output) if (this.producers.get(output) === node) this.producers.delete(output);
  }

  insertBefore(anchor: NodeProto, ...nodes: NodeProto[]): void {
    append(this.before, anchor, nodes);
    this.join(anchor, nodes);
  }

  insertAfter(anchor: NodeProto, ...nodes: NodeProto[]): void {
    append(this.after, anchor, nodes);
    this.join(anchor, nodes);
  }

  private join(anchor: NodeProto, nodes: readonly NodeProto[]): void {
    const graph = this.graphs.get(anchor);
    for (const node of nodes) {
      if (graph !== undefined) this.graphs.set(node, graph);
      this.register(node);
    }
  }

  /** At the start of the graph. */
  prepend(...nodes: NodeProto[]): void {
    this.graph.node.unshift(...nodes);
    for (const node of nodes) this.register(node);
  }

  /** At the end of the graph. */
  push(...nodes: NodeProto[]): void {
    this.graph.node.push(...nodes);
    for (const node of nodes) this.register(node);
  }

  /** Adds a stored tensor; one of the same name is replaced. */
  setConstant(tensor: TensorProto): void {
    this.spill?.take(tensor);
    this.constants.set(tensor.name, tensor);
    this.names.add(tensor.name);
  }

  /** Gives a new tensor its raw bytes, which come part by part; so many of them, each part valid until the next. */
  fill(tensor: TensorProto, parts: Iterable<Uint8Array>, length: number): void {
    present(this.spill, 'file for new weights').fill(tensor, parts, length);
  }

  removeConstant(name: string): void {
    this.constants.delete(name);
  }

  /** The name, with a number behind it if the graph has it already. */
  uniqueName(base: string): string {
    let name = base;
    let n = this.counts.get(base) ?? 0;
    while (this.names.has(name)) name = `${base}_${++n}`;
    this.counts.set(base, n);
    this.names.add(name);
    return name;
  }

  constantNames(): string[] {
    return [...this.constants.keys()];
  }

  /** Values of a stored tensor, not to be written to. */
  values(tensor: TensorProto): Float32Array | Float64Array {
    return valuesOf(tensor, typeOf(tensor), elements(tensor));
  }

  /** The same of a float32 tensor, read part by part. */
  weightValues(tensor: TensorProto): WeightValues {
    return {
      length: elements(tensor),
      atOnce: READ_AT_ONCE,
      read: (start, end) => floatsOf(tensor, start, end),
    };
  }

  /** Values of a constant by name, null where it is none, or not of numbers. */
  constantValues(name: string | undefined): Float32Array | Float64Array | null {
    const tensor = name === undefined || name === '' ? undefined : this.constants.get(name);
    if (tensor === undefined || dataTypeOf(tensor.dataType) === null) return null;
    if (typeOf(tensor) === 'string') return null;
    return this.values(tensor);
  }

  /** Writes what was made of the model, and says what its nodes were. Tensors and shapes that are no longer there are dropped. */
  save(target: string, write = writeModel): Origins {
    const origins = new Map<NodeId, NodeId>();
    this.settle(this.graph, '', origins);
    this.graph.initializer = [];
    for (const tensor of this.constants.values()) {
      // Engines fuse a node with what its weights are stored by only where both are of its graph.
      const [graph, ...more] = this.readingGraphs(tensor.name);
      (graph === undefined || more.length > 0 ? this.graph : graph).initializer.push(tensor);
    }
    write(this.proto, target);
    return origins;
  }

  /** @param path how the ids of its nodes begin */
  private settle(graph: GraphProto, path: string, origins: Map<NodeId, NodeId>): void {
    const nodes = this.nodesOf(graph);
    const known = new Set(graph.output.map((output) => output.name));
    for (const node of nodes) for (const output of node.output) known.add(output);
    graph.valueInfo = graph.valueInfo.filter((info) => known.has(info.name));
    graph.node = nodes;
    for (const [index, node] of nodes.entries()) {
      const id = `${path}${index}`;
      const origin = this.origins.get(node);
      if (origin !== undefined) origins.set(id, origin);
      for (const [place, { role, body }] of namedBodiesOf(node).entries())
        this.settle(body, bodyPath(id, role, place), origins);
    }
  }

  private register(node: NodeProto): void {
    for (const input of node.input) this.read(input, node);
    for (const output of node.output) {
      if (output === '') continue;
      this.producers.set(output, node);
      this.names.add(output);
    }
    for (const body of bodiesOf(node)) this.enter(body);
  }

  private read(tensor: string, node: NodeProto): void {
    if (tensor === '') return;
    const readers = this.readers.get(tensor);
    if (readers) readers.add(node);
    else this.readers.set(tensor, new Set([node]));
  }
}

/** Elements of a large weight that are in memory at a time: 32 MB of floats. */
const READ_AT_ONCE = 2 ** 23;

function firstOutput(node: NodeProto): string {
  return node.output.find((name) => name !== '') ?? '';
}

function append(map: Map<NodeProto, NodeProto[]>, key: NodeProto, nodes: NodeProto[]): void {
  const list = map.get(key);
  if (list) list.push(...nodes);
  else map.set(key, [...nodes]);
}
