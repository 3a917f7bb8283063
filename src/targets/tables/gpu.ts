import { all, ranks, types, version } from '../conditions';
import { type Condition, each, operators, type Target } from '../target';

// The delegate's README lists operators with versions; what its parsers ask beyond that is in no document.

/** Tensors that the delegate passes between layers: quantized ones are computed in floats. */
const PASSED = ['float32', 'float16', 'int8', 'uint8'] as const;
const DIMENSIONS = 4;

const ALL: readonly Condition[] = [
  all(
    'types',
    types('types', 'activations', PASSED, 'Keep this operator in float32.'),
    types('types', 'outputs', PASSED, 'Keep this operator in float32.'),
  ),
  all(
    'dimensions',
    ranks('dimensions', 'inputs', 0, DIMENSIONS),
    ranks('dimensions', 'outputs', 0, DIMENSIONS),
  ),
];

/** Of model_builder.cc: operators that have a parser and are in no list. */
const PARSED = operators(`
  ABS ADD_N BATCH_MATMUL CAST COS CUMSUM DENSIFY DEPTH_TO_SPACE DEQUANTIZE DIV EQUAL ELU FLOOR FLOOR_DIV
  FLOOR_MOD GATHER GELU GREATER GREATER_EQUAL HARD_SWISH LESS LESS_EQUAL LOG LOGICAL_AND MEAN MIRROR_PAD NEG
  NOT_EQUAL ONE_HOT PACK PADV2 POW REDUCE_MAX REDUCE_MIN REDUCE_PROD QUANTIZE RELU_0_TO_1 RELU_N1_TO_1
  LEAKY_RELU RESIZE_NEAREST_NEIGHBOR RSQRT SELECT SELECT_V2 SIGN SIN SLICE SPACE_TO_DEPTH SPLIT SPLIT_V SQRT
  SQUARE SQUARED_DIFFERENCE SUM TANH TILE TRANSPOSE UNPACK Convolution2DTransposeBias MaxPoolingWithArgmax2D
  MaxUnpooling2D Resampler
`);

/** TensorFlow Lite's and LiteRT's delegate for GPUs of phones. */
export const gpu: Target = {
  id: 'gpu',
  name: 'TensorFlow Lite GPU delegate',
  place: 'the GPU',
  otherwise: 'run on the CPU',
  formats: ['tflite'],
  sources: [
    {
      title: 'LiteRT: tflite/delegates/gpu/README.md and common/model_builder.cc',
      url: 'https://github.com/google-ai-edge/LiteRT/tree/main/tflite/delegates/gpu',
      version: 'commit f674577, 2026-08-21',
      looked: '2026-11-26',
    },
  ],
  caution:
    'By default only the largest part of a model goes to the GPU. Quantized tensors are computed in floats there. ' +
    'Lists are of operators: what a driver refuses no document says.',
  rules: [],
  layers: {
    tflite: {
      others: 'falls back',
      every: ALL,
      open: Object.fromEntries(
        PARSED.map((op) => [
          op,
          'The delegate’s source has a parser for it, and its documentation does not list it.',
        ]),
      ),
      operators: {
        ...each(['ADD', 'EXP', 'LOGISTIC', 'MAXIMUM', 'MINIMUM', 'SUB'], version('version', 2)),
        ...each(
          ['AVERAGE_POOL_2D', 'MAX_POOL_2D', 'CONCATENATION', 'PAD', 'RELU', 'RELU6', 'SOFTMAX'],
          version('version', 2),
        ),
        MUL: [version('version', 3)],
        ...each(['CONV_2D', 'DEPTHWISE_CONV_2D'], version('version', 6)),
        FULLY_CONNECTED: [version('version', 9)],
        ...each(['LSTM', 'STRIDED_SLICE'], version('version', 4)),
        ...each(['PRELU', 'RESHAPE'], version('version', 1)),
        ...each(['RESIZE_BILINEAR', 'TRANSPOSE_CONV'], version('version', 3)),
      },
    },
  },
};
