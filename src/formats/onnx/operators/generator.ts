import { elementCount } from '../../../model/dataType';
import {
  dimension,
  MAX_ELEMENTS,
  shapeFrom,
  smallShape,
  tensor,
  unknownShape,
  type Value,
} from '../../value';
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, tensorAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { decodeElements, tensorBytes } from '../reading/tensorData';
import { type Context, input, named, type Operator, type Operators } from './operator';
import { lengthOf } from './shape';

function constantOfShape(context: Context): readonly Value[] {
  const target = input(context, 0);
  const value = tensorAttribute(context.node, 'value');
  const type = value === undefined ? 'float32' : dataTypeOf(value.dataType);
  if (target.elements === null) return [tensor(type, unknownShape(lengthOf(target)))];
  const shape = shapeFrom(target.elements);
  const count = elementCount(smallShape(shape));
  if (count === null || type === null || type === 'string') return [tensor(type, shape)];
  const filler = value === undefined ? 0 : (decodeElements(type, tensorBytes(value, 1), 1)[0] ?? Number.NaN);
  return [tensor(type, shape, new Array<number>(count).fill(filler))];
}

/** Only where the value comes from a function's caller; other Constant nodes are read with the file. */
function constant(context: Context): readonly Value[] {
  const { node } = context;
  const value = tensorAttribute(node, 'value');
  if (value !== undefined) {
    const type = dataTypeOf(value.dataType);
    const shape = value.dims.map(Number);
    const count = elementCount(shape) ?? Number.POSITIVE_INFINITY;
    if (type === null || type === 'string' || count > MAX_ELEMENTS) return [tensor(type, shape)];
    return [tensor(type, shape, Array.from(decodeElements(type, tensorBytes(value), count)))];
  }
  const float = floatAttribute(node, 'value_float');
  if (float !== undefined) return [tensor('float32', [], [float])];
  const int = intAttribute(node, 'value_int');
  if (int !== undefined) return [tensor('int64', [], [int])];
  const floats = floatsAttribute(node, 'value_floats');
  if (floats !== undefined) return [tensor('float32', [floats.length], floats)];
  const ints = intsAttribute(node, 'value_ints');
  return [ints === undefined ? tensor(null, null) : tensor('int64', [ints.length], ints)];
}

/** Same shape as the input; the type can be said apart. */
const randomLike: Operator = {
  infer(context) {
    const { type, shape } = input(context, 0);
    return [tensor(dataTypeOf(intAttribute(context.node, 'dtype', 0)) ?? type, shape)];
  },
};

const random: Operator = {
  infer: (context) => [
    tensor(dataTypeOf(intAttribute(context.node, 'dtype', 1)), intsAttribute(context.node, 'shape') ?? null),
  ],
};

/** A window function of the length that the input says. */
const window: Operator = {
  infer: (context) => [
    tensor(
      dataTypeOf(intAttribute(context.node, 'output_datatype', 1)),
      shapeFrom(input(context, 0).elements ?? [Number.NaN]),
    ),
  ],
};

export const generators: Operators = {
  Constant: { infer: constant, works: 'none' },
  ConstantOfShape: { infer: constantOfShape },
  ...named(['EyeLike', 'RandomNormalLike', 'RandomUniformLike', 'Bernoulli'], randomLike),
  ...named(['RandomNormal', 'RandomUniform'], random),
  Multinomial: {
    infer: (context) => [
      tensor(dataTypeOf(intAttribute(context.node, 'dtype', 6)), [
        dimension(input(context, 0), 0),
        intAttribute(context.node, 'sample_size', 1),
      ]),
    ],
  },
  ...named(['BlackmanWindow', 'HammingWindow', 'HannWindow'], window),
};

/** What gives other values in every run: nothing that follows from them is constant. */
export const RANDOM: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);
