import { clone, toBinary } from '@bufbuild/protobuf';
import { itemAt } from '../../../model/assert';
import { byteLength, elementCount } from '../../../model/dataType';
import type { Inference, InferredTensor } from '../../../model/inference';
import { AttributeProtoSchema, type NodeProto, NodeProtoSchema } from '../onnx_pb';
import type { GraphEditor } from './editor';
import { bodiesOf, elements, isDefaultDomain, operator, tensorsOf, typeOf } from './protos';

/** A single result may be so much larger than what it is made of: more is never computed, whatever the model allows. */
const FREE_BYTES = 64 * 1024;

/** Shapes, axes and scales: worth folding even where what is made of them is too large to be stored. */
const SMALL_BYTES = 1024;

/** Type, shape and lengths around a stored tensor, about. */
const HEADER_BYTES = 20;

/** Operators whose result is another one every time, or that exist to keep a weight small. */
const NOT_FOLDED: ReadonlySet<string> = new Set([
  'Constant',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'Dropout',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
]);

/**
 * Nodes that depend on nothing but constants and whose results together make the model at most `allowance` bytes
 * larger: what a result takes, less the constants that nobody reads any more. A weight that others read too stays
 * where it is, and so does the Transpose in front of those that read it another way round.
 */
export function foldableNodes(editor: GraphEditor, inference: Inference, allowance: number): Set<NodeProto> {
  const sizes = new Sizes(editor, inference);
  const constant = constantNodes(editor, sizes);
  mergeTwins(editor, constant);
  const chosen = new Set<NodeProto>();
  let room = allowance;
  /** Takes the groups that fit, those that save most first; gives the nodes of the others. */
  const take = (nodes: ReadonlySet<NodeProto>): NodeProto[] => {
    const groups = connected(editor, nodes).map((group) => ({ group, growth: sizes.growth(group) }));
    return groups
      .sort((a, b) => a.growth - b.growth)
      .flatMap(({ group, growth }) => {
        if (growth > room) return [...group];
        room -= growth;
        for (const node of group) chosen.add(node);
        return [];
      });
  };
  const small = new Set<NodeProto>();
  for (const node of take(constant)) {
    const read = node.input.every((input) => {
      const producer = editor.producer(input);
      return producer === undefined || chosen.has(producer) || small.has(producer);
    });
    if (read && node.output.every((output) => (sizes.of(output) ?? SMALL_BYTES) < SMALL_BYTES))
      small.add(node);
  }
  take(small);
  return chosen;
}

class Sizes {
  private readonly tensors: ReadonlyMap<string, InferredTensor>;

  constructor(
    private readonly editor: GraphEditor,
    inference: Inference,
  ) {
    this.tensors = tensorsOf(inference.graph);
  }

  /** Bytes of a tensor; null where they are not known. */
  of(name: string): number | null {
    if (name === '') return 0;
    const tensor = this.editor.constant(name);
    if (tensor !== undefined) return byteLength(typeOf(tensor), elements(tensor));
    const inferred = this.tensors.get(name);
    const count = elementCount(inferred?.shape ?? null);
    return inferred?.type && count !== null ? byteLength(inferred.type, count) : null;
  }

  total(names: readonly string[]): number | null {
    return names.reduce((sum: number | null, name) => {
      const bytes = this.of(name);
      return sum === null || bytes === null ? null : sum + bytes;
    }, 0);
  }

  /** Bytes by which the file grows when these nodes are replaced by their results. */
  growth(group: ReadonlySet<NodeProto>): number {
    const { editor } = this;
    let bytes = 0;
    const inputs = new Set<string>();
    for (const node of group) {
      for (const output of node.output)
        if (editor.consumers(output).some((reader) => !group.has(reader))) bytes += this.stored(output);
      bytes -= toBinary(NodeProtoSchema, node).length;
      for (const input of node.input) inputs.add(input);
    }
    for (const name of inputs) {
      const freed = !editor.isOutput(name) && editor.consumers(name).every((reader) => group.has(reader));
      if (freed && editor.constant(name)) bytes -= this.stored(name);
    }
    return bytes;
  }

  private stored(name: string): number {
    return (this.of(name) ?? 0) + name.length + HEADER_BYTES;
  }
}

/** In order. */
function constantNodes(editor: GraphEditor, sizes: Sizes): Set<NodeProto> {
  const found = new Set<NodeProto>();
  for (const node of editor.allNodes()) {
    if (!isDefaultDomain(node.domain) || NOT_FOLDED.has(node.opType) || bodiesOf(node).length > 0) continue;
    if (node.output.some((output) => editor.isOutput(output))) continue;
    const known = node.input.every((input) => {
      const producer = editor.producer(input);
      return input === '' || editor.constant(input) !== undefined || (producer && found.has(producer));
    });
    if (!known) continue;
    const before = sizes.total(node.input);
    const after = sizes.total(node.output);
    if (before !== null && after !== null && after <= Math.max(before, FREE_BYTES)) found.add(node);
  }
  return found;
}

/** What an input is: a small constant its value, since exporters store the same axes anew for each node. */
function identityOf(editor: GraphEditor, input: string): string {
  const tensor = editor.constant(input);
  if (tensor === undefined) return input;
  const size = byteLength(typeOf(tensor), elements(tensor));
  if (size === null || size > SMALL_BYTES) return input;
  const bytes = Buffer.from(editor.file.tensorBytes(tensor)).toString('hex');
  return JSON.stringify([typeOf(tensor), tensor.dims.map(String), bytes]);
}

/**
 * Nodes that do the same with the same become one: exporters transpose a shared weight anew wherever it is used, and
 * put the gates of a recurrent layer in order in each of two branches. What a body makes is not seen outside it, so one
 * for several graphs is the main graph's.
 */
function mergeTwins(editor: GraphEditor, nodes: Set<NodeProto>): void {
  const first = new Map<string, NodeProto>();
  const hoisted = new Set<NodeProto>();
  for (const node of [...nodes]) {
    const attributes = node.attribute.map((one) =>
      Buffer.from(toBinary(AttributeProtoSchema, one)).toString('hex'),
    );
    const inputs = node.input.map((input) => identityOf(editor, input));
    const key = JSON.stringify([operator(node), inputs, attributes.sort()]);
    const twin = first.get(key);
    if (twin === undefined) {
      first.set(key, node);
      continue;
    }
    // It replaces nothing where the other's results are not asked for under the same places.
    if (node.output.some((output, index) => output !== '' && !twin.output[index])) continue;
    if (editor.graphOf(twin) !== editor.graphOf(node)) hoisted.add(twin);
    for (const [index, output] of node.output.entries())
      if (output !== '') editor.replaceUses(output, itemAt(twin.output, index));
    editor.remove(node);
    nodes.delete(node);
  }
  // With what they are made of, which an outer body may make.
  for (const node of hoisted)
    for (const input of node.input) {
      const producer = editor.producer(input);
      if (producer !== undefined) hoisted.add(producer);
    }
  const moved = [...nodes].filter((node) => hoisted.has(node) && editor.graphOf(node) !== editor.graph);
  const copies = moved.map((node) => clone(NodeProtoSchema, node));
  for (const [index, node] of moved.entries()) {
    editor.standFor(itemAt(copies, index), node);
    editor.remove(node);
    nodes.delete(node);
  }
  editor.prepend(...copies);
  for (const copy of copies) nodes.add(copy);
}

/** Nodes in groups that read each other's results. */
function connected(editor: GraphEditor, nodes: ReadonlySet<NodeProto>): ReadonlySet<NodeProto>[] {
  const groups: Set<NodeProto>[] = [];
  const seen = new Set<NodeProto>();
  for (const start of nodes) {
    if (seen.has(start)) continue;
    const group = new Set([start]);
    seen.add(start);
    for (const node of group) {
      const neighbours = [
        ...node.input.flatMap((input) => editor.producer(input) ?? []),
        ...node.output.flatMap((output) => editor.consumers(output)),
      ];
      for (const next of neighbours) {
        if (!nodes.has(next) || seen.has(next)) continue;
        seen.add(next);
        group.add(next);
      }
    }
    groups.push(group);
  }
  return groups;
}
