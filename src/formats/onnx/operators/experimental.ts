import type { Shape } from '../../../model/dataType';
import { shapeFrom, sum, tensor, unknownShape, type Value } from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, type Operators, optionalInput } from './operator';
import { lengthOf } from './shape';

/** Of [N, C, H, W]; `border` is left, top, right, bottom, and `scale` the height and width that are kept. */
function crop(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  if (shape?.length !== 4) return [tensor(type, [null, null, null, null])];
  const [left = 0, top = 0, right = 0, bottom = 0] = intsAttribute(context.node, 'border') ?? [];
  const kept = intsAttribute(context.node, 'scale') ?? [];
  const [batch = null, channels = null, height = null, width = null] = shape;
  const lengths =
    kept.length === 2
      ? [kept[0] ?? null, kept[1] ?? null]
      : [sum([height, -top, -bottom]), sum([width, -left, -right])];
  return [tensor(type, [batch, channels, ...lengths])];
}

/** The shape is an attribute, the input's, or what the input holds; `extra_shape` comes behind it. */
function filled(context: Context): readonly Value[] {
  const { node } = context;
  const type = dataTypeOf(intAttribute(node, 'dtype', 1));
  const like = optionalInput(context, 0);
  if (like === null) return [tensor(type, intsAttribute(node, 'shape') ?? null)];
  const asShape = intAttribute(node, 'input_as_shape', 0) !== 0;
  const base: Shape | null = asShape
    ? like.elements === null
      ? unknownShape(lengthOf(like))
      : shapeFrom(like.elements)
    : like.shape;
  return [tensor(type, base && [...base, ...(intsAttribute(node, 'extra_shape') ?? [])])];
}

/**
 * Operators that were experimental in the first operator set, and are not in later ones; those that keep the shape
 * of their input are among the elementwise ones. `ATen` can be anything.
 */
export const experimental: Operators = {
  Crop: { infer: crop },
  ConstantFill: { infer: filled },
  GivenTensorFill: { infer: filled },
  /** Inputs: the state before, and the gates, multiplied already. */
  GRUUnit: { infer: (context) => [tensor(input(context, 0).type, input(context, 0).shape)] },
};
