import { floatsAttribute, stringAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { nodeName, operator } from './protos';

/** Attributes that com.microsoft.FusedConv has beyond those of Conv. */
const OWN_ATTRIBUTES: ReadonlySet<string> = new Set(['activation', 'activation_params']);

/**
 * Models that ONNX Runtime has optimized hold convolutions with their activation function inside. Taken apart
 * they can be quantized like all others; the engine fuses them again when it loads the model.
 */
export function unfuseConvolutions(editor: GraphEditor): void {
  for (const node of editor.nodes()) {
    if (operator(node) !== 'com.microsoft.FusedConv') continue;
    const activation = activationOf(editor, node);
    if (activation === null) continue;
    const name = nodeName(node);
    const output = node.output[0] ?? '';
    const raw = editor.uniqueName(`${output}_raw`);
    const summand = node.input[3] ?? '';
    const sum = summand === '' ? raw : editor.uniqueName(`${output}_sum`);
    const convolution = makeNode('Conv', node.input.slice(0, node.input[2] ? 3 : 2), [raw], {}, { name });
    convolution.attribute = node.attribute.filter((attribute) => !OWN_ATTRIBUTES.has(attribute.name));
    editor.remove(node);
    editor.standFor(convolution, node);
    editor.insertBefore(node, convolution);
    if (sum !== raw) editor.insertBefore(node, makeNode('Add', [raw, summand], [sum], {}, { name: sum }));
    editor.insertBefore(node, activation(sum, output));
  }
}

/** Makes the node of the activation function; null for one that is not known. */
function activationOf(
  editor: GraphEditor,
  node: NodeProto,
): ((input: string, output: string) => NodeProto) | null {
  const kind = stringAttribute(node, 'activation', '');
  const parameters = floatsAttribute(node, 'activation_params') ?? [];
  const name = `${nodeName(node)}_${kind.toLowerCase()}`;
  const [first = 0, second = 0] = parameters;
  switch (kind) {
    case 'Relu':
    case 'Sigmoid':
    case 'Tanh':
      return (input, output) => makeNode(kind, [input], [output], {}, { name });
    case 'LeakyRelu':
      return (input, output) => makeNode(kind, [input], [output], { alpha: first }, { name });
    case 'HardSigmoid':
      return (input, output) => makeNode(kind, [input], [output], { alpha: first, beta: second }, { name });
    case 'Clip': {
      const bounds = [editor.uniqueName(`${name}_min`), editor.uniqueName(`${name}_max`)];
      for (const [index, bound] of bounds.entries())
        editor.setConstant(makeFloatTensor(bound, [], [parameters[index] ?? 0]));
      return (input, output) => makeNode(kind, [input, ...bounds], [output], {}, { name });
    }
    default:
      return null;
  }
}
