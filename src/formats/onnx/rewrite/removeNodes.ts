import { clone } from '@bufbuild/protobuf';
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, tensorAttribute } from '../attributes';
import { type NodeProto, type TensorProto, TensorProtoSchema } from '../onnx_pb';
import { makeFloatTensor, makeInt64Tensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { operator } from './protos';

/** Graphs of IR version 3 listed their initializers among the inputs; engines may not fold what a caller could feed. */
const FIRST_IR_WITH_FREE_INITIALIZERS = 4n;

/** What callers could feed in place of a stored tensor is no input any more. */
export function takeInitializersFromInputs(editor: GraphEditor): void {
  const { graph, proto } = editor;
  graph.input = graph.input.filter((input) => editor.constant(input.name) === undefined);
  if (proto.irVersion < FIRST_IR_WITH_FREE_INITIALIZERS) proto.irVersion = FIRST_IR_WITH_FREE_INITIALIZERS;
}

/** Constant nodes become initializers, which is one way less to store a weight. */
export function constantsToInitializers(editor: GraphEditor): void {
  for (const node of editor.allNodes()) {
    const name = node.output[0] ?? '';
    // A graph output that is a constant stays what it is: few engines expect an initializer there.
    if (operator(node) !== 'Constant' || editor.isOutput(name)) continue;
    const tensor = constantTensor(node, name);
    if (tensor === null) continue;
    editor.remove(node);
    editor.setConstant(tensor);
  }
}

function constantTensor(node: NodeProto, name: string): TensorProto | null {
  const tensor = tensorAttribute(node, 'value');
  if (tensor) {
    const named = clone(TensorProtoSchema, tensor);
    named.name = name;
    return named;
  }
  const float = floatAttribute(node, 'value_float');
  if (float !== undefined) return makeFloatTensor(name, [], [float]);
  const floats = floatsAttribute(node, 'value_floats');
  if (floats !== undefined) return makeFloatTensor(name, [floats.length], floats);
  const int = intAttribute(node, 'value_int');
  if (int !== undefined) return makeInt64Tensor(name, [], [int]);
  const ints = intsAttribute(node, 'value_ints');
  if (ints !== undefined) return makeInt64Tensor(name, [ints.length], ints);
  // Strings and sparse values stay in their node.
  return null;
}

/** Identity, and Dropout when it is not training, hand their input on. */
export function removeIdentities(editor: GraphEditor): void {
  for (const node of editor.nodes()) if (handsOn(editor, node)) bypass(editor, node);
}

function handsOn(editor: GraphEditor, node: NodeProto): boolean {
  const op = operator(node);
  if (op === 'Identity') return true;
  if (op !== 'Dropout') return false;
  const mask = node.output[1] ?? '';
  const training = node.input[2] ?? '';
  const trains = training !== '' && editor.constantValues(training)?.[0] !== 0;
  return !trains && (mask === '' || (editor.consumers(mask).length === 0 && !editor.pinned(mask)));
}

/** Takes out a node that hands its first input on, where the names allow it. */
export function bypass(editor: GraphEditor, node: NodeProto): boolean {
  const input = node.input[0] ?? '';
  const output = node.output[0] ?? '';
  if (!editor.pinned(output)) {
    editor.remove(node);
    editor.replaceUses(output, input);
    return true;
  }
  // The output's name must live on: the producer of the input takes it over.
  const producer = editor.producer(input);
  if (producer === undefined || editor.pinned(input)) return false;
  editor.remove(node);
  editor.setOutput(producer, producer.output.indexOf(input), output);
  editor.replaceUses(input, output);
  return true;
}

/** Nodes whose outputs nobody reads, then initializers that nobody reads. */
export function removeDead(editor: GraphEditor): void {
  for (const node of editor.nodes().reverse()) {
    const used = (output: string) =>
      output !== '' && (editor.pinned(output) || editor.consumers(output).length > 0);
    if (node.output.length > 0 && !node.output.some(used)) editor.remove(node);
  }
  for (const name of editor.constantNames())
    if (!editor.pinned(name) && editor.consumers(name).length === 0) editor.removeConstant(name);
}
