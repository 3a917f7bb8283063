import type { Range, Role } from '../../plan';

/**
 * What TensorFlow Lite's integer kernels demand of an operator
 * (https://ai.google.dev/edge/litert/models/quantization_spec), and where the specification is silent, what the
 * kernels of LiteRT do, which the tests run. Versions are those from which on an operator has the kernel
 * (tensorflow/lite/tools/versioning/op_version.cc).
 */
export interface Policy {
  /**
   * - `product`: weights by channel, and a bias at the scale of the sums.
   * - `own scale`: its output has a range of its own.
   * - `of the input`: its outputs have the scale of its first activation, as it only moves, picks or averages.
   * - `of the output`: its activations have the scale of its output.
   */
  readonly scale: 'product' | 'own scale' | 'of the input' | 'of the output';
  /** Places of its activations; the others are settings, weights or a bias. `all`: however many there are. */
  readonly data: readonly number[] | 'all';
  /** Version of the operator with int8 activations. */
  readonly int8: number;
  /** With int16 activations and int8 weights; absent: there is no such kernel. */
  readonly int16?: number;
  /** The output's range that the int8 kernel demands. */
  readonly outputRange?: Range;
  readonly product?: Product;
}

/** Where the weights of a product are, and its channels. */
export interface Product {
  readonly weights: number;
  readonly bias: number;
  /** Axis of the output channels in its weights. */
  readonly axis: number;
  /** Version of the operator with int8 weights and float activations, one scale a channel; null: no such kernel. */
  readonly dynamic: number | null;
  /** The same with one scale for all weights, and asymmetric activations; absent: as with one a channel. */
  readonly dynamicPerTensor?: number;
  /** Also able to multiply by one scale for all weights alone, as the specification has it. */
  readonly perTensor?: true;
}

/** [0, 255/256]: scale 1/256, zero point −128. */
const PROBABILITY: Range = { min: 0, max: 255 / 256 };
/** Scale 1/128, zero point 0. */
const SIGNED_UNIT: Range = { min: -1, max: 127 / 128 };
/** Scale 16/256, zero point 127. */
const LOG_PROBABILITY: Range = { min: -255 / 16, max: 0 };

const own = (int8: number, int16?: number, data: Policy['data'] = [0]): Policy => ({
  scale: 'own scale',
  data,
  int8,
  ...(int16 && { int16 }),
});
const ofInput = (int8: number, int16?: number, data: Policy['data'] = [0]): Policy => ({
  ...own(int8, int16, data),
  scale: 'of the input',
});
const ofOutput = (int8: number, int16: number | undefined, data: Policy['data']): Policy => ({
  ...own(int8, int16, data),
  scale: 'of the output',
});
const fixed = (outputRange: Range, int8: number, int16?: number): Policy => ({
  ...own(int8, int16),
  outputRange,
});
const product = (data: number, product: Product, int8: number, int16: number): Policy => ({
  scale: 'product',
  data: [data],
  int8,
  int16,
  product,
});

/** By operator. What is not here has no integer kernel, or none that is worth having. */
export const POLICIES: ReadonlyMap<string, Policy> = new Map<string, Policy>([
  ['CONV_2D', product(0, { weights: 1, bias: 2, axis: 0, dynamic: 5 }, 3, 4)],
  ['DEPTHWISE_CONV_2D', product(0, { weights: 1, bias: 2, axis: 3, dynamic: 6 }, 3, 5)],
  // Inputs: shape of the result, weights, data, bias.
  ['TRANSPOSE_CONV', product(2, { weights: 1, bias: 3, axis: 0, dynamic: null }, 2, 2)],
  [
    'FULLY_CONNECTED',
    product(0, { weights: 1, bias: 2, axis: 0, dynamic: 12, dynamicPerTensor: 9, perTensor: true }, 4, 4),
  ],
  ['ADD', own(2, 3, [0, 1])],
  ['SUB', own(2, 5, [0, 1])],
  ['MUL', own(3, 4, [0, 1])],
  ['SQUARED_DIFFERENCE', own(2, undefined, [0, 1])],
  ['BATCH_MATMUL', own(2, 3, [0, 1])],
  ['MEAN', own(2, 3)],
  ['RELU', own(2, 3)],
  ['RELU6', own(2, 3)],
  ['RELU_N1_TO_1', own(1)],
  ['RELU_0_TO_1', own(1)],
  ['LEAKY_RELU', own(2, 2)],
  ['PRELU', own(1, undefined, [0, 1])],
  ['ELU', own(1)],
  ['GELU', own(2)],
  ['HARD_SWISH', own(1)],
  ['ABS', own(2, 3)],
  ['SOFTMAX', fixed(PROBABILITY, 2, 3)],
  ['LOGISTIC', fixed(PROBABILITY, 2, 3)],
  ['TANH', fixed(SIGNED_UNIT, 2, 3)],
  ['L2_NORMALIZATION', fixed(SIGNED_UNIT, 2)],
  ['LOG_SOFTMAX', fixed(LOG_PROBABILITY, 2)],
  ['AVERAGE_POOL_2D', ofInput(2, 3)],
  ['MAX_POOL_2D', ofInput(2, 3)],
  ['RESHAPE', ofInput(1, 1)],
  ['SQUEEZE', ofInput(1, 1)],
  ['EXPAND_DIMS', ofInput(1, 1)],
  ['RESIZE_BILINEAR', ofInput(2, 4)],
  ['RESIZE_NEAREST_NEIGHBOR', ofInput(2, 4)],
  ['SPACE_TO_DEPTH', ofInput(2)],
  ['DEPTH_TO_SPACE', ofInput(2)],
  ['SPACE_TO_BATCH_ND', ofInput(2, 4)],
  ['BATCH_TO_SPACE_ND', ofInput(2, 4)],
  ['PAD', ofInput(2, 3)],
  ['MIRROR_PAD', ofInput(2, 3)],
  ['GATHER', ofInput(2, 4)],
  ['GATHER_ND', ofInput(1, 3)],
  ['SLICE', ofInput(2, 4)],
  ['STRIDED_SLICE', ofInput(2, 2)],
  ['SPLIT', ofInput(2, 4, [1])],
  ['SPLIT_V', ofInput(2, 2)],
  ['UNPACK', ofInput(2, 4)],
  ['TRANSPOSE', ofInput(2, 5)],
  ['BROADCAST_TO', ofInput(3, 3)],
  ['TILE', ofInput(3)],
  ['REVERSE_V2', ofInput(3)],
  ['REDUCE_MIN', ofInput(2, 3)],
  ['REDUCE_MAX', ofInput(2, 3)],
  ['CONCATENATION', ofOutput(2, 3, 'all')],
  ['PACK', ofOutput(2, 3, 'all')],
  ['MAXIMUM', ofOutput(2, 4, [0, 1])],
  ['MINIMUM', ofOutput(2, 4, [0, 1])],
  ['PADV2', ofOutput(2, 3, [0, 2])],
  ['SELECT', ofOutput(2, 2, [1, 2])],
  ['SELECT_V2', ofOutput(1, 1, [1, 2])],
]);

/** Operators that give no activations, and read integers as well as the real numbers that they stand for. */
export const READS_EITHER: ReadonlyMap<string, number> = new Map([
  ['ARG_MAX', 2],
  ['ARG_MIN', 2],
  ['SHAPE', 1],
]);

/** Why what has an integer kernel is left in float all the same. */
export const BETTER_IN_FLOAT: ReadonlyMap<string, string> = new Map([
  ['RSQRT', 'its values span so many magnitudes that 8 bits lose the small ones'],
  ['EXP', 'its values span so many magnitudes that 8 bits lose the small ones'],
  ['LOG', 'its values span so many magnitudes that 8 bits lose the small ones'],
  // Its reference kernel (reduce.cc) gives one value for all where zero points are not 0; the optimized one is right.
  [
    'SUM',
    'its integer kernels do not agree: the one that engines take without optimizations forgets the zero point',
  ],
  ['LSTM', 'its integer kernel asks for the ranges of values inside it, which nothing gives'],
  [
    'UNIDIRECTIONAL_SEQUENCE_LSTM',
    'its integer kernel asks for the ranges of values inside it, which nothing gives',
  ],
  ['SVDF', 'its integer kernel asks for the range of its state, which nothing gives'],
]);

/** Numbers of ActivationFunctionType that integer kernels fold into a layer: none, RELU, RELU_N1_TO_1, RELU6. */
export const FOLDED_ACTIVATIONS: ReadonlyMap<number, string | null> = new Map([
  [0, null],
  [1, 'RELU'],
  [2, 'RELU_N1_TO_1'],
  [3, 'RELU6'],
]);

/** What a policy means in the plan of a graph of integers. */
export function kindOf({ scale }: Policy): Role['kind'] {
  if (scale === 'product') return 'product';
  return scale === 'of the input' ? 'same-scale' : 'arithmetic';
}
