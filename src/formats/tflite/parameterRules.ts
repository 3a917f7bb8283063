import type { Tensor } from '../../model/model';
import type { ParameterRules } from '../parameters';

/** Operators that only reshape or decode a tensor: its weights belong to whoever uses their output. */
const PASSING: ReadonlySet<string> = new Set(['CAST', 'DENSIFY', 'DEQUANTIZE', 'RESHAPE', 'TRANSPOSE']);

/** Inputs that are bounds, fill values, thresholds or sizes, whatever their type. Integers elsewhere need no list: without scales they are no data. */
const SETTINGS = new Map<string, readonly number[]>(
  Object.entries({
    FILL: [0],
    NON_MAX_SUPPRESSION_V4: [2, 3, 4],
    NON_MAX_SUPPRESSION_V5: [2, 3, 4, 5],
    ONE_HOT: [1, 2, 3],
    PADV2: [1, 2],
    RANGE: [0, 1, 2],
    RESIZE_BILINEAR: [1],
    RESIZE_NEAREST_NEIGHBOR: [1],
    SHAPE: [0],
    TOPK_V2: [1],
  }),
);

/** Where 32-bit and 64-bit integers are biases though they have no scales of their own, by input. */
const BIASES: ReadonlyMap<string, number> = new Map([
  ['CONV_2D', 2],
  ['CONV_3D', 2],
  ['DEPTHWISE_CONV_2D', 2],
  ['FULLY_CONNECTED', 2],
  ['TRANSPOSE_CONV', 3],
]);

export const parameterRules: ParameterRules = {
  passesOn: (op, input) => input === 0 && PASSING.has(op),
  isSetting: (op, input) => (PASSING.has(op) && input > 0) || (SETTINGS.get(op)?.includes(input) ?? false),
  isQuantizedData: (op, input, { quantization }: Tensor) =>
    quantization !== undefined || BIASES.get(op) === input,
};
