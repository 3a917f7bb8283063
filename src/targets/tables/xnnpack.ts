import type { InferredTensor } from '../../model/inference';
import { all, inputCount, option, ranks, types } from '../conditions';
import type { Layer } from '../layer';
import { hasOneScale, productRatio, scaleRatio, zeroPointOf } from '../quantized';
import {
  type Condition,
  each,
  open,
  operators,
  refused,
  sentence,
  type Target,
  type Verdict,
} from '../target';

// Which operators LiteRT gives to XNNPACK, as the delegate's own checks have it (the functions called Visit…Node).

const FLOATS = ['float32', 'float16'] as const;
const MAX_DIMENSIONS = 6;
/** ADD and SUB, MUL, QUANTIZE and LEAKY_RELU: how far scales may be apart. */
const SUM_RATIO = [1 / 1024, 256] as const;
const PRODUCT_RATIO = [1 / 65536, 256] as const;
const REQUANTIZE_RATIO = [1 / 256, 128] as const;
/** More inputs or outputs it does not take yet. */
const MOST_CONCATENATED = 5;
const MOST_SPLIT = 4;
/** Blocks of weights that share a scale. */
const BLOCK = 32;
/** FULLY_CONNECTED with sparse weights. */
const SPARSE_VERSION = 8;

const FIX_TYPES = 'Use float32, or 8-bit integers with one scale for each tensor.';

/** Floats, or 8-bit integers with one scale. */
const numbers = (...which: readonly ('input' | 'inputs' | 'output' | 'outputs')[]): Condition => ({
  id: 'types',
  check: (layer) =>
    firstOf(
      which.flatMap((one) => tensorsOf(layer, one)),
      (tensor) => floatOrEightBit(layer, tensor),
    ),
});

function tensorsOf(layer: Layer, which: 'input' | 'inputs' | 'output' | 'outputs'): InferredTensor[] {
  if (which === 'inputs') return layer.inputs;
  if (which === 'outputs') return layer.outputs;
  const tensor = which === 'input' ? layer.input(0) : layer.output(0);
  return tensor === null ? [] : [tensor];
}

function firstOf<T>(items: readonly T[], check: (item: T) => Verdict): Verdict {
  for (const item of items) {
    const verdict = check(item);
    if (verdict !== null) return verdict;
  }
  return null;
}

function floatOrEightBit(layer: Layer, tensor: InferredTensor): Verdict {
  const { type } = tensor;
  const what = layer.roleOf(tensor);
  if (type === null) return open(`The type of ${what} is not known.`);
  if (type === 'float32' || type === 'float16' || hasOneScale(tensor)) return null;
  const scales = tensor.quantization?.scales.length ?? 0;
  const how = type === 'int8' || type === 'uint8' ? ` with ${scales} scales` : '';
  return refused(`${sentence(what)} is ${type}${how}.`, FIX_TYPES);
}

const floats: Condition = all(
  'float',
  types('float', 'inputs', FLOATS, 'Keep this operator in float32.'),
  types('float', 'outputs', FLOATS, 'Keep this operator in float32.'),
);

/** All tensors that it computes with have one type. */
const sameTypes: Condition = {
  id: 'same-types',
  check: (layer) => {
    const found = [...new Set([...layer.inputs, ...layer.outputs].map(({ type }) => type))];
    return found.length === 1
      ? null
      : refused(`Its tensors are ${found.join(' and ')}.`, 'Give it tensors of one type.');
  },
};

/** Stored, or decoded from what is stored before the first run. */
function isConstant(layer: Layer, index: number): boolean {
  if (layer.isStored(index)) return true;
  const producer = layer.producer(index);
  return (
    producer !== null &&
    ['DEQUANTIZE', 'DENSIFY'].includes(producer.node.op) &&
    layer.takesStored(producer) &&
    ['float16', 'int8', 'float32'].includes(layer.tensorOf(producer.node.inputs[0] ?? '')?.type ?? '')
  );
}

const constants = (indices: readonly number[], what: string): Condition => ({
  id: 'stored',
  check: (layer) =>
    firstOf(indices, (index) =>
      layer.input(index) === null || isConstant(layer, index)
        ? null
        : refused(
            `${what} are computed when the model runs.`,
            `Convert the model with ${what} as constants.`,
          ),
    ),
});

const activation = option(
  'activation',
  'fused_activation_function',
  ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'],
  'Make the activation function a layer of its own.',
);

const bias: Condition = {
  id: 'bias',
  check: (layer) =>
    layer.input(2) === null ? refused('It has no bias.', 'Convert it with a bias, if only of zeros.') : null,
};

/** Types of filter and bias together with those of the activations. */
const filter = (axis: number | null): Condition => ({
  id: 'filter',
  check: (layer) => {
    const [input, weights, addend, output] = [
      layer.input(0),
      layer.input(1),
      layer.input(2),
      layer.output(0),
    ];
    if (!input?.type || !weights?.type || !output?.type) return open('The type of a tensor is not known.');
    if (input.type !== output.type) {
      return refused(`It makes ${output.type} of ${input.type}.`, 'Give it inputs and outputs of one type.');
    }
    const isDense = axis === null;
    const integers = isDense ? ['int8', 'int4', 'int2'] : ['int8'];
    const dynamic =
      (input.type === 'float32' || (isDense && input.type === 'float16')) && integers.includes(weights.type);
    const narrow = isDense && input.type === 'int8' && integers.includes(weights.type);
    if (input.type !== weights.type && !dynamic && !narrow) {
      return refused(`Weights are ${weights.type} and activations ${input.type}.`, FIX_TYPES);
    }
    if (weights.type.startsWith('float')) {
      return addend === null || addend.type?.startsWith('float')
        ? null
        : refused(`The bias is ${addend.type}.`, 'Give it a bias in float32.');
    }
    return integerWeights(weights, addend, axis ?? 0, { dynamic, isDense });
  },
});

function integerWeights(
  weights: InferredTensor,
  addend: InferredTensor | null,
  axis: number,
  { dynamic, isDense }: { dynamic: boolean; isDense: boolean },
): Verdict {
  const { quantization } = weights;
  if (quantization === undefined) return refused('Its weights have no scale.', 'Quantize the model again.');
  const { scales, blockSize } = quantization;
  if (blockSize !== null && blockSize % BLOCK !== 0) {
    return refused(`Blocks of ${blockSize} weights share a scale.`, `Use blocks of ${BLOCK}.`);
  }
  if (scales.length > 1 && quantization.axis !== axis) {
    return refused(
      `Scales of its weights lie along axis ${quantization.axis}.`,
      'Use one for each output channel.',
    );
  }
  if (weights.type === 'uint8' && scales.length !== 1) {
    return refused('Its uint8 weights have several scales.', 'Use one, or int8 weights.');
  }
  const zeroPoint = zeroPointOf(weights);
  const mustBeZero = weights.type === 'int8' && (scales.length > 1 || (isDense && !dynamic));
  if (zeroPoint !== 0 && mustBeZero) {
    return refused(`The zero point of its weights is ${zeroPoint}.`, 'Quantize weights symmetrically.');
  }
  const inner = weights.shape?.[1] ?? null;
  const multiple = { int4: 2, int2: 4 }[weights.type as string];
  if (multiple !== undefined && inner !== null && inner % multiple !== 0) {
    return refused(
      `It has ${inner} input channels.`,
      `Use a multiple of ${multiple} with ${weights.type} weights.`,
    );
  }
  const biasType = addend?.type ?? null;
  return addend === null || biasType === 'int32' || biasType?.startsWith('float')
    ? null
    : refused(`The bias is ${biasType}.`, 'Quantize the bias to int32.');
}

const pooling: Condition = {
  id: 'window',
  check: (layer) => {
    const [strideW, strideH] = [layer.number('stride_w', 0), layer.number('stride_h', 0)];
    const [width, height] = [layer.number('filter_width', 0), layer.number('filter_height', 0)];
    return strideW >= 1 && strideH >= 1 && strideW <= width && strideH <= height
      ? null
      : refused(
          `Its window is ${height}×${width} and moves by ${strideH}×${strideW}.`,
          'Let the window move by no more than its size.',
        );
  },
};

/** Numbers of an input that must be stored, checked one by one. */
const listed = (
  id: string,
  index: number,
  holds: (value: number) => boolean,
  reason: (values: readonly number[]) => string,
  fix: string,
): Condition => ({
  id,
  check: (layer) => {
    const values = layer.values(index);
    if (values === null) return open('The numbers that it is given could not be read.');
    return values.every(holds) ? null : refused(reason(values), fix);
  },
});

/** Both sides stand for the same numbers. */
const sameScale: Condition = {
  id: 'same-scale',
  check: (layer) => {
    const output = layer.output(0);
    if (output?.type !== 'int8' && output?.type !== 'uint8') return null;
    return layer.activations.every(
      ({ quantization: own }) =>
        own?.scales[0] === output.quantization?.scales[0] &&
        own?.zeroPoints[0] === output.quantization?.zeroPoints[0],
    )
      ? null
      : refused(
          'Its inputs and its output have different scales.',
          'Quantize it with the scales of its input.',
        );
  },
};

const sameScaleUnsigned: Condition = {
  id: 'same-scale',
  check: (layer) => (layer.output(0)?.type === 'uint8' ? sameScale.check(layer) : null),
};

const one = (index = 0) => inputCount('inputs', index + 1, index + 1, `Give it ${index + 1} inputs.`);
const dimensions = ranks('dimensions', 'activations', 0, MAX_DIMENSIONS);
const images = all('image', ranks('image', 'input', 4, 4), ranks('image', 'output', 4, 4));
const block: Condition = {
  id: 'block',
  check: (layer) =>
    layer.number('block_size', 0) > 1 ? null : refused('Its blocks have a size of 1.', 'Leave it out.'),
};

const int32 = (index: number): Condition => ({
  id: 'list-type',
  check: (layer) => {
    const type = layer.input(index)?.type ?? null;
    return type === null || type === 'int32'
      ? null
      : refused(`It is given ${type} for its list.`, 'Use int32.');
  },
});

const requantized: Condition = {
  id: 'conversion',
  check: (layer) => {
    const [from, to] = [layer.input(0)?.type, layer.output(0)?.type];
    if (from?.startsWith('float')) return null;
    if (from !== to) return refused(`It makes ${to} of ${from}.`, 'Keep one kind of 8-bit integers.');
    return scaleRatio('conversion', [0], ...REQUANTIZE_RATIO).check(layer);
  },
};

const leaky: Condition = {
  id: 'slope',
  check: (layer) => {
    const alpha = layer.number('alpha', 0);
    return Number.isFinite(alpha) && alpha !== 0 ? null : refused('Its slope is 0.', 'Use a ReLU.');
  },
};

const FLOAT_FUNCTIONS = operators(`
  ABS CEIL COS EXP FLOOR GELU HARD_SWISH LOG NEG RELU_N1_TO_1 RELU RELU6 ROUND RSQRT SIN SQRT SQUARE
`);

const reduced = [
  one(1),
  numbers('input', 'output'),
  int32(1),
  constants([1], 'axes'),
  {
    id: 'axes',
    check: (layer: Layer) => {
      const count =
        layer
          .input(1)
          ?.shape?.reduce<number | null>(
            (product, size) => (product === null || size === null ? null : product * size),
            1,
          ) ?? null;
      if (count === null) return open('How many axes it reduces is not known.');
      return count >= 1 && count <= MAX_DIMENSIONS
        ? null
        : refused(`It reduces ${count} axes.`, 'Reduce 1 to 6 axes.');
    },
  },
] as const;

/** What XNNPACK takes over in LiteRT. */
export const xnnpack: Target = {
  id: 'xnnpack',
  name: 'XNNPACK in LiteRT',
  place: 'XNNPACK',
  otherwise: 'are run by LiteRT’s own kernels',
  formats: ['tflite'],
  sources: [
    {
      title: 'LiteRT: tflite/delegates/xnnpack/xnnpack_delegate.cc',
      url: 'https://github.com/google-ai-edge/LiteRT/blob/main/tflite/delegates/xnnpack/xnnpack_delegate.cc',
      version: 'commit f674577, 2026-08-21',
      looked: '2026-11-26',
    },
  ],
  caution: 'XNNPACK runs on the CPU too: what it does not take still runs there, only slower.',
  rules: [],
  layers: {
    tflite: {
      others: 'falls back',
      open: {
        ...Object.fromEntries(
          ['ASSIGN_VARIABLE', 'READ_VARIABLE', 'VAR_HANDLE'].map((op) => [
            op,
            'It depends on an option of the app.',
          ]),
        ),
        STABLEHLO_COMPOSITE: 'It takes attention alone, which the file does not tell from others here.',
        Convolution2DTransposeBias: 'Its options are in a form of MediaPipe’s own.',
        MaxPoolingWithArgmax2D: 'Its options are in a form of MediaPipe’s own.',
        MaxUnpooling2D: 'Its options are in a form of MediaPipe’s own.',
        DENSIFY: 'It is unpacked once where all that take it run there.',
      },
      operators: {
        ...each(FLOAT_FUNCTIONS, one(), dimensions, floats),
        ...each(['LOGISTIC', 'TANH'], one(), dimensions, numbers('input', 'output')),
        LEAKY_RELU: [
          one(),
          dimensions,
          numbers('input', 'output'),
          leaky,
          scaleRatio('scales', [0], ...REQUANTIZE_RATIO),
        ],
        ELU: [
          one(),
          dimensions,
          numbers('input', 'output'),
          types('types', 'both', ['float32', 'float16', 'int8']),
        ],
        QUANTIZE: [one(), dimensions, numbers('input', 'output'), requantized],
        DEQUANTIZE: [
          one(),
          dimensions,
          {
            id: 'decoded',
            check: (layer) => {
              const input = layer.input(0);
              if (input?.type === 'float16' && layer.isStored(0)) return null;
              if (input?.type === 'int8' && layer.isStored(0)) return null;
              return input !== null && hasOneScale(input)
                ? null
                : refused(`It decodes ${input?.type ?? 'what is not known'}.`, FIX_TYPES);
            },
          },
        ],
        ...each(
          ['ADD', 'SUB'],
          one(1),
          dimensions,
          numbers('inputs', 'output'),
          sameTypes,
          activation,
          scaleRatio('scales', [0, 1], ...SUM_RATIO),
        ),
        MUL: [
          one(1),
          dimensions,
          numbers('inputs', 'output'),
          sameTypes,
          activation,
          productRatio('scales', ...PRODUCT_RATIO),
        ],
        DIV: [one(1), dimensions, floats, activation],
        ...each(['MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE'], one(1), dimensions, floats),
        PRELU: [one(1), dimensions, floats, constants([1], 'slopes')],
        AVERAGE_POOL_2D: [one(), floats, pooling, activation],
        MAX_POOL_2D: [one(), numbers('input', 'output'), pooling, activation],
        BATCH_MATMUL: [
          {
            id: 'product',
            check: (layer) => {
              const [a, b] = [layer.input(0), layer.input(1)];
              if (!a?.type || !b?.type || a.shape === null || b.shape === null)
                return open('A tensor is not known.');
              if (a.shape.length < 2 || b.shape.length < 2)
                return refused('A factor is no matrix.', 'Use matrices.');
              const dynamic = a.type === 'float32' && b.type === 'int8';
              if (a.type !== b.type && !dynamic)
                return refused(`It multiplies ${a.type} by ${b.type}.`, FIX_TYPES);
              return b.type === 'int8' && !dynamic && zeroPointOf(b) !== 0
                ? refused('The zero point of its second factor is not 0.', 'Quantize that symmetrically.')
                : null;
            },
          },
          numbers('input', 'output'),
        ],
        CONCATENATION: [
          inputCount(
            'inputs',
            2,
            MOST_CONCATENATED,
            `Join no more than ${MOST_CONCATENATED} tensors at once.`,
          ),
          numbers('inputs', 'output'),
          sameScaleUnsigned,
        ],
        CONV_2D: [
          bias,
          numbers('input', 'output'),
          images,
          filter(0),
          constants([1, 2], 'weights'),
          activation,
        ],
        DEPTHWISE_CONV_2D: [
          bias,
          numbers('input', 'output'),
          images,
          filter(3),
          constants([1, 2], 'weights'),
          activation,
        ],
        DEPTH_TO_SPACE: [one(), numbers('input', 'output'), block],
        SPACE_TO_DEPTH: [
          one(),
          numbers('input', 'output'),
          block,
          {
            id: 'divides',
            check: (layer) => {
              const [, height, width] = layer.input(0)?.shape ?? [];
              const size = layer.number('block_size', 0);
              if (!height || !width) return open('The size of its input is not known.');
              return height % size === 0 && width % size === 0
                ? null
                : refused(`Blocks of ${size} do not divide ${height}×${width}.`, 'Pad the input.');
            },
          },
        ],
        FULLY_CONNECTED: [
          {
            id: 'dense-weights',
            check: ({ node }) =>
              node.version === SPARSE_VERSION
                ? refused('Its weights are sparse.', 'Store them densely.')
                : null,
          },
          option(
            'weights-format',
            'weights_format',
            ['DEFAULT'],
            'Convert it with the default format of weights.',
          ),
          inputCount('inputs', 2, 3, 'Give it weights and a bias.'),
          numbers('input', 'output'),
          filter(null),
          constants([1, 2], 'weights'),
          activation,
        ],
        ...each(['MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN'], ...reduced),
        PAD: [
          one(1),
          numbers('input', 'output'),
          dimensions,
          int32(1),
          constants([1], 'paddings'),
          listed(
            'padding',
            1,
            (value) => value >= 0,
            () => 'It pads by less than nothing.',
            'Use a slice.',
          ),
        ],
        RESHAPE: [
          inputCount('inputs', 1, 2, 'Give it the shape.'),
          numbers('input', 'output'),
          dimensions,
          sameScale,
          int32(1),
          constants([1], 'shapes'),
        ],
        RESIZE_BILINEAR: [one(1), numbers('input', 'output'), images, int32(1), constants([1], 'sizes')],
        SLICE: [
          constants([1, 2], 'begin and size'),
          listed(
            'size',
            2,
            (value) => value > 0,
            () => 'It takes all that is left along an axis.',
            'State the sizes.',
          ),
          numbers('input', 'output'),
        ],
        SOFTMAX: [one(), option('beta', 'beta', [1], 'Scale its input beforehand.', 1), floats],
        SPLIT: [
          {
            id: 'outputs',
            check: ({ node }) =>
              node.outputs.length >= 2 && node.outputs.length <= MOST_SPLIT
                ? null
                : refused(`It has ${node.outputs.length} outputs.`, `Split into 2 to ${MOST_SPLIT} parts.`),
          },
          int32(0),
          constants([0], 'axes'),
          {
            id: 'types',
            check: (layer) =>
              firstOf([layer.input(1), ...layer.outputs], (tensor) =>
                tensor === null ? null : floatOrEightBit(layer, tensor),
              ),
          },
        ],
        STRIDED_SLICE: [
          ...['ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((mask) =>
            option('masks', mask, [0], 'Slice without adding or removing axes.', 0),
          ),
          constants([1, 2, 3], 'begin, end and strides'),
          int32(1),
          listed(
            'strides',
            3,
            (value) => value === 1,
            (values) => `It moves by ${values.join(', ')}.`,
            'Use strides of 1.',
          ),
          numbers('input', 'output'),
        ],
        TRANSPOSE: [one(1), numbers('input', 'output'), dimensions, constants([1], 'axes')],
        TRANSPOSE_CONV: [
          inputCount('inputs', 3, 4, 'Give it sizes, weights and an input.'),
          constants([0, 1, 3], 'sizes and weights'),
          {
            id: 'turned',
            check: (layer) => {
              const [weights, input, output] = [layer.input(1), layer.input(2), layer.output(0)];
              if (!weights?.type || !input?.type || !output?.type)
                return open('The type of a tensor is not known.');
              const dynamic = input.type === 'float32' && weights.type === 'int8';
              if (input.type !== output.type || (input.type !== weights.type && !dynamic)) {
                return refused(
                  `It computes with ${input.type}, ${weights.type} and ${output.type}.`,
                  FIX_TYPES,
                );
              }
              return firstOf([input, output], (tensor) => floatOrEightBit(layer, tensor));
            },
          },
        ],
      },
    },
  },
};
