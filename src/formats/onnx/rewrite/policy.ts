import type { Precision } from '../../../model/precision';
import type { Range, Role } from '../../plan';
import { floatAttribute, stringAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import type { GraphEditor } from './editor';
import { elements, FLOAT, nodeName, operator, shapeOf } from './protos';

/** What is done with an operator at a precision, under which conditions, and how that is known. */
interface Policy {
  /** Static int8. Absent: there is no kernel. `unless` says why one node of it has no part in it. */
  readonly static?: {
    readonly kind: Role['kind'];
    readonly unless?: (editor: GraphEditor, node: NodeProto) => string | null;
  };
  /** int8 weights with activations quantized in each run, or why not. Absent: there is nothing to gain. */
  readonly dynamic?: true | string;
  /** Inputs that hold weights which can be written in 8 bits. */
  readonly weights?: readonly number[];
  readonly source: string;
}

const FUSED = 'ONNX Runtime fuses it with the Q and DQ around it (its optimized graphs, opset 13 to 21)';
const DYNAMIC_KERNELS = "ONNX Runtime's kernels for 8-bit weights, in its list of contrib operators";
const CONVOLUTION = 'convolutions get slower when their input is quantized anew in every run';

const arithmetic: Policy = { static: { kind: 'arithmetic', unless: isArithmeticOnIntegers }, source: FUSED };
const byConstant: Policy = {
  static: {
    kind: 'arithmetic',
    unless: (editor, node) =>
      isByConstant(editor, node) ? isArithmeticOnIntegers(editor, node) : noKernel(node),
  },
  source: `${FUSED} as Add or Mul, whose kernels it has when it is by a constant`,
};
const pooling: Policy = { static: { kind: 'pooling' }, source: FUSED };
const sameScale = (unless?: (node: NodeProto) => string | null): Policy => ({
  static: {
    kind: 'same-scale',
    unless: (editor, node) =>
      unless?.(node) ?? (editor.constant(node.input[0] ?? '') ? 'its input is a constant' : null),
  },
  source: `${FUSED}, and it hands integers on as they are`,
});

/** By operator. What is not here stays as it is in int8. */
export const POLICIES: ReadonlyMap<string, Policy> = new Map<string, Policy>([
  [
    'Conv',
    {
      static: { kind: 'product', unless: notAProduct },
      dynamic: CONVOLUTION,
      weights: [1],
      source: `${FUSED}; dynamic: measured`,
    },
  ],
  [
    'Gemm',
    {
      static: {
        kind: 'product',
        unless: (editor, node) =>
          notAProduct(editor, node) ??
          (floatAttribute(node, 'alpha', 1) === 0 ? 'it multiplies by zero' : null),
      },
      dynamic: true,
      weights: [1],
      source: `${FUSED}; dynamic: ${DYNAMIC_KERNELS}`,
    },
  ],
  [
    'MatMul',
    {
      static: { kind: 'product', unless: notAMatrixProduct },
      dynamic: true,
      weights: [1],
      source: `${FUSED}, of two activations as well; dynamic: ${DYNAMIC_KERNELS}`,
    },
  ],
  ['LSTM', { dynamic: true, weights: [1, 2], source: DYNAMIC_KERNELS }],
  ['com.microsoft.Attention', { dynamic: true, weights: [1], source: DYNAMIC_KERNELS }],
  ['ConvTranspose', { dynamic: CONVOLUTION, source: 'as Conv' }],
  ...['GRU', 'RNN'].map((op): [string, Policy] => [
    op,
    { dynamic: `ONNX Runtime has no kernel for ${op} with 8-bit weights`, source: DYNAMIC_KERNELS },
  ]),
  ...['Add', 'Mul', 'Concat', 'Sigmoid', 'LeakyRelu'].map((op): [string, Policy] => [op, arithmetic]),
  ...['Sub', 'Div'].map((op): [string, Policy] => [op, byConstant]),
  ...['AveragePool', 'GlobalAveragePool'].map((op): [string, Policy] => [op, pooling]),
  ...[
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
  ].map((op): [string, Policy] => [op, sameScale()]),
  [
    'MaxPool',
    sameScale((node) => ((node.output[1] ?? '') === '' ? null : 'MaxPool with indices has no int8 kernel')),
  ],
  [
    'Resize',
    sameScale((node) =>
      stringAttribute(node, 'mode', 'nearest') === 'nearest'
        ? null
        : `${noKernel(node)} unless it takes the nearest element`,
    ),
  ],
]);

/** The part of a node in a graph of integers, else why it has none. */
export function roleOf(editor: GraphEditor, node: NodeProto): Role | string {
  const policy = POLICIES.get(operator(node))?.static;
  if (policy === undefined) return noKernel(node);
  const kind = isProductOfActivations(editor, node) ? 'arithmetic' : policy.kind;
  const reason = kind === policy.kind ? policy.unless?.(editor, node) : isArithmeticOnIntegers(editor, node);
  if (reason) return reason;
  const data = kind === 'arithmetic' ? activationsOf(editor, node) : [0];
  const weight = kind === 'product' ? editor.constant(node.input[1] ?? '') : undefined;
  const hasBias = weight !== undefined && node.opType !== 'MatMul';
  return {
    kind,
    data,
    weightAxis: weight === undefined ? null : channelAxis(node, weight),
    biasAxis: hasBias ? 1 : null,
    // A convolution in 8 bits cannot.
    givesFloat: weight !== undefined && operator(node) !== 'Conv',
  };
}

/** Precisions with static scales of a node that has a part in a graph of integers. */
export function staticPrecisions(role: Role): Precision[] {
  const granularity = role.weightAxis === null ? 'tensor' : 'channel';
  return (['uint8', 'int8'] as const).map((activations) => ({ weights: 'int8', activations, granularity }));
}

function noKernel(node: NodeProto): string {
  return `${operator(node)} has no int8 kernel`;
}

function activationsOf(editor: GraphEditor, node: NodeProto): number[] {
  return node.input.flatMap((name, index) => (editor.constant(name) ? [] : [index]));
}

/** Whether arithmetic is on float32 activations; else why not. */
function isArithmeticOnIntegers(editor: GraphEditor, node: NodeProto): string | null {
  const stored = node.input.flatMap((name) => editor.constant(name) ?? []);
  if (stored.some((tensor) => tensor.dataType !== FLOAT)) return 'it does not work on float32';
  return activationsOf(editor, node).length > 0 ? null : 'its inputs are constants';
}

/** x − c and x / c, which can be written as x + (−c) and x · (1/c). */
function isByConstant(editor: GraphEditor, node: NodeProto): boolean {
  if (editor.constant(node.input[0] ?? '') || editor.constant(node.input[1] ?? '')?.dataType !== FLOAT)
    return false;
  return (
    operator(node) === 'Sub' ||
    (editor.constantValues(node.input[1])?.every((c) => Number.isFinite(1 / c)) ?? false)
  );
}

const COMPUTED = 'its weights are computed while it runs';

/** Such as queries times keys: arithmetic as any other. */
function isProductOfActivations(editor: GraphEditor, node: NodeProto): boolean {
  return operator(node) === 'MatMul' && weightOf(editor, node) === COMPUTED;
}

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
    .find((reader) => !POLICIES.get(operator(reader))?.weights?.some((at) => reader.input[at] === name));
  // What stays in float beside an 8-bit copy only makes the file larger.
  if (other !== undefined || editor.pinned(name))
    return `its weights are read in float by ${other ? nodeName(other) : 'a body or the outputs'} too: in 8 bits they would be stored twice`;
  return editor.constant(node.input[0] ?? '') ? 'its input is a constant' : tensor;
}

function notAProduct(editor: GraphEditor, node: NodeProto): string | null {
  const weight = weightOf(editor, node);
  if (typeof weight === 'string') return weight;
  const biasName = node.input[2] ?? '';
  if (biasName === '') return null;
  const bias = editor.constant(biasName);
  if (bias === undefined) return 'its bias is computed while it runs';
  const channels = shapeOf(weight)[channelAxis(node, weight) ?? 0] ?? 0;
  const count = elements(bias);
  const vector = bias.dims.length <= 2 && Number(bias.dims.at(-1) ?? 1n) === count;
  return vector && (count === channels || count === 1) ? null : 'its bias is not one value a channel';
}

function notAMatrixProduct(editor: GraphEditor, node: NodeProto): string | null {
  const weight = weightOf(editor, node);
  if (typeof weight === 'string') return weight;
  return weight.dims.length < 2 ? 'its weights are a vector' : null;
}

/** Axis of the output channels in a product's weights, of a depthwise convolution as of any; null: one scale for all of them. */
function channelAxis(node: NodeProto, weight: TensorProto): number | null {
  if (node.opType === 'Conv') return 0;
  if (node.opType === 'Gemm') return attribute(node, 'transB') ? 0 : 1;
  return weight.dims.length === 2 ? 1 : null;
}

function attribute(node: NodeProto, name: string): boolean {
  return node.attribute.some((entry) => entry.name === name && entry.i !== 0n);
}

/** The range that an activation function limits its input to; null where it does more than that. */
export function clampOf(editor: GraphEditor, node: NodeProto): Range | null {
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
