import { itemAt } from '../../../model/assert';
import type { Precision } from '../../../model/precision';
import type { PlanNode, Range, Role } from '../../plan';
import { attributeOf, floatAttribute, intAttribute, stringAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import type { GraphEditor } from './editor';
import { isTurned } from './matrix';
import { elements, FLOAT, nodeName, operator, shapeOf } from './protos';

/** Why a node has no part in a scheme although its operator has; null where it has. */
type Unless = (editor: GraphEditor, node: NodeProto) => string | null;

/** What is done with an operator at a precision, under which conditions, and how that is known. */
interface Policy {
  /** Static int8. Absent: there is no kernel. `unless` says why one node of it has no part in it. */
  readonly static?: {
    readonly kind: Role['kind'];
    readonly unless?: Unless;
  };
  /** int8 weights with activations quantized in each run, or why no node has it. Absent: there is nothing to gain. */
  readonly dynamic?: { readonly unless: Unless } | string;
  /** Weights alone, in these forms. Absent: there is nothing to gain. */
  readonly stored?: { readonly unless: Unless; readonly forms: readonly StoredForm[] };
  /** Inputs that hold weights which can be written in integers. */
  readonly weights?: readonly number[];
  readonly source: string;
}

type StoredForm = Pick<Precision, 'weights' | 'granularity'>;

const BY_CHANNEL: StoredForm = { weights: 'int8', granularity: 'channel' };
/** Neighbouring weights that MatMulNBits lets share a scale: powers of two from 16 on; larger groups than these help nobody. */
export const GROUP_SIZES: readonly number[] = [16, 32, 64, 128, 256];
/** ONNX Runtime's own tools write blocks of 32 by default; larger ones are faster and coarser. */
const MATRIX_FORMS: readonly StoredForm[] = [
  BY_CHANNEL,
  ...(['int8', 'int4'] as const).flatMap((weights) =>
    [32, 128].map((block): StoredForm => ({ weights, granularity: { block } })),
  ),
];

const FUSED = 'ONNX Runtime fuses it with the Q and DQ around it (its optimized graphs, opset 13 to 21)';
const DYNAMIC_KERNELS = "ONNX Runtime's kernels for 8-bit weights, in its list of contrib operators";
const BLOCKS = "MatMulNBits of ONNX Runtime, and DequantizeLinear of ONNX's operator set 21";
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
      stored: { unless: noWeights('weights'), forms: [BY_CHANNEL] },
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
      dynamic: { unless: notAPlainGemm('dynamic') },
      stored: { unless: notAPlainGemm('weights'), forms: MATRIX_FORMS },
      weights: [1],
      source: `${FUSED}; dynamic: ${DYNAMIC_KERNELS}; weights: ${BLOCKS}`,
    },
  ],
  [
    'MatMul',
    {
      static: { kind: 'product', unless: notAMatrixProduct('static') },
      dynamic: { unless: notAMatrixProduct('dynamic') },
      stored: { unless: notOneMatrix, forms: MATRIX_FORMS },
      weights: [1],
      source: `${FUSED}, of two activations as well; dynamic: ${DYNAMIC_KERNELS}; weights: ${BLOCKS}`,
    },
  ],
  ['LSTM', { dynamic: { unless: notAnLstm }, weights: [1, 2], source: DYNAMIC_KERNELS }],
  [
    'com.microsoft.Attention',
    { dynamic: { unless: notQuantizedAttention }, weights: [1], source: DYNAMIC_KERNELS },
  ],
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
    'DepthToSpace',
    'Split',
    'Expand',
    'Tile',
  ].map((op): [string, Policy] => [op, sameScale()]),
  [
    'Gather',
    {
      ...sameScale(),
      dynamic: { unless: notAnEmbedding('dynamic') },
      stored: { unless: notAnEmbedding('weights'), forms: [BY_CHANNEL] },
      weights: [0],
      source: `${FUSED}, and it hands integers on as they are; embeddings: it takes 8-bit integers`,
    },
  ],
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

/**
 * What a node can be besides static, and why it cannot be what one would expect of it.
 * @returns precisions, the best of each scheme first
 */
export function otherPrecisions(
  editor: GraphEditor,
  node: NodeProto,
): { precisions: Precision[]; refusals: PlanNode['refusals'] } {
  const { dynamic, stored } = POLICIES.get(operator(node)) ?? {};
  const precisions: Precision[] = [];
  const refusals: { dynamic?: string; weights?: string } = {};
  if (typeof dynamic === 'string') refusals.dynamic = dynamic;
  else if (dynamic !== undefined) {
    const reason = dynamic.unless(editor, node);
    // Stacked matrices have one scale.
    const granularity = (editor.constant(node.input[1] ?? '')?.dims.length ?? 0) > 2 ? 'tensor' : 'channel';
    if (reason === null) precisions.push({ weights: 'int8', activations: 'dynamic', granularity });
    else if (reason !== NOT_WEIGHTS) refusals.dynamic = reason;
  }
  if (stored !== undefined) {
    const reason = stored.unless(editor, node);
    if (reason === null)
      precisions.push(...stored.forms.map((form): Precision => ({ ...form, activations: 'float32' })));
    else if (reason !== NOT_WEIGHTS) refusals.weights = reason;
  }
  return { precisions, refusals };
}

/** Of what nobody would expect to have weights: nobody is told. */
const NOT_WEIGHTS = 'it has no weights';

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
  return operator(node) === 'MatMul' && weightOf(editor, node, 'static') === COMPUTED;
}

type WeightScheme = 'static' | 'dynamic' | 'weights';

/** The stored weights of a product that are to be written in integers; else why they cannot be. */
function weightOf(
  editor: GraphEditor,
  node: NodeProto,
  scheme: WeightScheme,
  index = 1,
): TensorProto | string {
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
  const other = editor.consumers(name).find((reader) => !takesWeights(reader, name, scheme));
  // What stays in float beside an 8-bit copy only makes the file larger.
  if (other !== undefined || isReadOtherwise(editor, name, scheme))
    return `its weights are read in float by ${other ? nodeName(other) : 'a body or the outputs'} too: in 8 bits they would be stored twice`;
  return editor.constant(node.input[0] ?? '') ? 'its input is a constant' : tensor;
}

/** Layers in bodies take part in schemes that need no ranges: nothing is observed there. */
function isReadOtherwise(editor: GraphEditor, name: string, scheme: WeightScheme): boolean {
  return scheme === 'static' ? editor.pinned(name) : editor.isOutput(name);
}

/** Whether a node of a scheme reads a tensor as its weights. */
function takesWeights(reader: NodeProto, name: string, scheme: WeightScheme): boolean {
  const policy = POLICIES.get(operator(reader));
  const part = scheme === 'weights' ? policy?.stored : policy?.[scheme];
  // A table is float where it is looked up in a graph of integers.
  if (part === undefined || typeof part === 'string' || ('kind' in part && part.kind !== 'product'))
    return false;
  return policy?.weights?.some((at) => reader.input[at] === name) ?? false;
}

function noWeights(scheme: WeightScheme): Unless {
  return (editor, node) => {
    const weight = weightOf(editor, node, scheme);
    return typeof weight === 'string' ? weight : null;
  };
}

function notAProduct(editor: GraphEditor, node: NodeProto): string | null {
  const weight = weightOf(editor, node, 'static');
  if (typeof weight === 'string') return weight;
  const biasName = node.input[2] ?? '';
  if (biasName === '') return null;
  const bias = editor.constant(biasName);
  if (bias === undefined) return 'its bias is computed while it runs';
  const axis = channelAxis(node, weight);
  const channels = axis === null ? 1 : itemAt(shapeOf(weight), axis);
  const count = elements(bias);
  const vector = bias.dims.length <= 2 && Number(bias.dims.at(-1) ?? 1n) === count;
  return vector && (count === channels || count === 1) ? null : 'its bias is not one value a channel';
}

function notAMatrixProduct(scheme: WeightScheme): Unless {
  return (editor, node) => {
    const weight = weightOf(editor, node, scheme);
    if (typeof weight === 'string') return weight;
    return weight.dims.length < 2 ? 'its weights are a vector' : null;
  };
}

function notOneMatrix(editor: GraphEditor, node: NodeProto): string | null {
  const reason = notAMatrixProduct('weights')(editor, node);
  if (reason !== null) return reason;
  return editor.constant(itemAt(node.input, 1))?.dims.length === 2
    ? null
    : 'its weights are stacked matrices';
}

/** A Gemm that is a product with a matrix and nothing more. */
function notAPlainGemm(scheme: WeightScheme): Unless {
  return (editor, node) => {
    const weight = weightOf(editor, node, scheme);
    if (typeof weight === 'string') return weight;
    if (intAttribute(node, 'transA', 0) !== 0) return 'it transposes its input';
    const bias = node.input[2] ?? '';
    return bias === '' || editor.constant(bias)?.dataType === FLOAT
      ? null
      : 'its bias is computed while it runs';
  };
}

function notAnLstm(editor: GraphEditor, node: NodeProto): string | null {
  const weights = [1, 2].map((index) => weightOf(editor, node, 'dynamic', index));
  const reason = weights.find((weight) => typeof weight === 'string');
  if (reason !== undefined) return reason;
  return intAttribute(node, 'layout', 0) === 0 ? null : 'its batch comes first (layout = 1)';
}

const QATTENTION_ATTRIBUTES: ReadonlySet<string> = new Set([
  'num_heads',
  'unidirectional',
  'mask_filter_value',
  'scale',
  'do_rotary',
]);

function notQuantizedAttention(editor: GraphEditor, node: NodeProto): string | null {
  const weight = weightOf(editor, node, 'dynamic');
  if (typeof weight === 'string') return weight;
  if ((node.input[2] ?? '') === '' || node.input.slice(5).some((name) => name !== ''))
    return 'it has inputs that attention with 8-bit weights does not take';
  const unknown = node.attribute.find(({ name }) => !QATTENTION_ATTRIBUTES.has(name));
  return unknown || attributeOf(node, 'num_heads') === undefined
    ? `attention with 8-bit weights does not know its attribute ${unknown?.name ?? 'num_heads'}`
    : null;
}

/** Smaller tables take fewer bytes than the nodes that make their rows float. */
const EMBEDDING_ELEMENTS = 1024;

/** A Gather of rows of a stored table, by indices that are only known when it runs. */
function notAnEmbedding(scheme: WeightScheme): Unless {
  return (editor, node) => {
    const table = editor.constant(node.input[0] ?? '');
    const isTable =
      table?.dataType === FLOAT &&
      table.dims.length === 2 &&
      elements(table) >= EMBEDDING_ELEMENTS &&
      intAttribute(node, 'axis', 0) === 0 &&
      editor.constant(node.input[1] ?? '') === undefined;
    if (!isTable) return NOT_WEIGHTS;
    const shared = editor.consumers(table.name).find((reader) => !takesWeights(reader, table.name, scheme));
    return shared === undefined && !isReadOtherwise(editor, table.name, scheme) ? null : NOT_WEIGHTS;
  };
}

/** Axis of the output channels in a product's weights, of a depthwise convolution as of any; null: one scale for all of them. */
export function channelAxis(node: NodeProto, weight: TensorProto): number | null {
  if (node.opType === 'Conv') return 0;
  if (node.opType === 'Gemm') return isTurned(node) ? 0 : 1;
  return weight.dims.length === 2 ? 1 : null;
}

/** Axis of the inputs in a matrix of weights, along which blocks lie. */
export function inputAxis(node: NodeProto): number {
  return isTurned(node) ? 1 : 0;
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
