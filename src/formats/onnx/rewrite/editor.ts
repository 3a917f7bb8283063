import { create } from '@bufbuild/protobuf';
import type { NodeId } from '../../../model/nodeId';
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
import { decodeElements, floatsOf } from '../reading/tensorData';
import { writeModel } from '../writing/writer';
import { bodiesOf, copyOf, elements, graphOf, onnxFile, opsetOf, typeOf } from './protos';
import type { Spill } from './spill';

/**
 * A copy of a model whose main graph is being changed: who makes and who reads each tensor is kept up to date,
 * so a step costs what it changes and not the size of the graph. Nodes keep the order of the file; new ones go
 * before or after a node that is there. Large weights stay on disk until a step asks for their values.
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
  private readonly outputs: ReadonlySet<string>;
  private readonly captured = new Set<string>();
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
    this.outputs = new Set(this.graph.output.map((output) => output.name));
    for (const input of this.graph.input) this.names.add(input.name);
    for (const tensor of this.graph.initializer) this.constants.set(tensor.name, tensor);
    for (const tensor of this.graph.initializer) this.names.add(tensor.name);
    for (const tensor of this.graph.sparseInitializer) this.names.add(tensor.values?.name ?? '');
    for (const node of this.graph.node) this.register(node);
    const given = new Map<string, NodeId>();
    for (const { id, outputs } of this.file.model.graph.nodes)
      for (const output of outputs) if (!given.has(output)) given.set(output, id);
    for (const node of this.graph.node) this.standFor(node, given.get(firstOutput(node)));
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

  /** Nodes that are in the graph now, in order. */
  nodes(): NodeProto[] {
    const list: NodeProto[] = [];
    const visit = (node: NodeProto) => {
      for (const other of this.before.get(node) ?? []) visit(other);
      if (!this.removed.has(node)) list.push(node);
      for (const other of this.after.get(node) ?? []) visit(other);
    };
    for (const node of this.graph.node) visit(node);
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

  isOutput(tensor: string): boolean {
    return this.outputs.has(tensor);
  }

  /** A body of a node reads it. */
  isCaptured(tensor: string): boolean {
    return this.captured.has(tensor);
  }

  /** It must stay under its name: the graph gives it, or a body reads it. */
  pinned(tensor: string): boolean {
    return this.outputs.has(tensor) || this.captured.has(tensor);
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
    for (const input of node.input) this.readers.get(input)?.delete(node);
    for (const output of node.output) if (this.producers.get(output) === node) this.producers.delete(output);
  }

  insertBefore(anchor: NodeProto, ...nodes: NodeProto[]): void {
    append(this.before, anchor, nodes);
    for (const node of nodes) this.register(node);
  }

  insertAfter(anchor: NodeProto, ...nodes: NodeProto[]): void {
    append(this.after, anchor, nodes);
    for (const node of nodes) this.register(node);
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

  /** Values of a stored tensor. */
  values(tensor: TensorProto): Float32Array | Float64Array {
    return decodeElements(typeOf(tensor), this.file.tensorBytes(tensor), elements(tensor));
  }

  /** The same of a float32 tensor, read part by part. */
  weightValues(tensor: TensorProto): WeightValues {
    return { length: elements(tensor), read: (start, end) => floatsOf(tensor, start, end) };
  }

  /** Values of a constant by name, null where it is none, or not of numbers. */
  constantValues(name: string | undefined): Float32Array | Float64Array | null {
    const tensor = name === undefined || name === '' ? undefined : this.constants.get(name);
    if (tensor === undefined || dataTypeOf(tensor.dataType) === null) return null;
    if (typeOf(tensor) === 'string') return null;
    return this.values(tensor);
  }

  /** Writes what was made of the model, and says what its nodes were. Tensors and shapes that are no longer there are dropped. */
  save(target: string): Origins {
    const nodes = this.nodes();
    const known = new Set(this.graph.output.map((output) => output.name));
    for (const node of nodes) for (const output of node.output) known.add(output);
    this.graph.valueInfo = this.graph.valueInfo.filter((info) => known.has(info.name));
    this.graph.node = nodes;
    this.graph.initializer = [...this.constants.values()];
    writeModel(this.proto, target);
    return new Map(
      nodes.flatMap((node, index) => {
        const origin = this.origins.get(node);
        return origin === undefined ? [] : [[String(index), origin] as const];
      }),
    );
  }

  private register(node: NodeProto): void {
    for (const input of node.input) this.read(input, node);
    for (const output of node.output) {
      if (output === '') continue;
      this.producers.set(output, node);
      this.names.add(output);
    }
    for (const body of bodiesOf(node)) collectNames(body, this.captured);
  }

  private read(tensor: string, node: NodeProto): void {
    if (tensor === '') return;
    const readers = this.readers.get(tensor);
    if (readers) readers.add(node);
    else this.readers.set(tensor, new Set([node]));
  }
}

function firstOutput(node: NodeProto): string {
  return node.output.find((name) => name !== '') ?? '';
}

/** All names that a body reads or gives: those of the graph around it are among them. */
function collectNames(body: GraphProto, into: Set<string>): void {
  const pending = [body];
  for (let graph = pending.pop(); graph !== undefined; graph = pending.pop()) {
    for (const output of graph.output) into.add(output.name);
    for (const node of graph.node) {
      for (const input of node.input) into.add(input);
      pending.push(...bodiesOf(node));
    }
  }
}

function append(map: Map<NodeProto, NodeProto[]>, key: NodeProto, nodes: NodeProto[]): void {
  const list = map.get(key);
  if (list) list.push(...nodes);
  else map.set(key, [...nodes]);
}
