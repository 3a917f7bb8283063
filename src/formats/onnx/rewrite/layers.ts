import { floatAttribute, stringAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import type { GraphEditor } from './editor';
import { elements, FLOAT, nodeName, operator, shapeOf } from './protos';

/**
 * What int8 can do with a node.
 * - `product`: a convolution or matrix product with constant weights; the reason for all the rest.
 * - `arithmetic`: has an 8-bit kernel, whose output has a range of its own.
 * - `pooling`: the same, and worth it wherever its input is 8-bit already.
 * - `passing`: only moves or picks elements, so its output has its input's scale and zero point.
 */
export type LayerKind = 'product' | 'arithmetic' | 'pooling' | 'passing';

export interface Candidate {
  readonly node: NodeProto;
  readonly kind: LayerKind;
  /** Indices of the inputs that are activations. */
  readonly data: readonly number[];
  /** Products only. */
  readonly weight?: TensorProto;
}

/** Operators that ONNX Runtime fuses with the Q and DQ around them (seen in its optimized graphs, opset 13 to 21). */
const ARITHMETIC: ReadonlySet<string> = new Set(['Add', 'Mul', 'Concat', 'Sigmoid', 'LeakyRelu', 'MatMul']);
const POOLING: ReadonlySet<string> = new Set(['AveragePool', 'GlobalAveragePool']);
const PASSING: ReadonlySet<string> = new Set([
  'MaxPool',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Gather',
  'DepthToSpace',
  'Split',
  'Expand',
  'Tile',
  'Resize',
]);

/** x − c and x / c, which can be written as x + (−c) and x · (1/c). */
function isByConstant(editor: GraphEditor, node: NodeProto): boolean {
  const op = operator(node);
  if (op !== 'Sub' && op !== 'Div') return false;
  if (editor.constant(node.input[0] ?? '') || editor.constant(node.input[1] ?? '')?.dataType !== FLOAT)
    return false;
  return (
    op === 'Sub' || (editor.constantValues(node.input[1])?.every((c) => Number.isFinite(1 / c)) ?? false)
  );
}

export function isPassing(node: NodeProto): boolean {
  return PASSING.has(operator(node));
}

/** Operators whose multiply-accumulates one would expect to be quantized, and why they are not. */
const NO_KERNEL = 'has no int8 kernel';

/** What int8 can do with a node, else why not. */
export function classify(editor: GraphEditor, node: NodeProto): Candidate | string {
  const op = operator(node);
  if (op === 'Conv' || op === 'Gemm') return product(editor, node, op);
  if (op === 'MatMul') {
    const weight = weightOf(editor, node);
    if (weight !== COMPUTED) return matMul(node, weight);
  }
  if (ARITHMETIC.has(op) || isByConstant(editor, node)) {
    const data = node.input.flatMap((name, index) => (editor.constant(name) ? [] : [index]));
    const stored = node.input.flatMap((name) => editor.constant(name) ?? []);
    if (stored.some((tensor) => tensor.dataType !== FLOAT)) return 'it does not work on float32';
    return data.length > 0 ? { node, kind: 'arithmetic', data } : 'its inputs are constants';
  }
  if (POOLING.has(op)) return { node, kind: 'pooling', data: [0] };
  if (!PASSING.has(op)) return `${op} ${NO_KERNEL}`;
  if (op === 'Resize' && stringAttribute(node, 'mode', 'nearest') !== 'nearest')
    return `Resize ${NO_KERNEL} unless it takes the nearest element`;
  if (op === 'MaxPool' && (node.output[1] ?? '') !== '') return 'MaxPool with indices has no int8 kernel';
  if (editor.constant(node.input[0] ?? '')) return 'its input is a constant';
  return { node, kind: 'passing', data: [0] };
}

const COMPUTED = 'its weights are computed while it runs';

/** Inputs that hold the weights of products. */
const WEIGHT_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['Conv', [1]],
  ['Gemm', [1]],
  ['MatMul', [1]],
  ['LSTM', [1, 2]],
  ['com.microsoft.Attention', [1]],
]);

/** The stored weights of a product that are to be written in 8 bits; else why they cannot be. */
export function weightOf(editor: GraphEditor, node: NodeProto, index = 1): TensorProto | string {
  const name = node.input[index] ?? '';
  const tensor = editor.constant(name);
  if (tensor === undefined) {
    const source = editor.producer(name);
    const shared =
      source !== undefined && operator(source) === 'Transpose' && editor.constant(source.input[0] ?? '');
    if (!shared) return COMPUTED;
    return `its weights are ${shared.name}, transposed, which others read too: in 8 bits they would be stored twice`;
  }
  if (tensor.dataType !== FLOAT) return 'its weights are not float32';
  const other = editor
    .consumers(name)
    .find((reader) => !WEIGHT_INPUTS.get(operator(reader))?.some((at) => reader.input[at] === name));
  // What stays in float beside an 8-bit copy only makes the file larger.
  if (other !== undefined || editor.pinned(name))
    return `its weights are read in float by ${other ? nodeName(other) : 'a body or the outputs'} too: in 8 bits they would be stored twice`;
  return editor.constant(node.input[0] ?? '') ? 'its input is a constant' : tensor;
}

function product(editor: GraphEditor, node: NodeProto, op: string): Candidate | string {
  const weight = weightOf(editor, node);
  if (typeof weight === 'string') return weight;
  const biasName = node.input[2] ?? '';
  if (biasName !== '') {
    const bias = editor.constant(biasName);
    if (bias === undefined) return 'its bias is computed while it runs';
    const channels = shapeOf(weight)[channelAxis(node, weight) ?? 0] ?? 0;
    const count = elements(bias);
    const vector = bias.dims.length <= 2 && Number(bias.dims.at(-1) ?? 1n) === count;
    if (!vector || (count !== channels && count !== 1)) return 'its bias is not one value a channel';
  }
  if (op === 'Gemm' && floatAttribute(node, 'alpha', 1) === 0) return 'it multiplies by zero';
  return { node, kind: 'product', data: [0], weight };
}

function matMul(node: NodeProto, weight: TensorProto | string): Candidate | string {
  if (typeof weight === 'string') return weight;
  if (weight.dims.length < 2) return 'its weights are a vector';
  return { node, kind: 'product', data: [0], weight };
}

/** Axis of the output channels in a product's weights; null: one scale for all of them. */
export function channelAxis(node: NodeProto, weight: TensorProto): number | null {
  const rank = weight.dims.length;
  if (node.opType === 'Conv') return 0;
  if (node.opType === 'Gemm') return attribute(node, 'transB') ? 0 : 1;
  return rank === 2 ? 1 : null;
}

function attribute(node: NodeProto, name: string): boolean {
  return node.attribute.some((entry) => entry.name === name && entry.i !== 0n);
}

/** The range that an activation function limits its input to; null where it does more than that. */
export function clampOf(editor: GraphEditor, node: NodeProto): { min: number; max: number } | null {
  const op = operator(node);
  if (op === 'Relu') return { min: 0, max: Number.POSITIVE_INFINITY };
  if (op !== 'Clip') return null;
  const min = bound(editor, node.input[1], Number.NEGATIVE_INFINITY);
  const max = bound(editor, node.input[2], Number.POSITIVE_INFINITY);
  // An 8-bit range always holds zero, so it cannot clamp away from it.
  return min !== null && max !== null && min <= 0 && max >= 0 ? { min, max } : null;
}

function bound(editor: GraphEditor, name: string | undefined, fallback: number): number | null {
  if (name === undefined || name === '') return fallback;
  return editor.constantValues(name)?.[0] ?? null;
}
