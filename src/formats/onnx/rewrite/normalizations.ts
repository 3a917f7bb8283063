import type { InferredTensor } from '../../../model/inference';
import type { ModelFile } from '../../format';
import type { NodeProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { normalizationMap } from './foldChannels';
import { clampOf } from './policy';
import { nodeName, operator } from './protos';

/**
 * A BatchNormalization that no layer before it could take in, but that convolutions read (as in DenseNet), becomes
 * a convolution of one element a channel: so it has an int8 kernel, with a scale for each channel.
 */
export class NormalizationsAsConvolutions {
  private inferred: ReadonlyMap<string, InferredTensor> | undefined;

  constructor(
    private readonly editor: GraphEditor,
    private readonly file: ModelFile,
  ) {}

  /** What a node does to each channel; null where it cannot become such a convolution. */
  mapOf(node: NodeProto) {
    if (operator(node) !== 'BatchNormalization') return null;
    const { editor } = this;
    this.inferred ??= this.file.infer({ dims: {}, shapes: {} }).graph.tensors;
    const [data = '', gamma = ''] = node.input;
    const rank = this.inferred.get(data)?.shape?.length ?? 0;
    const channels = editor.constantValues(gamma)?.length ?? 0;
    if (rank < 3 || channels < 1 || this.inferred.get(data)?.type !== 'float32') return null;
    if (!readByConvolutions(editor, node.output[0] ?? '')) return null;
    const map = normalizationMap(editor, node, data, channels);
    if (map === null || !map.scale.every(Number.isFinite) || !map.shift.every(Number.isFinite)) return null;
    return { ...map, channels, rank };
  }

  /** The convolution that stands where the node stood; the node itself where it cannot be one. */
  convert(node: NodeProto): NodeProto {
    const map = this.mapOf(node);
    if (map === null) return node;
    const { editor } = this;
    const name = nodeName(node);
    const weight = editor.uniqueName(`${name}_weight`);
    const bias = editor.uniqueName(`${name}_bias`);
    const ones = new Array<number>(map.rank - 2).fill(1);
    editor.setConstant(makeFloatTensor(weight, [map.channels, 1, ...ones], map.scale));
    editor.setConstant(makeFloatTensor(bias, [map.channels], map.shift));
    editor.remove(node);
    const convolution = makeNode(
      'Conv',
      [node.input[0] ?? '', weight, bias],
      node.output.slice(0, 1),
      { group: map.channels, kernel_shape: ones },
      { name },
    );
    editor.standFor(convolution, node);
    editor.insertBefore(node, convolution);
    return convolution;
  }
}

function readByConvolutions(editor: GraphEditor, tensor: string): boolean {
  const only = editor.onlyConsumer(tensor);
  const readers =
    only && clampOf(editor, only) ? editor.consumers(only.output[0] ?? '') : editor.consumers(tensor);
  return readers.length > 0 && readers.every((reader: NodeProto) => operator(reader) === 'Conv');
}
