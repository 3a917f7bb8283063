import { fixedInputs } from '../checks';
import { types } from '../conditions';
import { notHybrid } from '../quantized';
import { each, operators, type Target } from '../target';

/** Numbers that its kernels of layers with weights, pooling and sums compute with. */
const COMPUTED = ['float32', 'int8', 'int16'] as const;
const FIX = 'Quantize the model to int8, inputs and outputs too.';

const WEIGHTED = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'];
const ARITHMETIC = ['ADD', 'AVERAGE_POOL_2D', 'MAX_POOL_2D', 'MUL', 'SUB'];

/** The others of micro_mutable_op_resolver.h. */
const OTHERS = operators(`
  ABS ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO
  CALL_ONCE CAST CEIL CONCATENATION COS CUMSUM DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU
  EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR FLOOR_DIV FLOOR_MOD GATHER GATHER_ND GREATER
  GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND
  LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MEAN MINIMUM MIRROR_PAD NEG NOT_EQUAL PACK PAD PADV2
  PRELU QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE RESIZE_BILINEAR
  RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND
  SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUM SVDF TANH TRANSPOSE
  TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK VAR_HANDLE WHILE ZEROS_LIKE CIRCULAR_BUFFER
  TFLite_Detection_PostProcess
`);

/** TensorFlow Lite’s interpreter for microcontrollers. */
export const micro: Target = {
  id: 'micro',
  name: 'TensorFlow Lite Micro',
  place: 'TensorFlow Lite Micro',
  otherwise: 'do not run: there is no other engine beside it',
  formats: ['tflite'],
  sources: [
    {
      title:
        'TensorFlow Lite Micro: micro_mutable_op_resolver.h, kernels/conv_common.cc, docs/memory_management.md',
      url: 'https://github.com/tensorflow/tflite-micro/blob/main/tensorflow/lite/micro/micro_mutable_op_resolver.h',
      version: 'commit 90b983c, 2026-08-20',
      looked: '2026-11-26',
    },
  ],
  caution:
    'One layer that does not run keeps the whole model from starting. Optimized kernels (CMSIS-NN, ESP-NN) take int8 ' +
    'alone; floats run on reference kernels. RAM is of the reference kernels on 32 bits, without the app and its stack.',
  rules: [fixedInputs('pass')],
  memory: 'micro',
  layers: {
    tflite: {
      others: 'falls back',
      operators: {
        ...each(
          WEIGHTED,
          types('types', 'input', COMPUTED, FIX),
          types('types', 'output', COMPUTED, FIX),
          notHybrid('hybrid'),
        ),
        ...each(ARITHMETIC, types('types', 'output', [...COMPUTED, 'int32'], FIX)),
        ...each(OTHERS),
      },
    },
  },
};
