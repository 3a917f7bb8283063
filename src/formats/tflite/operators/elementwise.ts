import { isFloat, type Shape } from '../../../model/dataType';
import { roundHalfToEven } from '../../../model/rounding';
import { broadcastShapes } from '../../broadcast';
import { broadcastElements, truth } from '../../following';
import type { Value } from '../../value';
import { numberOption } from '../options';
import { type Context, input, named, type Operator, type Operators, shaped } from './operator';

/** Elements of small tensors are followed, since shapes are computed with them. */
function unary(compute?: (a: number) => number): Operator {
  return {
    infer: (context) => {
      const { shape, elements } = input(context, 0);
      return [shaped(shape, (compute && elements?.map((element) => compute(element))) ?? null)];
    },
    works: 'outputs',
  };
}

/** What an activation that is fused to the operator makes of it is not followed. */
function binary(compute?: (a: number, b: number, whole: boolean) => number): Operator {
  return {
    infer: (context) => {
      const inputs = [input(context, 0), input(context, 1)];
      const shape = broadcastShapes(inputs.map((one) => one.shape));
      if (!compute || numberOption(context.operator, 'fusedActivationFunction') !== 0) return [shaped(shape)];
      const whole = inputs.every(({ type }) => type !== null && !isFloat(type));
      return [
        shaped(
          shape,
          broadcastElements(inputs, shape, (...[a = 0, b = 0]) => compute(a, b, whole)),
        ),
      ];
    },
    works: 'outputs',
  };
}

/** Elements of the second input where the condition holds, else those of the third. */
function chosen(context: Context, shape: Shape | null): Value[] {
  const inputs = [input(context, 0), input(context, 1), input(context, 2)];
  const elements = broadcastElements(inputs, shape, (...[test = Number.NaN, a = 0, b = 0]) =>
    Number.isNaN(test) ? test : test !== 0 ? a : b,
  );
  return [shaped(shape, elements)];
}

const select: Operator = {
  infer: (context) => {
    const { shape } = input(context, 1);
    // A vector of conditions may choose whole rows.
    const whole = input(context, 0).shape?.length === shape?.length;
    return whole ? chosen(context, shape) : [shaped(shape)];
  },
  works: 'outputs',
};

const sum: Operator = {
  infer: ({ inputs }) => {
    const shape = broadcastShapes(inputs.map((one) => one?.shape ?? null));
    const known = inputs.filter((one) => one !== null);
    return [
      shaped(
        shape,
        broadcastElements(known, shape, (...terms) => terms.reduce((a, b) => a + b, 0)),
      ),
    ];
  },
  works: 'outputs',
};

const add = (a: number, b: number) => a + b;
const subtract = (a: number, b: number) => a - b;
const multiply = (a: number, b: number) => a * b;
/** By 0 nothing is known. */
const divide = (a: number, b: number, whole: boolean) =>
  whole ? (b === 0 ? Number.NaN : Math.trunc(a / b)) : a / b;

export const elementwise: Operators = {
  ...named(
    'BUCKETIZE COMPLEX_ABS CUMSUM DENSIFY DEQUANTIZE DYNAMIC_UPDATE_SLICE ELU FAKE_QUANT GELU HARD_SWISH IMAG L2_NORMALIZATION LEAKY_RELU LOCAL_RESPONSE_NORMALIZATION LOGISTIC LOG_SOFTMAX MATRIX_SET_DIAG PRELU QUANTIZE REAL RELU6 RELU_0_TO_1 RELU_N1_TO_1 REVERSE_SEQUENCE SOFTMAX',
    unary(),
  ),
  ...named(
    'STABLEHLO_CBRT STABLEHLO_CLAMP STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_LOG STABLEHLO_LOGISTIC STABLEHLO_RSQRT STABLEHLO_TANH',
    unary(),
  ),
  ...named('ABS STABLEHLO_ABS', unary(Math.abs)),
  CEIL: unary(Math.ceil),
  COS: unary(Math.cos),
  EXP: unary(Math.exp),
  ...named('FLOOR STABLEHLO_FLOOR', unary(Math.floor)),
  LOG: unary(Math.log),
  LOGICAL_NOT: unary((x) => (Number.isNaN(x) ? x : Number(x === 0))),
  ...named(
    'NEG STABLEHLO_NEGATE',
    unary((x) => 0 - x),
  ),
  RELU: unary((x) => Math.max(x, 0)),
  ROUND: unary(roundHalfToEven),
  RSQRT: unary((x) => 1 / Math.sqrt(x)),
  SIGN: unary(Math.sign),
  SIN: unary(Math.sin),
  SQRT: unary(Math.sqrt),
  SQUARE: unary((x) => x * x),
  TANH: unary(Math.tanh),
  ZEROS_LIKE: {
    infer: (context) => {
      const { shape } = input(context, 0);
      return [
        shaped(
          shape,
          broadcastElements([], shape, () => 0),
        ),
      ];
    },
    works: 'outputs',
  },
  ...named('CAST STABLEHLO_CONVERT', {
    infer: (context) => {
      const { shape, elements } = input(context, 0);
      const to = context.types[0] ?? null;
      const whole = to !== null && !isFloat(to) && to !== 'bool';
      return [shaped(shape, elements?.map((element) => (whole ? Math.trunc(element) : element)) ?? null)];
    },
    works: 'outputs',
  }),
  ...named('RIGHT_SHIFT STABLEHLO_COMPARE STABLEHLO_REMAINDER STABLEHLO_SHIFT_LEFT', binary()),
  ATAN2: binary(Math.atan2),
  BITWISE_XOR: binary((a, b) => (isInt32(a) && isInt32(b) ? a ^ b : Number.NaN)),
  ...named('ADD STABLEHLO_ADD', binary(add)),
  ...named('SUB STABLEHLO_SUBTRACT', binary(subtract)),
  ...named('MUL STABLEHLO_MULTIPLY', binary(multiply)),
  ...named('DIV STABLEHLO_DIVIDE', binary(divide)),
  FLOOR_DIV: binary((a, b, whole) => (whole && b === 0 ? Number.NaN : Math.floor(a / b))),
  FLOOR_MOD: binary((a, b) => a - Math.floor(a / b) * b),
  ...named(
    'MAXIMUM STABLEHLO_MAXIMUM',
    binary((a, b) => Math.max(a, b)),
  ),
  ...named(
    'MINIMUM STABLEHLO_MINIMUM',
    binary((a, b) => Math.min(a, b)),
  ),
  ...named(
    'POW STABLEHLO_POWER',
    binary((a, b) => a ** b),
  ),
  SQUARED_DIFFERENCE: binary((a, b) => (a - b) ** 2),
  EQUAL: binary(truth((a, b) => a === b)),
  NOT_EQUAL: binary(truth((a, b) => a !== b)),
  GREATER: binary(truth((a, b) => a > b)),
  GREATER_EQUAL: binary(truth((a, b) => a >= b)),
  LESS: binary(truth((a, b) => a < b)),
  LESS_EQUAL: binary(truth((a, b) => a <= b)),
  ...named('LOGICAL_AND', binary(truth((a, b) => a !== 0 && b !== 0))),
  ...named('LOGICAL_OR', binary(truth((a, b) => a !== 0 || b !== 0))),
  ...named('STABLEHLO_AND STABLEHLO_OR', binary()),
  ADD_N: sum,
  ...named('SELECT STABLEHLO_SELECT', select),
  SELECT_V2: {
    infer: (context) => chosen(context, broadcastShapes(context.inputs.map((one) => one?.shape ?? null))),
    works: 'outputs',
  },
};

function isInt32(value: number): boolean {
  return (value | 0) === value;
}
