import { attributeOf } from '../attributes';
import type { NodeProto, TensorProto, ValueInfoProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { bodiesOf, FLOAT, FLOAT16, operator, shapeOf } from './protos';

/**
 * Writes a float16 model in float32. CPUs compute in float32 and would cast at every node, and only float32 can be
 * quantized. The graph's own inputs and outputs stay float16, with a Cast at the border. Models with bodies or
 * functions are left alone, since their types are not stated.
 */
export function widenFloat16(editor: GraphEditor): void {
  const nodes = editor.nodes();
  const { graph, proto } = editor;
  const borders = [...graph.input, ...graph.output].some((info) => elementType(info) === FLOAT16);
  const names = editor.constantNames();
  const weights = names.some((name) => editor.constant(name)?.dataType === FLOAT16);
  if ((!borders && !weights) || proto.functions.length > 0) return;
  if (nodes.some((node) => bodiesOf(node).length > 0)) return;
  for (const name of names) {
    const tensor = editor.constant(name);
    if (tensor?.dataType === FLOAT16) editor.setConstant(widened(editor, tensor));
  }
  for (const node of nodes) widenAttributes(editor, node);
  for (const input of graph.input) {
    if (elementType(input) !== FLOAT16) continue;
    const wide = editor.uniqueName(`${input.name}_float`);
    editor.replaceUses(input.name, wide);
    editor.prepend(makeNode('Cast', [input.name], [wide], { to: FLOAT }, { name: `${wide}_cast` }));
  }
  for (const output of graph.output) {
    const producer = editor.producer(output.name);
    if (elementType(output) !== FLOAT16 || producer === undefined) continue;
    const wide = editor.uniqueName(`${output.name}_float`);
    editor.setOutput(producer, producer.output.indexOf(output.name), wide);
    editor.replaceUses(output.name, wide);
    editor.push(makeNode('Cast', [wide], [output.name], { to: FLOAT16 }, { name: `${output.name}_cast` }));
  }
  for (const info of graph.valueInfo) {
    const type = info.type?.tensorType;
    if (type?.elemType === FLOAT16) type.elemType = FLOAT;
  }
}

function elementType(info: ValueInfoProto): number | undefined {
  return info.type?.tensorType?.elemType;
}

function widened(editor: GraphEditor, tensor: TensorProto): TensorProto {
  return makeFloatTensor(tensor.name, shapeOf(tensor), editor.values(tensor));
}

/** Attributes that name a type: `to` of Cast, `dtype` of what makes numbers; and tensors. */
function widenAttributes(editor: GraphEditor, node: NodeProto): void {
  for (const name of operator(node) === 'Cast' ? ['to'] : ['dtype']) {
    const attribute = attributeOf(node, name);
    if (attribute && attribute.i === BigInt(FLOAT16)) attribute.i = BigInt(FLOAT);
  }
  for (const attribute of node.attribute)
    if (attribute.t?.dataType === FLOAT16) attribute.t = widened(editor, attribute.t);
}
