import { all, option, ranks } from '../conditions';
import type { Layer } from '../layer';
import { fullyQuantized } from '../quantized';
import { type Condition, each, open, operators, refused, type Target } from '../target';

/** The DSP’s convolutions move by no more than this. */
const MAX_STRIDE = 3;
const MAX_RESIZED = 65;

const noActivation = option(
  'activation',
  'fused_activation_function',
  ['NONE'],
  'Make the activation function a layer of its own.',
);
const relu = option(
  'activation',
  'fused_activation_function',
  ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'],
  'Make the activation function a layer of its own.',
);

const stride: Condition = {
  id: 'stride',
  check: (layer) => {
    const most = Math.max(layer.number('stride_w', 1), layer.number('stride_h', 1));
    return most <= MAX_STRIDE ? null : refused(`It moves by ${most}.`, `Move by ${MAX_STRIDE} at most.`);
  },
};

const depthwise: Condition = {
  id: 'depthwise',
  check: (layer: Layer) => {
    const height = layer.input(1)?.shape?.[1] ?? null;
    if (height === null) return open('The shape of its weights is not known.');
    if (height < 2) return refused('Its kernel has a height of 1.', 'Use a kernel of 2 rows or more.');
    if (layer.number('depth_multiplier', 1) !== 1) {
      return refused('It makes several channels of each.', 'Use a depth multiplier of 1.');
    }
    const dilation = Math.max(layer.number('dilation_w_factor', 1), layer.number('dilation_h_factor', 1));
    const moves = Math.max(layer.number('stride_w', 1), layer.number('stride_h', 1));
    return dilation === 1 || moves === 1 ? null : refused('It is dilated and moves.', 'Do one of the two.');
  },
};

const resized: Condition = {
  id: 'size',
  check: (layer) => {
    const sizes = layer.values(1);
    if (sizes === null) return open('The size could not be read.');
    return sizes.every((size) => size <= MAX_RESIZED)
      ? null
      : refused(`It makes ${sizes.join('×')}.`, `Resize to ${MAX_RESIZED} at most.`);
  },
};

/** TensorFlow Lite’s delegate for Hexagon DSPs of before Qualcomm’s AI Engine Direct. */
export const hexagon: Target = {
  id: 'hexagon',
  name: 'Hexagon delegate',
  place: 'the Hexagon DSP',
  otherwise: 'run on the CPU',
  formats: ['tflite'],
  sources: [
    {
      title: 'LiteRT: tflite/delegates/hexagon/README.md',
      url: 'https://github.com/google-ai-edge/LiteRT/blob/main/tflite/delegates/hexagon/README.md',
      version: 'commit f674577, 2026-08-21',
      looked: '2026-11-26',
    },
  ],
  caution:
    'For older Snapdragons. Newer ones take models by QNN. What the library itself refuses no document says.',
  rules: [],
  layers: {
    tflite: {
      others: 'falls back',
      every: [
        fullyQuantized('quantized'),
        all('dimensions', ranks('dimensions', 'activations', 0, 4), ranks('dimensions', 'outputs', 0, 4)),
      ],
      operators: {
        ...each(['ADD', 'MUL', 'SUB'], relu),
        ...each(['AVERAGE_POOL_2D', 'MAX_POOL_2D', 'L2_NORMALIZATION'], noActivation),
        CONV_2D: [stride],
        DEPTHWISE_CONV_2D: [stride, depthwise],
        RESIZE_BILINEAR: [resized],
        ...each(
          operators(`
          ARG_MAX ARG_MIN CONCATENATION DEPTH_TO_SPACE FULLY_CONNECTED HARD_SWISH LOGISTIC MAXIMUM MEAN
          MINIMUM MIRROR_PAD NEG PACK PAD QUANTIZE RELU RELU6 RESHAPE RESIZE_NEAREST_NEIGHBOR RSQRT SLICE
          SOFTMAX SPACE_TO_DEPTH SPLIT SQUARED_DIFFERENCE STRIDED_SLICE TANH TRANSPOSE
        `),
        ),
      },
    },
  },
};
