import type { Tensor } from '../../../model/model';
import { hasLayout, kindsByName, type Layout, type OperatorKind } from '../../../model/operatorKind';
import { intAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';

/** Operators of ONNX, and those of the domains in which ONNX Runtime keeps variants of them. */
const KINDS = kindsByName({
  convolution: ['Conv', 'ConvInteger', 'QLinearConv', 'FusedConv', 'NhwcConv', 'NhwcFusedConv'],
  'transposed convolution': ['ConvTranspose', 'QLinearConvTranspose'],
  'matrix product': [
    ...['MatMul', 'Gemm', 'MatMulInteger', 'QLinearMatMul', 'QGemm', 'DynamicQuantizeMatMul'],
    ...['MatMulIntegerToFloat', 'MatMulNBits', 'FusedMatMul', 'FusedGemm'],
  ],
  lstm: ['LSTM'],
  clip: ['Clip'],
  relu: ['Relu', 'QLinearRelu'],
  'leaky relu': ['LeakyRelu', 'QLinearLeakyRelu'],
  prelu: ['PRelu'],
  elu: ['Elu'],
  selu: ['Selu'],
  sigmoid: ['Sigmoid', 'QLinearSigmoid'],
  'hard sigmoid': ['HardSigmoid'],
  swish: ['Swish'],
  'hard swish': ['HardSwish'],
  tanh: ['Tanh'],
  gelu: ['Gelu'],
  softplus: ['Softplus'],
  softsign: ['Softsign'],
  softmax: ['Softmax'],
  addition: ['Add', 'Sum', 'QLinearAdd', 'BiasAdd'],
  subtraction: ['Sub'],
  multiplication: ['Mul', 'QLinearMul'],
  division: ['Div'],
  negation: ['Neg'],
  maximum: ['Max'],
  minimum: ['Min'],
  'max pooling': ['MaxPool', 'NhwcMaxPool'],
  'average pooling': ['AveragePool', 'QLinearAveragePool'],
  'global max pooling': ['GlobalMaxPool'],
  'global average pooling': ['GlobalAveragePool', 'QLinearGlobalAveragePool'],
  'reduced mean': ['ReduceMean'],
  'reduced sum': ['ReduceSum'],
  'index of maximum': ['ArgMax'],
  'index of minimum': ['ArgMin'],
  'batch normalization': ['BatchNormalization'],
  'instance normalization': ['InstanceNormalization'],
  'layer normalization': ['LayerNormalization'],
  concatenation: ['Concat', 'QLinearConcat'],
  split: ['Split'],
  slice: ['Slice', 'Crop'],
  gather: ['Gather'],
  'gather of slices': ['GatherND'],
  padding: ['Pad'],
  tile: ['Tile'],
  broadcast: ['Expand'],
  reshape: ['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'],
  transpose: ['Transpose'],
  resize: ['Resize', 'Upsample'],
  'depth to space': ['DepthToSpace'],
  quantize: ['QuantizeLinear', 'DynamicQuantizeLinear'],
  dequantize: ['DequantizeLinear'],
  cast: ['Cast'],
  constant: ['Constant'],
  identity: ['Identity'],
});

/** `com.microsoft`, its `nchwc`, and `com.ms.internal.nhwc`: names there mean what ONNX's own do. */
const DOMAINS = /^$|^ai\.onnx$|^com\.(microsoft|ms\.internal)(\.|$)/;

/** Operators whose tensors are [N, H, W, C] whatever their attributes say. */
const CHANNELS_LAST = /^Nhwc/;

/** @param constants of the node's graph: a filter there says whether each channel has one of its own. */
export function kindOf(proto: NodeProto, constants: ReadonlyMap<string, Tensor>): OperatorKind | null {
  const { opType, domain, input } = proto;
  const kind = (DOMAINS.test(domain) && KINDS.get(opType)) || null;
  if (kind !== 'convolution') return kind;
  const filter = constants.get(input[opType === 'QLinearConv' ? 3 : 1] ?? '');
  const depthwise = intAttribute(proto, 'group', 1) > 1 && filter?.shape[1] === 1;
  return depthwise ? 'depthwise convolution' : kind;
}

/** undefined: the operator knows no channels. */
export function layoutOf(proto: NodeProto, kind: OperatorKind | null): Layout | undefined {
  if (!hasLayout(kind)) return undefined;
  const last =
    CHANNELS_LAST.test(proto.opType) ||
    proto.domain.endsWith('.nhwc') ||
    intAttribute(proto, 'channels_last', 0) !== 0;
  return last ? 'channels last' : 'channels first';
}
