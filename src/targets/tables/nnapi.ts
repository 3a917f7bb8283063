import { all, option, ranks, stored, types, version } from '../conditions';
import { type Condition, each, operators, type Target } from '../target';

// What TensorFlow Lite's delegate gives to NNAPI from Android 11 (NNAPI 1.3) on, by its own checks. Which processor runs
// it there the driver decides.

const NUMBERS = types(
  'types',
  'input',
  ['float32', 'float16', 'int8', 'uint8'],
  'Use float32 or 8-bit integers.',
);
const FLOATS = types('types', 'input', ['float32', 'float16'], 'Keep this operator in float32.');
const WITH_INTEGERS = types('types', 'input', ['float32', 'float16', 'int8', 'uint8', 'int32']);
const FOUR = all('dimensions', ranks('dimensions', 'activations', 0, 4), ranks('dimensions', 'output', 0, 4));
const listed = (index: number, what: string) => stored('stored', [index], what);
const upTo = (most: number): Condition => version('version', most);

/** Google said with Android 15 that NNAPI is deprecated. */
export const NNAPI_DEPRECATED =
  'NNAPI is deprecated since Android 15. Use LiteRT’s CPU or GPU, or the maker’s own delegate, in new apps. Which ' +
  'processor runs what NNAPI takes the device’s driver decides: no document says.';

/** Android’s page about it. */
export const NNAPI_SOURCE = {
  title: 'Android: NNAPI migration guide',
  url: 'https://developer.android.com/ndk/guides/neuralnetworks/migration-guide',
  version: 'deprecated in Android 15',
  looked: '2026-11-26',
} as const;

/** Android’s Neural Networks API through TensorFlow Lite’s delegate. */
export const nnapi: Target = {
  id: 'nnapi',
  name: 'NNAPI delegate (deprecated)',
  place: 'NNAPI',
  otherwise: 'run on the CPU',
  formats: ['tflite'],
  sources: [
    NNAPI_SOURCE,
    {
      title: 'LiteRT: tflite/delegates/nnapi/nnapi_delegate.cc',
      url: 'https://github.com/google-ai-edge/LiteRT/blob/main/tflite/delegates/nnapi/nnapi_delegate.cc',
      version: 'commit f674577, 2026-08-21',
      looked: '2026-11-26',
    },
  ],
  caution: NNAPI_DEPRECATED,
  rules: [],
  layers: {
    tflite: {
      others: 'falls back',
      open: Object.fromEntries(
        operators(`
          LSTM RNN SVDF UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN BIDIRECTIONAL_SEQUENCE_LSTM
          BIDIRECTIONAL_SEQUENCE_RNN LSH_PROJECTION HASHTABLE_LOOKUP DENSIFY FILL PACK RANK MIRROR_PAD
          BATCH_MATMUL EMBEDDING_LOOKUP BATCH_TO_SPACE_ND
        `).map((op) => [op, 'It is taken under conditions that are not looked at here.']),
      ),
      operators: {
        ADD: [upTo(2), WITH_INTEGERS, FOUR],
        MUL: [upTo(2), WITH_INTEGERS, FOUR],
        SUB: [upTo(3), WITH_INTEGERS, FOUR],
        DIV: [upTo(1), types('types', 'input', ['float32']), FOUR],
        ...each(['AVERAGE_POOL_2D', 'MAX_POOL_2D'], upTo(2), NUMBERS),
        L2_POOL_2D: [upTo(1), FLOATS],
        CONV_2D: [upTo(5), NUMBERS, FOUR],
        DEPTHWISE_CONV_2D: [upTo(3), NUMBERS, FOUR],
        FULLY_CONNECTED: [upTo(5), NUMBERS],
        HARD_SWISH: [NUMBERS],
        SOFTMAX: [upTo(2), NUMBERS, FOUR],
        RESHAPE: [upTo(1), WITH_INTEGERS, FOUR, listed(1, 'shapes')],
        RESIZE_BILINEAR: [upTo(3), NUMBERS, ranks('dimensions', 'input', 4, 4), listed(1, 'sizes')],
        RESIZE_NEAREST_NEIGHBOR: [upTo(3), NUMBERS, listed(1, 'sizes')],
        ...each(['RELU', 'RELU6', 'RELU_N1_TO_1', 'LOGISTIC', 'TANH'], upTo(2), NUMBERS),
        CONCATENATION: [
          upTo(2),
          FOUR,
          option(
            'activation',
            'fused_activation_function',
            ['NONE'],
            'Make the activation function a layer of its own.',
          ),
        ],
        L2_NORMALIZATION: [
          upTo(2),
          option(
            'activation',
            'fused_activation_function',
            ['NONE'],
            'Make the activation function a layer of its own.',
          ),
        ],
        ...each(['PAD', 'PADV2'], upTo(2), NUMBERS, listed(1, 'paddings')),
        ...each(['SPACE_TO_BATCH_ND', 'SPACE_TO_DEPTH', 'DEPTH_TO_SPACE'], upTo(2)),
        STRIDED_SLICE: [upTo(2), NUMBERS],
        TRANSPOSE: [upTo(2), listed(1, 'axes')],
        ...each(['ABS', 'EXP', 'LOG', 'POW', 'SIN', 'COS', 'SQRT'], upTo(1), FLOATS),
        RSQRT: [upTo(2), NUMBERS],
        SLICE: [upTo(2)],
        TRANSPOSE_CONV: [upTo(4), listed(0, 'sizes')],
        MEAN: [upTo(2), NUMBERS, FOUR],
        ...each(['MAXIMUM', 'MINIMUM'], upTo(3)),
        CAST: [upTo(1)],
        ...each(['PRELU', 'LEAKY_RELU'], upTo(1)),
        TILE: [upTo(1)],
        ...each(
          [
            'LESS',
            'LESS_EQUAL',
            'GREATER',
            'GREATER_EQUAL',
            'EQUAL',
            'NOT_EQUAL',
            'NEG',
            'TOPK_V2',
            'SELECT',
          ],
          upTo(2),
        ),
        ...each(['LOGICAL_AND', 'LOGICAL_OR', 'LOGICAL_NOT'], upTo(1)),
        GATHER: [upTo(2)],
        EXPAND_DIMS: [upTo(1), listed(1, 'axes')],
        SPLIT: [upTo(3), listed(0, 'axes')],
        SPLIT_V: [upTo(2), listed(1, 'sizes')],
        ...each(['LOG_SOFTMAX', 'ELU'], upTo(1), types('types', 'input', ['float32'])),
        QUANTIZE: [upTo(2)],
        DEQUANTIZE: [upTo(2)],
        ...each(['REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_ANY'], upTo(2)),
        ...each(['SUM', 'REDUCE_PROD'], upTo(1), types('types', 'input', ['float32'])),
        ...each(['ARG_MAX', 'ARG_MIN'], upTo(2)),
        FLOOR: [upTo(1)],
        SQUEEZE: [upTo(1)],
        LOCAL_RESPONSE_NORMALIZATION: [upTo(1)],
      },
    },
  },
};
