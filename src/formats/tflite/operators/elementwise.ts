import type { Shape } from '../../../model/dataType';
import { Mismatch, type Value } from '../../value';
import { type Context, input, named, type Operator, type Operators, shaped } from './operator';

const unary: Operator = {
  infer: (context) => [shaped(input(context, 0).shape)],
  works: 'outputs',
};

/** Small integers are followed, since shapes are computed with them. */
function binary(compute?: (a: number, b: number) => number): Operator {
  return {
    infer: (context) => {
      const [a, b] = [input(context, 0), input(context, 1)];
      const shape = broadcast([a.shape, b.shape]);
      return [shaped(shape, compute ? combined(a, b, compute) : null)];
    },
    works: 'outputs',
  };
}

/** Element by element; of two tensors with more than one element only where their shapes are the same. */
function combined(a: Value, b: Value, compute: (a: number, b: number) => number): readonly number[] | null {
  if (
    a.elements === null ||
    b.elements === null ||
    (a.shape?.length ?? 2) > 1 ||
    (b.shape?.length ?? 2) > 1
  ) {
    return null;
  }
  const [x, y] = [a.elements, b.elements];
  const count = x.length === 1 ? y.length : x.length;
  if (y.length !== 1 && y.length !== count) return null;
  return Array.from({ length: count }, (_, index) => {
    return compute(x[x.length === 1 ? 0 : index] ?? Number.NaN, y[y.length === 1 ? 0 : index] ?? Number.NaN);
  });
}

/** As NumPy does: aligned at the last axis, 1 fits anything. */
export function broadcast(shapes: readonly (Shape | null)[]): Shape | null {
  if (shapes.some((shape) => shape === null)) return null;
  const rank = shapes.reduce((most, shape) => Math.max(most, shape?.length ?? 0), 0);
  return Array.from({ length: rank }, (_, axis) => {
    let result: number | null = 1;
    for (const shape of shapes) {
      const at = axis - rank + (shape?.length ?? 0);
      const length = at < 0 ? 1 : (shape?.[at] ?? null);
      if (length === 1) continue;
      if (result === 1 || result === null) result = length ?? result;
      else if (length !== null && length !== result) {
        throw new Mismatch(`has inputs of ${result} and ${length} along one axis, which do not fit`);
      }
      if (result === 1) result = null;
    }
    return result;
  });
}

function all(context: Context): Value[] {
  return [shaped(broadcast(context.inputs.map((one) => one?.shape ?? null)))];
}

const truncated = (compute: (a: number, b: number) => number) => (a: number, b: number) =>
  Math.trunc(compute(a, b));

export const elementwise: Operators = {
  ...named(
    'ABS BUCKETIZE CEIL COMPLEX_ABS COS CUMSUM DENSIFY DEQUANTIZE DYNAMIC_UPDATE_SLICE ELU EXP FAKE_QUANT FLOOR GELU HARD_SWISH IMAG L2_NORMALIZATION LEAKY_RELU LOCAL_RESPONSE_NORMALIZATION LOG LOGICAL_NOT LOGISTIC LOG_SOFTMAX MATRIX_SET_DIAG NEG PRELU QUANTIZE REAL RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 REVERSE_SEQUENCE REVERSE_V2 ROUND RSQRT SIGN SIN SOFTMAX SQRT SQUARE TANH ZEROS_LIKE',
    unary,
  ),
  CAST: {
    infer: (context) => {
      const { shape, elements } = input(context, 0);
      return [shaped(shape, elements?.map(Math.trunc) ?? null)];
    },
    works: 'outputs',
  },
  ...named(
    'ATAN2 BITWISE_XOR EQUAL FLOOR_MOD GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND LOGICAL_OR NOT_EQUAL POW RIGHT_SHIFT SQUARED_DIFFERENCE STABLEHLO_ADD STABLEHLO_MAXIMUM STABLEHLO_MINIMUM STABLEHLO_MULTIPLY STABLEHLO_SHIFT_LEFT',
    binary(),
  ),
  ADD: binary((a, b) => a + b),
  SUB: binary((a, b) => a - b),
  MUL: binary((a, b) => a * b),
  DIV: binary(truncated((a, b) => a / b)),
  FLOOR_DIV: binary((a, b) => Math.floor(a / b)),
  MAXIMUM: binary(Math.max),
  MINIMUM: binary(Math.min),
  ADD_N: { infer: all, works: 'outputs' },
  SELECT: { infer: (context) => [shaped(input(context, 1).shape)], works: 'outputs' },
  SELECT_V2: { infer: all, works: 'outputs' },
};
