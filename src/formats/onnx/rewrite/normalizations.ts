import type { ModelFile } from '../../format';
import type { NodeProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { normalizationMap } from './foldChannels';
import { clampOf } from './layers';
import { nodeName, operator } from './protos';

/**
 * A BatchNormalization that no layer before it could take in, but that convolutions read (as in DenseNet), becomes
 * a convolution of one element a channel: so it has an int8 kernel, with a scale for each channel.
 */
export function normalizationsToConvolutions(
  editor: GraphEditor,
  file: ModelFile,
  keep: ReadonlySet<string>,
): void {
  const nodes = editor
    .nodes()
    .filter((node) => operator(node) === 'BatchNormalization' && !keep.has(nodeName(node)));
  if (nodes.length === 0) return;
  const { tensors } = file.infer({ dims: {}, shapes: {} }).graph;
  for (const node of nodes) {
    const [data = '', gamma = ''] = node.input;
    const [output = ''] = node.output;
    const rank = tensors.get(data)?.shape?.length ?? 0;
    const channels = editor.constantValues(gamma)?.length ?? 0;
    if (rank < 3 || channels < 1 || tensors.get(data)?.type !== 'float32') continue;
    if (!readByConvolutions(editor, output)) continue;
    const map = normalizationMap(editor, node, data, channels);
    if (map === null || !map.scale.every(Number.isFinite) || !map.shift.every(Number.isFinite)) continue;
    const name = nodeName(node);
    const weight = editor.uniqueName(`${name}_weight`);
    const bias = editor.uniqueName(`${name}_bias`);
    const ones = new Array<number>(rank - 2).fill(1);
    editor.setConstant(makeFloatTensor(weight, [channels, 1, ...ones], map.scale));
    editor.setConstant(makeFloatTensor(bias, [channels], map.shift));
    editor.remove(node);
    editor.insertBefore(
      node,
      makeNode('Conv', [data, weight, bias], [output], { group: channels, kernel_shape: ones }, { name }),
    );
  }
}

function readByConvolutions(editor: GraphEditor, tensor: string): boolean {
  const only = editor.onlyConsumer(tensor);
  const readers =
    only && clampOf(editor, only) ? editor.consumers(only.output[0] ?? '') : editor.consumers(tensor);
  return readers.length > 0 && readers.every((reader: NodeProto) => operator(reader) === 'Conv');
}
