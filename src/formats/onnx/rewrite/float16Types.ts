import { stringAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { isDefaultDomain } from './protos';

/** Inputs and outputs that an operator defines for float32 but not for float16, in operator sets `from` to `to`. */
interface FloatPorts {
  readonly from?: number;
  readonly to?: number;
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
}

/**
 * By the type constraints of every version of every operator of ONNX up to operator set 28
 * (https://github.com/onnx/onnx/blob/main/docs/Changelog.md); the operators that quantize are left out, since
 * models that have them are not made float16. The region of interest of Resize may be float16, but its
 * coordinates would lose places.
 */
const FLOAT_PORTS: ReadonlyMap<string, FloatPorts> = new Map([
  ['Celu', { to: 27, inputs: [0], outputs: [0] }],
  ['CumSum', { to: 13, inputs: [0], outputs: [0] }],
  ['IsInf', { to: 19, inputs: [0] }],
  ['LayerNormalization', { outputs: [1, 2] }],
  ['NonMaxSuppression', { inputs: [0, 1, 3, 4] }],
  ['Range', { to: 26, inputs: [0, 1, 2], outputs: [0] }],
  ['Resize', { inputs: [1, 2] }],
  ['TfIdfVectorizer', { outputs: [0] }],
  ['Upsample', { from: 9, inputs: [1] }],
]);

/**
 * Operators of com.microsoft that take float16 throughout, but for these ports
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). All others stay float32.
 */
const MICROSOFT: ReadonlyMap<string, FloatPorts> = new Map([
  ['Attention', {}],
  ['BiasGelu', {}],
  ['BiasSoftmax', {}],
  ['EmbedLayerNormalization', {}],
  ['FastGelu', {}],
  ['FusedConv', {}],
  ['FusedGemm', {}],
  ['FusedMatMul', {}],
  ['Gelu', {}],
  ['GroupQueryAttention', {}],
  ['MultiHeadAttention', {}],
  ['QuickGelu', {}],
  ['RotaryEmbedding', {}],
  ['SkipLayerNormalization', { outputs: [1, 2] }],
  ['SkipSimplifiedLayerNormalization', { outputs: [1, 2] }],
  ['TransposeMatMul', {}],
]);

/** Operators that give a type of their own, named in an attribute or float32, whatever they read. */
const NAMES_ITS_TYPE: ReadonlySet<string> = new Set([
  'Bernoulli',
  'BlackmanWindow',
  'Constant',
  'EyeLike',
  'HammingWindow',
  'HannWindow',
  'MelWeightMatrix',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);

/** Before it a Cast names its type in a text, and engines cannot tell what it gives. */
const FIRST_OPSET = 6;

/** Ports of a node that stay float32, or why the whole node does. */
export function floatPorts(node: NodeProto, opset: number): FloatPorts | string {
  const op = node.opType;
  if (opset < FIRST_OPSET) return `operator set ${opset} is older than what float16 is written in`;
  if (!isDefaultDomain(node.domain)) {
    const ports = node.domain === 'com.microsoft' ? MICROSOFT.get(op) : undefined;
    return ports ?? `${node.domain}.${op} is not known to take float16`;
  }
  if (NAMES_ITS_TYPE.has(op)) return `${op} makes values of a type that it names itself`;
  if (RECURRENT.has(op) && stringAttribute(node, 'direction', 'forward') === 'bidirectional')
    return `ONNX Runtime does not run a bidirectional ${op} in float16 safely`;
  const ports = FLOAT_PORTS.get(op);
  return ports && opset >= (ports.from ?? 1) && opset <= (ports.to ?? Number.POSITIVE_INFINITY) ? ports : {};
}
