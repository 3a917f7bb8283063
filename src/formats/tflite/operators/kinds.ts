import { hasLayout, kindsByName, type Layout, type OperatorKind } from '../../../model/operatorKind';

/** Builtin operators; what a custom one does only its maker knows. */
const KINDS = kindsByName({
  convolution: ['CONV_2D', 'CONV_3D'],
  'depthwise convolution': ['DEPTHWISE_CONV_2D'],
  'transposed convolution': ['TRANSPOSE_CONV', 'CONV_3D_TRANSPOSE'],
  'matrix product': ['FULLY_CONNECTED', 'BATCH_MATMUL'],
  lstm: ['LSTM', 'UNIDIRECTIONAL_SEQUENCE_LSTM'],
  clip: ['RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1'],
  relu: ['RELU'],
  'leaky relu': ['LEAKY_RELU'],
  prelu: ['PRELU'],
  elu: ['ELU'],
  sigmoid: ['LOGISTIC'],
  'hard swish': ['HARD_SWISH'],
  tanh: ['TANH'],
  gelu: ['GELU'],
  softmax: ['SOFTMAX'],
  addition: ['ADD', 'ADD_N'],
  subtraction: ['SUB'],
  multiplication: ['MUL'],
  division: ['DIV'],
  negation: ['NEG'],
  maximum: ['MAXIMUM'],
  minimum: ['MINIMUM'],
  'max pooling': ['MAX_POOL_2D'],
  'average pooling': ['AVERAGE_POOL_2D'],
  'reduced mean': ['MEAN'],
  'reduced sum': ['SUM'],
  'index of maximum': ['ARG_MAX'],
  'index of minimum': ['ARG_MIN'],
  concatenation: ['CONCATENATION'],
  stack: ['PACK'],
  unstack: ['UNPACK'],
  split: ['SPLIT', 'SPLIT_V'],
  slice: ['SLICE', 'STRIDED_SLICE'],
  gather: ['GATHER'],
  'gather of slices': ['GATHER_ND'],
  padding: ['PAD', 'PADV2', 'MIRROR_PAD'],
  tile: ['TILE'],
  broadcast: ['BROADCAST_TO'],
  reversal: ['REVERSE_V2'],
  reshape: ['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS'],
  transpose: ['TRANSPOSE'],
  resize: ['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'],
  'depth to space': ['DEPTH_TO_SPACE'],
  'space to batch': ['SPACE_TO_BATCH_ND'],
  'batch to space': ['BATCH_TO_SPACE_ND'],
  quantize: ['QUANTIZE'],
  dequantize: ['DEQUANTIZE'],
  cast: ['CAST'],
});

/** By name of a builtin operator (schema.fbs, BuiltinOperator); null: custom, or without a name here. */
export function kindOf(op: string): OperatorKind | null {
  return KINDS.get(op) ?? null;
}

/** All operators that know channels have them last; undefined for the others. */
export function layoutOf(op: string): Layout | undefined {
  return hasLayout(kindOf(op)) ? 'channels last' : undefined;
}
