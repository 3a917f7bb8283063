import { itemAt } from '../../../model/assert';
import { floatAttribute, intAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import { makeFloatTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { elements, FLOAT, nodeName, operator, shapeOf } from './protos';

/** A copy of a shared weight of up to this size takes no more than the node that is folded into it. */
const COPIED_ELEMENTS = 256;

/** y = x · scale + shift, a value an output channel. */
interface ChannelMap {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** A layer with constant weights whose output channels can be scaled by scaling the weights. */
interface Weighted {
  readonly node: NodeProto;
  readonly weight: TensorProto;
  readonly channels: number;
  /** Channel of a weight element. */
  readonly channelOf: (element: number) => number;
  /** Rank of its output. */
  readonly rank: number;
}

/**
 * Folds what follows a convolution or Gemm and works on each channel by itself (BatchNormalization; Mul, Div,
 * Add, Sub with a constant a channel) into its weights and bias. The layer then gives the later node's output.
 */
export function foldChannels(editor: GraphEditor): void {
  for (const node of editor.nodes()) {
    if (!editor.has(node)) continue;
    const layer = weighted(editor, node);
    if (layer === null) continue;
    for (let next = follower(editor, node); next !== undefined; next = follower(editor, node)) {
      const map = channelMap(editor, next, node.output[0] ?? '', layer);
      if (map === null || !apply(editor, layer, map)) break;
      editor.remove(next);
      editor.setOutput(node, 0, next.output[0] ?? '');
    }
  }
}

function follower(editor: GraphEditor, node: NodeProto): NodeProto | undefined {
  return editor.onlyConsumer(node.output[0] ?? '');
}

function weighted(editor: GraphEditor, node: NodeProto): Weighted | null {
  const weight = editor.constant(node.input[1] ?? '');
  if (weight === undefined || weight.dataType !== FLOAT) return null;
  const bias = node.input[2] ?? '';
  if (bias !== '' && editor.constant(bias)?.dataType !== FLOAT) return null;
  const shape = shapeOf(weight);
  const rank = shape.length;
  const inner = shape.slice(2).reduce((product, size) => product * size, 1);
  const [first = 0, second = 0] = shape;
  switch (operator(node)) {
    case 'Conv':
      return layer(first, (element) => Math.floor(element / (second * inner)));
    case 'ConvTranspose': {
      const groups = intAttribute(node, 'group', 1);
      const perGroup = first / groups;
      return layer(second * groups, (element) => {
        const group = Math.floor(element / (second * inner) / perGroup);
        return group * second + (Math.floor(element / inner) % second);
      });
    }
    case 'Gemm': {
      if (floatAttribute(node, 'beta', 1) !== 1) return null;
      return intAttribute(node, 'transB', 0) === 0
        ? layer(second, (element) => element % second)
        : layer(first, (element) => Math.floor(element / second));
    }
    default:
      return null;
  }

  function layer(channels: number, channelOf: (element: number) => number): Weighted | null {
    return weight === undefined || channels < 1 ? null : { node, weight, channels, channelOf, rank };
  }
}

function channelMap(editor: GraphEditor, node: NodeProto, data: string, layer: Weighted): ChannelMap | null {
  const op = operator(node);
  if (op === 'BatchNormalization') return normalizationMap(editor, node, data, layer.channels);
  if (op !== 'Mul' && op !== 'Div' && op !== 'Add' && op !== 'Sub') return null;
  const dataFirst = node.input[0] === data;
  const values = perChannel(editor, node.input[dataFirst ? 1 : 0] ?? '', layer);
  if (values === null) return null;
  const ones = new Float64Array(layer.channels).fill(1);
  const zeros = new Float64Array(layer.channels);
  if (op === 'Mul') return { scale: values, shift: zeros };
  if (op === 'Add') return { scale: ones, shift: values };
  if (op === 'Sub')
    return dataFirst
      ? { scale: ones, shift: values.map((value) => -value) }
      : { scale: ones.map((value) => -value), shift: values };
  return dataFirst ? { scale: values.map((value) => 1 / value), shift: zeros } : null;
}

/** What a BatchNormalization does to each channel; null unless its statistics are constants. */
export function normalizationMap(
  editor: GraphEditor,
  node: NodeProto,
  data: string,
  channels: number,
): ChannelMap | null {
  if (node.input[0] !== data || intAttribute(node, 'training_mode', 0) !== 0) return null;
  // The statistics' own outputs are only of use while training.
  if (
    node.output.slice(1).some((name) => name !== '' && (editor.pinned(name) || editor.consumers(name).length))
  )
    return null;
  const [gamma, beta, mean, variance] = node.input.slice(1).map((name) => editor.constantValues(name));
  if (!gamma || !beta || !mean || !variance) return null;
  if ([gamma, beta, mean, variance].some((values) => values.length !== channels)) return null;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(itemAt(variance, c) + epsilon));
  const shift = Float64Array.from(beta, (value, c) => value - itemAt(mean, c) * itemAt(scale, c));
  return { scale, shift };
}

/** A constant as one value a channel; null when it has other values at other positions, or would widen the output. */
function perChannel(editor: GraphEditor, name: string, layer: Weighted): Float64Array | null {
  const tensor = editor.constant(name);
  if (tensor === undefined || tensor.dataType !== FLOAT) return null;
  const shape = shapeOf(tensor);
  if (shape.length > layer.rank) return null;
  const channelAxis = shape.length - layer.rank + 1;
  for (const [axis, size] of shape.entries())
    if (size !== 1 && !(axis === channelAxis && size === layer.channels)) return null;
  const values = editor.values(tensor);
  return Float64Array.from({ length: layer.channels }, (_, c) => itemAt(values, values.length === 1 ? 0 : c));
}

/** False where the result would not be finite or the bias is not one value a channel; then nothing is changed. */
function apply(editor: GraphEditor, layer: Weighted, { scale, shift }: ChannelMap): boolean {
  const { node, weight, channels, channelOf } = layer;
  const biasTensor = editor.constant(node.input[2] ?? '');
  const old = biasTensor === undefined ? null : editor.values(biasTensor);
  if (old !== null && old.length !== channels && old.length !== 1) return false;
  const bias = Float32Array.from({ length: channels }, (_, c) => {
    const value = old === null ? 0 : itemAt(old, old.length === 1 ? 0 : c);
    return value * itemAt(scale, c) + itemAt(shift, c);
  });
  if (!bias.every(Number.isFinite) || !scale.every(Number.isFinite)) return false;
  if (scale.some((value) => value !== 1)) {
    const current = editor.constant(node.input[1] ?? '') ?? weight;
    // Scaled for one layer and not for another it is stored twice.
    if (elements(current) > COPIED_ELEMENTS && editor.isShared(current.name, node)) return false;
    const values = editor.values(current);
    const scaled = new Float32Array(elements(current));
    for (let i = 0; i < scaled.length; i++)
      scaled[i] = (values[i] ?? Number.NaN) * itemAt(scale, channelOf(i));
    if (!scaled.every(Number.isFinite)) return false;
    replaceConstant(editor, node, 1, makeFloatTensor(current.name, shapeOf(current), scaled));
  }
  const name = biasTensor?.name ?? editor.uniqueName(`${nodeName(node)}_bias`);
  replaceConstant(editor, node, 2, makeFloatTensor(name, [channels], bias));
  return true;
}

/** Gives a node another constant, under the same name where nobody else reads it. */
export function replaceConstant(
  editor: GraphEditor,
  node: NodeProto,
  index: number,
  tensor: TensorProto,
): void {
  const shared = editor.isShared(tensor.name, node);
  if (shared) tensor.name = editor.uniqueName(`${tensor.name}_folded`);
  editor.setConstant(tensor);
  editor.setInput(node, index, tensor.name);
}
