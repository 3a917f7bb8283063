import { fixedInputs } from '../checks';
import { all, option } from '../conditions';
import type { Layer } from '../layer';
import { fullyQuantized } from '../quantized';
import { type Condition, each, open, refused, sentence, type Target } from '../target';

// Axis repeats the compiler’s table for its ARTPEC-7, which has an Edge TPU in it; Coral’s own page says the same of the
// operators that both list. Rows that could be read in neither are left open.

const SOFTMAX_MOST = 16_000;
/** A mean over channels takes them by fours. */
const CHANNELS = 4;

const noActivation = option(
  'activation',
  'fused_activation_function',
  ['NONE'],
  'Make the activation function a layer of its own.',
);

const dilation: Condition = {
  id: 'dilation',
  check: (layer) => {
    const [x, y] = [layer.number('dilation_w_factor', 1), layer.number('dilation_h_factor', 1)];
    return x === y ? null : refused(`It is dilated by ${y}×${x}.`, 'Dilate both axes alike.');
  },
};

/** The batch is axis 0; negative axes count from the end. */
const notOverBatch = (index: number): Condition => ({
  id: 'batch',
  check: (layer) => {
    const axes = layer.values(index);
    const rank = layer.input(0)?.shape?.length ?? null;
    if (axes === null || rank === null) return open('Its axes could not be read.');
    return axes.some((axis) => (axis < 0 ? axis + rank : axis) === 0)
      ? refused('It works along the batch.', 'Leave the batch as it is.')
      : null;
  },
});

const channelsByFour: Condition = {
  id: 'channels',
  check: (layer) => {
    const axes = layer.values(1);
    const shape = layer.input(0)?.shape ?? null;
    if (axes === null || shape === null) return open('Its axes could not be read.');
    const last = shape.length - 1;
    const channels = shape[last] ?? 0;
    return axes.some((axis) => (axis < 0 ? axis + shape.length : axis) === last) && channels % CHANNELS !== 0
      ? refused(`It reduces ${channels} channels.`, `Use a multiple of ${CHANNELS}.`)
      : null;
  },
};

const padded: Condition = {
  id: 'batch',
  check: (layer) => {
    const pads = layer.values(1);
    if (pads === null) return open('Its paddings could not be read.');
    return (pads[0] ?? 0) === 0 && (pads[1] ?? 0) === 0
      ? null
      : refused('It pads the batch.', 'Pad other axes alone.');
  },
};

const batchAttribute = (name: string): Condition => ({
  id: 'batch',
  check: (layer) =>
    layer.number(name, 0) === 0 ? refused('It works along the batch.', 'Leave the batch as it is.') : null,
});

const softmax: Condition = {
  id: 'softmax',
  check: (layer) => {
    const shape = layer.input(0)?.shape ?? null;
    if (shape === null) return open('The shape of its input is not known.');
    const large = shape.filter((size) => size !== 1);
    const size = large[0] ?? 1;
    return large.length <= 1 && size !== null && size <= SOFTMAX_MOST
      ? null
      : refused(`Its input is ${shape.join('×')}.`, `Use one dimension of ${SOFTMAX_MOST} at most.`);
  },
};

/** The three innermost dimensions may be larger than 1. */
const threeDimensions: Condition = {
  id: 'dimensions',
  check: (layer: Layer) => {
    const tensors = [...layer.activations, ...layer.outputs];
    const found = tensors.find(({ shape }) => shape?.slice(0, -3).some((size) => size !== 1));
    return found === undefined
      ? null
      : refused(
          `${sentence(layer.roleOf(found))} is ${found.shape?.join('×')}.`,
          'Use a batch of 1 and three dimensions.',
        );
  },
};

const concatenated: Condition = {
  id: 'constant-input',
  check: (layer) => {
    const constants = layer.inputs.filter(({ constant }) => constant).length;
    if (constants === 0) return null;
    return layer.inputs.length === 2
      ? open('It joins a constant, which must be zeros alone.')
      : refused('It joins a constant with several tensors.', 'Join the constant by itself.');
  },
};

const resized: Condition = {
  id: 'precision',
  check: () => open('By its size it may stay on the CPU, so that precision is kept.'),
};

const squeezed: Condition = {
  id: 'leading',
  check: (layer) => {
    const shape = layer.input(0)?.shape ?? null;
    const output = layer.output(0)?.shape ?? null;
    if (shape === null || output === null) return open('A shape is not known.');
    // Only ones at the front go, so that no number moves.
    const ones = shape.findIndex((size) => size !== 1);
    const kept = shape.slice(ones < 0 ? shape.length : ones);
    return kept.every((size, at) => output[output.length - kept.length + at] === size)
      ? null
      : refused(`It makes ${output.join('×')} of ${shape.join('×')}.`, 'Squeeze leading dimensions alone.');
  },
};

const flat: Condition = {
  id: 'flat-output',
  check: (layer) => {
    const shape = layer.output(0)?.shape ?? null;
    if (shape === null) return open('The shape of its output is not known.');
    return shape.slice(0, -1).every((size) => size === 1)
      ? null
      : refused(`Its output is ${shape.join('×')}.`, 'Let it make one vector.');
  },
};

const slope: Condition = {
  id: 'slope',
  check: (layer) => {
    const shape = layer.input(1)?.shape ?? null;
    if (shape === null) return open('The shape of its slopes is not known.');
    return shape.slice(0, -1).every((size) => size === 1)
      ? null
      : refused(`Its slopes are ${shape.join('×')}.`, 'Use one slope for each channel.');
  },
};

const strides: Condition = {
  id: 'strides',
  check: (layer) => {
    const values = layer.values(3);
    if (values === null) return open('Its strides could not be read.');
    return values.every((value) => value === 1)
      ? null
      : refused('It leaves elements out.', 'Use strides of 1.');
  },
};

const SPLIT_AXIS = 0;
const splitAxis: Condition = {
  id: 'batch',
  check: (layer) => {
    const axis = layer.values(SPLIT_AXIS)?.[0];
    const rank = layer.input(1)?.shape?.length;
    if (axis === undefined || rank === undefined) return open('Its axis could not be read.');
    return (axis < 0 ? axis + rank : axis) === 0
      ? refused('It splits the batch.', 'Split along another axis.')
      : null;
  },
};

const QUANTIZED = all('quantized', fullyQuantized('quantized'));

/** Coral’s Edge TPU, as its compiler maps operators. */
export const edgetpu: Target = {
  id: 'edgetpu',
  name: 'Edge TPU',
  place: 'the Edge TPU',
  otherwise: 'run on the CPU',
  formats: ['tflite'],
  sources: [
    {
      title: 'Coral: TensorFlow models on the Edge TPU',
      url: 'https://coral.ai/docs/edgetpu/models-intro/',
      version: 'the compiler’s table of operators',
      looked: '2026-11-26',
    },
    {
      title: 'Axis: supported operators of ARTPEC-7',
      url: 'https://developer.axis.com/computer-vision/on-device/system-on-chip/artpec-7/supported-ops/',
      version: 'as of 2026',
      looked: '2026-11-26',
    },
  ],
  caution:
    'A model must be compiled for it. The compiler may keep a layer on the CPU for reasons that it does not state.',
  firstPartOnly: 'The compiler maps one part alone: what is behind the first layer on the CPU stays there.',
  rules: [fixedInputs('unknown')],
  layers: {
    tflite: {
      others: 'falls back',
      open: Object.fromEntries(
        [
          'LSTM',
          'UNIDIRECTIONAL_SEQUENCE_LSTM',
          'RSQRT',
          'SQUARED_DIFFERENCE',
          'SUM',
          'TRANSPOSE',
          'TRANSPOSE_CONV',
        ].map((op) => [op, 'Whether the compiler takes it was in no document that could be read.']),
      ),
      operators: {
        'edgetpu-custom-op': [],
        ...Object.fromEntries(
          Object.entries({
            ...each(['ADD', 'MAXIMUM', 'MINIMUM', 'MUL', 'SUB']),
            ...each([
              'LOGISTIC',
              'RELU',
              'RELU6',
              'RELU_N1_TO_1',
              'TANH',
              'EXPAND_DIMS',
              'L2_NORMALIZATION',
              'QUANTIZE',
            ]),
            ...each(['SLICE', 'SPACE_TO_DEPTH', 'RESHAPE']),
            ...each(['AVERAGE_POOL_2D', 'MAX_POOL_2D'], noActivation),
            CONCATENATION: [noActivation, concatenated],
            ...each(['CONV_2D', 'DEPTHWISE_CONV_2D'], dilation),
            FULLY_CONNECTED: [
              option(
                'weights-format',
                'weights_format',
                ['DEFAULT'],
                'Convert it with the default format of weights.',
              ),
              flat,
            ],
            MEAN: [notOverBatch(1), channelsByFour],
            ...each(['REDUCE_MAX', 'REDUCE_MIN'], notOverBatch(1)),
            PACK: [batchAttribute('axis')],
            PAD: [padded],
            PRELU: [slope],
            ...each(['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'], resized),
            SOFTMAX: [softmax],
            SPLIT: [splitAxis],
            SQUEEZE: [squeezed],
            STRIDED_SLICE: [
              strides,
              option('masks', 'ellipsis_mask', [0], 'Slice without it.', 0),
              option('masks', 'new_axis_mask', [0], 'Slice without it.', 0),
            ],
          } satisfies Record<string, readonly Condition[]>).map(([op, own]) => [
            op,
            [QUANTIZED, ...own, threeDimensions],
          ]),
        ),
      },
    },
  },
};
