import { BITS, type DataType, isFloat } from '../../../model/dataType';
import { roundHalfToEven } from '../../../model/rounding';
import { broadcastShapes } from '../../broadcast';
import { broadcastElements, stored, truth } from '../../following';
import { knownScalar, tensor, UNKNOWN, type Value } from '../../value';
import { intAttribute, stringAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, named, type Operator, type Operators, optionalInput } from './operator';

/** Same type and shape as the first input. */
export function like(context: Context, apply?: (element: number) => number): Value {
  const { type, shape, elements } = input(context, 0);
  return tensor(
    type,
    shape,
    apply === undefined ? null : (elements?.map((element) => stored(type, apply(element))) ?? null),
  );
}

function unary(apply?: (element: number) => number): Operator {
  return { infer: (context) => [like(context, apply)] };
}

type Apply = (a: number, b: number, type: DataType | null) => number;

function binary(apply?: Apply, result?: DataType): Operator {
  return { infer: (context) => [combined(context, [input(context, 0), input(context, 1)], apply, result)] };
}

/** Any number of inputs. */
function variadic(apply?: Apply): Operator {
  return {
    infer(context) {
      const inputs = context.inputs.map((value) => value ?? UNKNOWN);
      return [inputs.length === 0 ? UNKNOWN : combined(context, inputs, apply)];
    },
  };
}

function combined(context: Context, inputs: readonly Value[], apply?: Apply, result?: DataType): Value {
  const source = inputs.find((value) => value.type !== null)?.type ?? null;
  const type = result ?? source;
  // Before version 7 the second input was stretched to the first, along an axis that could be named.
  const shape =
    context.opset < 7 ? input(context, 0).shape : broadcastShapes(inputs.map((value) => value.shape));
  const elements =
    apply === undefined
      ? null
      : broadcastElements(inputs, shape, (...operands) =>
          operands.reduce((a, b) => stored(type, apply(a, b, source))),
        );
  return tensor(type, shape, elements);
}

const divide: Apply = (a, b, type) => {
  if (type !== null && isFloat(type)) return a / b;
  return b === 0 ? Number.NaN : Math.trunc(a / b);
};

function clip(context: Context): readonly Value[] {
  const fromInput = context.opset >= 11;
  const low = fromInput ? bound(context, 1, Number.NEGATIVE_INFINITY) : Number.NaN;
  const high = fromInput ? bound(context, 2, Number.POSITIVE_INFINITY) : Number.NaN;
  return [like(context, (x) => Math.min(Math.max(x, low), high))];
}

function bound(context: Context, index: number, fallback: number): number {
  const value = optionalInput(context, index);
  return value === null ? fallback : (knownScalar(value) ?? Number.NaN);
}

function cast(context: Context, type: DataType | null): readonly Value[] {
  const { shape, elements } = input(context, 0);
  const whole = type !== null && !isFloat(type) && type !== 'bool';
  return [tensor(type, shape, elements?.map((x) => stored(type, whole ? Math.trunc(x) : x)) ?? null)];
}

/** A number; in the first operator set the name of a type. */
function castTarget({ node }: Context): DataType | null {
  const number = intAttribute(node, 'to');
  if (number !== undefined) return dataTypeOf(number);
  const name = stringAttribute(node, 'to', '').toLowerCase();
  const type = { float: 'float32', double: 'float64' }[name] ?? name;
  return Object.hasOwn(BITS, type) ? (type as DataType) : null;
}

/** The first input alone decides shape and type. */
const SAME_AS_FIRST = [
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'BitwiseNot',
  'Celu',
  'Cos',
  'Cosh',
  'Elu',
  'Erf',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'Hardmax',
  'LeakyRelu',
  'LogSoftmax',
  'Mish',
  'PRelu',
  'Selu',
  'Shrink',
  'Sigmoid',
  'Sin',
  'Sinh',
  'Softmax',
  'Softplus',
  'Softsign',
  'Swish',
  'Tan',
  'Tanh',
  'ThresholdedRelu',
  'Affine',
  'ParametricSoftplus',
  'Scale',
  'ScaledTanh',
  'ImageScaler',
  'com.microsoft.BiasGelu',
  'com.microsoft.BiasSoftmax',
  'com.microsoft.FastGelu',
  'com.microsoft.Gelu',
  'com.microsoft.QuickGelu',
  'com.microsoft.QLinearLeakyRelu',
  'com.microsoft.QLinearSigmoid',
  'com.microsoft.QLinearSoftmax',
] as const;

export const elementwise: Operators = {
  ...named(SAME_AS_FIRST, { infer: (context) => [like(context)] }),
  Abs: unary(Math.abs),
  Ceil: unary(Math.ceil),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Log: unary(Math.log),
  Neg: unary((x) => -x),
  Not: unary((x) => (Number.isNaN(x) ? x : Number(x === 0))),
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => Math.max(x, 0)),
  Round: unary(roundHalfToEven),
  Sign: unary(Math.sign),
  Sqrt: unary(Math.sqrt),
  Clip: { infer: clip },
  Identity: {
    infer: (context) => [input(context, 0)],
    works: 'none',
  },
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary(divide),
  Pow: {
    infer(context) {
      const [base, exponent] = [input(context, 0), input(context, 1)];
      const shape = context.opset < 7 ? base.shape : broadcastShapes([base.shape, exponent.shape]);
      const elements = broadcastElements([base, exponent], shape, (a, b) => stored(base.type, a ** b));
      return [tensor(base.type, shape, elements)];
    },
  },
  Mod: {
    infer(context) {
      const inputs = [input(context, 0), input(context, 1)];
      const type = inputs.find((value) => value.type !== null)?.type ?? null;
      const shape = broadcastShapes(inputs.map((value) => value.shape));
      // Without fmod the result has the divisor's sign, as in Python.
      const fmod = intAttribute(context.node, 'fmod', 0) !== 0;
      const apply = (a: number, b: number) => (fmod ? a % b : a - Math.floor(a / b) * b);
      return [
        tensor(
          type,
          shape,
          broadcastElements(inputs, shape, (a, b) => stored(type, apply(a, b))),
        ),
      ];
    },
  },
  Max: variadic((a, b) => Math.max(a, b)),
  Min: variadic((a, b) => Math.min(a, b)),
  Sum: variadic((a, b) => a + b),
  Mean: variadic(),
  ...named(['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], binary()),
  And: binary(
    truth((a, b) => a !== 0 && b !== 0),
    'bool',
  ),
  Or: binary(
    truth((a, b) => a !== 0 || b !== 0),
    'bool',
  ),
  Xor: binary(
    truth((a, b) => (a !== 0) !== (b !== 0)),
    'bool',
  ),
  Equal: binary(
    truth((a, b) => a === b),
    'bool',
  ),
  Greater: binary(
    truth((a, b) => a > b),
    'bool',
  ),
  GreaterOrEqual: binary(
    truth((a, b) => a >= b),
    'bool',
  ),
  Less: binary(
    truth((a, b) => a < b),
    'bool',
  ),
  LessOrEqual: binary(
    truth((a, b) => a <= b),
    'bool',
  ),
  ...named(['IsInf', 'IsNaN'], { infer: (context) => [tensor('bool', input(context, 0).shape)] }),
  Where: {
    infer(context) {
      const [condition, then, otherwise] = [input(context, 0), input(context, 1), input(context, 2)];
      const shape = broadcastShapes([condition.shape, then.shape, otherwise.shape]);
      const elements = broadcastElements([condition, then, otherwise], shape, (test, a, b) =>
        Number.isNaN(test) ? test : test !== 0 ? a : b,
      );
      return [tensor(then.type ?? otherwise.type, shape, elements)];
    },
  },
  Cast: { infer: (context) => cast(context, castTarget(context)) },
  CastLike: { infer: (context) => cast(context, input(context, 1).type) },
  BitCast: {
    infer: (context) => [tensor(dataTypeOf(intAttribute(context.node, 'to', 0)), input(context, 0).shape)],
  },
  Dropout: {
    infer(context) {
      const { type, shape } = input(context, 0);
      return [input(context, 0), tensor(context.opset >= 10 ? 'bool' : type, shape)];
    },
    works: 'none',
  },
  'com.microsoft.QLinearAdd': { infer: quantizedBinary },
  'com.microsoft.QLinearMul': { infer: quantizedBinary },
  'com.microsoft.QLinearWhere': {
    infer(context) {
      const shapes = [input(context, 0).shape, input(context, 1).shape, input(context, 4).shape];
      return [tensor(input(context, 1).type, broadcastShapes(shapes))];
    },
  },
};

/** Inputs are A, its scale and zero point, B, its scale and zero point, the result's scale and zero point. */
function quantizedBinary(context: Context): readonly Value[] {
  const [a, b] = [input(context, 0), input(context, 3)];
  return [tensor(a.type, broadcastShapes([a.shape, b.shape]))];
}
