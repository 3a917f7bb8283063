import type { InferredTensor } from '../../model/inference';
import { fixedInputs } from '../checks';
import type { Layer } from '../layer';
import { type Condition, each, open, operators, refused, type Target } from '../target';

// Public are lists of operators. What the HTP asks of each operator’s types and sizes is in Qualcomm’s own documents,
// which change with the chip; so a listed operator with quantized tensors runs there as far as public documents say.

const LITERT = operators(`
  ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_TO CAST CEIL
  CONCATENATION CONV_2D CONV_3D COS CUMSUM DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE DIV
  DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR FLOOR_DIV FULLY_CONNECTED GATHER GATHER_ND GELU
  GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND
  LOGICAL_NOT LOGICAL_OR LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK
  PAD PADV2 POW PRELU QUANTIZE REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN RELU RELU_0_TO_1 RELU6
  RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT SELECT_V2 SIGN
  SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQUARE SQUARED_DIFFERENCE SQRT
  STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV UNPACK
`);

const ONNX_RUNTIME = operators(`
  Abs Add And ArgMax ArgMin Asin Atan AveragePool BatchNormalization Cast Clip Concat Conv ConvTranspose Cos
  DepthToSpace DequantizeLinear Div Elu Equal Exp Expand Flatten Floor Gather Gelu Gemm GlobalAveragePool
  Greater GreaterOrEqual GridSample HardSwish InstanceNormalization LRN LayerNormalization LeakyRelu Less
  LessOrEqual Log LogSoftmax MatMul Max MaxPool Min Mul Neg Not Or PRelu Pad Pow QuantizeLinear ReduceMax
  ReduceMean ReduceMin ReduceProd ReduceSum Relu Resize Round Sigmoid Sign Sin Slice Softmax SpaceToDepth
  Split Sqrt Squeeze Sub Tanh Tile TopK Transpose Unsqueeze Where com.microsoft.DequantizeLinear
  com.microsoft.Gelu com.microsoft.QuantizeLinear
`);

/** float32 is computed in float16 there, or not at all, by the chip. */
const precision: Condition = {
  id: 'precision',
  check: (layer) => {
    const floats = layer.activations.filter(({ type }) => type === 'float32' || type === 'float16');
    if (floats.length === 0 || layer.op === 'QUANTIZE' || layer.op === 'QuantizeLinear') return null;
    return decoded(layer, floats)
      ? null
      : open(
          'Its tensors are floats: newer chips compute them in float16.',
          'Quantize activations and weights.',
        );
  },
};

/** ONNX states quantized tensors by a DequantizeLinear before the layer. */
function decoded(layer: Layer, floats: readonly InferredTensor[]): boolean {
  if (layer.op === 'DequantizeLinear') return true;
  const made = layer.node.inputs.flatMap((_, index) => layer.producer(index)?.node ?? []);
  return floats.every(({ name }) =>
    made.some(({ op, outputs }) => op === 'DequantizeLinear' && outputs.includes(name)),
  );
}

const notInBlocks: Condition = {
  id: 'blocks',
  check: (layer) =>
    layer.inputs.some(({ quantization }) => quantization?.blockSize)
      ? refused('Blocks of its weights share a scale.', 'Use one scale for each channel.')
      : null,
};

const norm: Condition = {
  id: 'norm',
  check: (layer) =>
    layer.number('p', 2) === 2 ? null : refused('Its norm is not the second one.', 'Use p = 2.'),
};

/** Qualcomm’s AI Engine Direct on the Hexagon processor of newer Snapdragons. */
export const qnn: Target = {
  id: 'qnn',
  name: 'Qualcomm QNN on Hexagon',
  place: 'the Hexagon NPU',
  otherwise: 'run on the CPU',
  formats: ['tflite', 'onnx'],
  sources: [
    {
      title: 'LiteRT: litert/vendors/qualcomm/compiler/Qualcomm_QNN_Compiler.md',
      url: 'https://github.com/google-ai-edge/LiteRT/blob/main/litert/vendors/qualcomm/compiler/Qualcomm_QNN_Compiler.md',
      version: 'commit f674577, 2026-08-21',
      looked: '2026-11-26',
    },
    {
      title: 'ONNX Runtime: docs/execution-providers/QNN-ExecutionProvider.md',
      url: 'https://onnxruntime.ai/docs/execution-providers/QNN-ExecutionProvider.html',
      version: 'commit 019bde6',
      looked: '2026-11-26',
    },
  ],
  caution:
    'As far as it is public: lists of operators. Which types and sizes a chip takes is in Qualcomm’s own documents, so a ' +
    'layer that is said to run there may still be refused.',
  rules: [fixedInputs('unknown')],
  layers: {
    tflite: {
      others: 'falls back',
      every: [precision, notInBlocks],
      operators: each(LITERT),
    },
    onnx: {
      others: 'falls back',
      every: [precision],
      operators: { ...each(ONNX_RUNTIME), LpNormalization: [norm] },
    },
  },
};
