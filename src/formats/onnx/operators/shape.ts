import { itemAt } from '../../../model/assert';
import { elementCount, type Shape } from '../../../model/dataType';
import { broadcastShapes, describe } from '../../broadcast';
import { broadcastElements, pickedElements } from '../../following';
import {
  axisIn,
  dimension,
  int64Vector,
  knownElements,
  knownScalar,
  Mismatch,
  product,
  shapeFrom,
  strides,
  tensor,
  unknownShape,
  type Value,
} from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { type Context, input, type Operators, optionalInput } from './operator';

/**
 * A list that older operator sets have as an attribute and newer ones as an input; undefined = not given,
 * null = given, but its values are not known.
 */
export function listFrom(
  context: Context,
  attribute: string,
  index: number,
): readonly number[] | null | undefined {
  const list = intsAttribute(context.node, attribute);
  if (list !== undefined) return list;
  const value = optionalInput(context, index);
  return value === null ? undefined : knownElements(value);
}

/** Length of a one-dimensional input. */
export function lengthOf(value: Value | null): number | null {
  return value?.shape?.length === 1 ? dimension(value, 0) : null;
}

function shapeOf(context: Context): readonly Value[] {
  const { shape } = input(context, 0);
  if (shape === null) return [tensor('int64', [null])];
  const start = intAttribute(context.node, 'start', 0);
  const end = intAttribute(context.node, 'end', shape.length);
  const dimensions = shape.slice(
    Math.max(start < 0 ? start + shape.length : start, 0),
    Math.max(end < 0 ? end + shape.length : end, 0),
  );
  return [int64Vector(dimensions.map((dimension) => dimension ?? Number.NaN))];
}

function reshape(context: Context): readonly Value[] {
  const data = input(context, 0);
  const target = intsAttribute(context.node, 'shape') ?? input(context, 1).elements;
  if (target === null) {
    return [tensor(data.type, unknownShape(lengthOf(input(context, 1))))];
  }
  const zeroIsZero = intAttribute(context.node, 'allowzero', 0) !== 0;
  const shape = target.map((length, axis) => {
    if (length === 0 && !zeroIsZero) return data.shape === null ? null : copied(data.shape, axis);
    return length >= 0 ? length : null;
  });
  const open = shape.filter((length) => length === null).length;
  const total = elementCount(data.shape);
  if (open === 1 && total !== null) {
    const rest = product(shape.filter((length) => length !== null)) ?? Number.NaN;
    const length = total / rest;
    if (Number.isInteger(length)) shape[shape.indexOf(null)] = length;
    else if (rest > 0) throw new Mismatch(`cannot give ${describe(data.shape)} the shape ${describe(shape)}`);
  } else if (open === 0 && total !== null && product(shape) !== total) {
    throw new Mismatch(`cannot give ${describe(data.shape)} the shape ${describe(shape)}`);
  }
  return [tensor(data.type, shape, data.elements)];
}

function copied(shape: Shape, axis: number): number | null {
  if (axis >= shape.length) throw new Mismatch(`copies dimension ${axis} of a shape ${describe(shape)}`);
  return shape[axis] ?? null;
}

function flatten(context: Context): readonly Value[] {
  const { type, shape, elements } = input(context, 0);
  if (shape === null) return [tensor(type, [null, null])];
  const axis = intAttribute(context.node, 'axis', 1);
  const split = axis < 0 ? axis + shape.length : axis;
  return [tensor(type, [product(shape.slice(0, split)), product(shape.slice(split))], elements)];
}

function squeeze(context: Context): readonly Value[] {
  const { type, shape, elements } = input(context, 0);
  const axes = listFrom(context, 'axes', 1);
  if (shape === null) return [tensor(type, null)];
  if (axes === null) {
    const dropped = lengthOf(optionalInput(context, 1));
    return [tensor(type, dropped === null ? null : unknownShape(Math.max(shape.length - dropped, 0)))];
  }
  if (axes === undefined) {
    const known = !shape.includes(null);
    return [tensor(type, known ? shape.filter((length) => length !== 1) : null, elements)];
  }
  const drop = new Set(axes.map((axis) => axisIn(axis, shape.length)));
  for (const axis of drop) {
    if ((itemAt(shape, axis) ?? 1) !== 1)
      throw new Mismatch(`drops axis ${axis} of ${describe(shape)}, which is not 1`);
  }
  return [
    tensor(
      type,
      shape.filter((_, axis) => !drop.has(axis)),
      elements,
    ),
  ];
}

function unsqueeze(context: Context): readonly Value[] {
  const { type, shape, elements } = input(context, 0);
  const axes = listFrom(context, 'axes', 1);
  if (shape === null) return [tensor(type, null)];
  if (!axes) {
    const added = lengthOf(optionalInput(context, 1));
    return [tensor(type, added === null ? null : unknownShape(shape.length + added))];
  }
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisIn(axis, rank)));
  const rest = shape[Symbol.iterator]();
  const result = Array.from({ length: rank }, (_, axis) =>
    added.has(axis) ? 1 : (rest.next().value ?? null),
  );
  return [tensor(type, result, elements)];
}

function transpose(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const given = intsAttribute(context.node, 'perm');
  if (shape === null) return [tensor(type, unknownShape(given?.length ?? null))];
  const order = given ?? shape.map((_, axis) => shape.length - 1 - axis);
  if (order.length !== shape.length) {
    throw new Mismatch(`orders ${order.length} axes, but its input has ${shape.length}`);
  }
  const result = order.map((axis) => shape[axisIn(axis, shape.length)] ?? null);
  const steps = strides(shape);
  const position = (index: readonly number[]) =>
    order.reduce(
      (at, axis, n) => at + (index[n] ?? Number.NaN) * itemAt(steps, axisIn(axis, shape.length)),
      0,
    );
  return [tensor(type, result, pickedElements(input(context, 0), result, position))];
}

function expand(context: Context): readonly Value[] {
  const data = input(context, 0);
  const target = input(context, 1);
  if (target.elements === null) {
    const length = lengthOf(target);
    const rank = length === null || data.shape === null ? null : Math.max(length, data.shape.length);
    return [tensor(data.type, unknownShape(rank))];
  }
  const shape = broadcastShapes([data.shape, shapeFrom(target.elements)]);
  return [
    tensor(
      data.type,
      shape,
      broadcastElements([data], shape, (element) => element),
    ),
  ];
}

/** Before version 6 one axis was repeated, and the inputs said how often and which. */
function repeatsOfOne(context: Context, shape: Shape): Shape | null {
  const [times, axis] = [knownScalar(input(context, 1)), knownScalar(input(context, 2))];
  if (axis === null) return null;
  return shape.map(() => 1 as number | null).with(axisIn(axis, shape.length), times);
}

function tile(context: Context): readonly Value[] {
  const data = input(context, 0);
  const { elements } = input(context, 1);
  if (data.shape === null) return [tensor(data.type, unknownShape(lengthOf(input(context, 1))))];
  const repeats = context.opset < 6 ? repeatsOfOne(context, data.shape) : elements && shapeFrom(elements);
  if (repeats === null) return [tensor(data.type, unknownShape(data.shape.length))];
  const result = data.shape.map((length, axis) => product([length, repeats[axis]]));
  const own = data.shape;
  const steps = strides(own);
  const position = (index: readonly number[]) =>
    own.reduce<number>(
      (at, length, axis) => at + ((index[axis] ?? Number.NaN) % (length ?? Number.NaN)) * itemAt(steps, axis),
      0,
    );
  return [tensor(data.type, result, pickedElements(data, result, position))];
}

/** Looks at the same elements in another way, or at the shape alone: no work on elements. */
export const shapes: Operators = {
  Shape: { infer: shapeOf, works: 'none' },
  Size: {
    infer: (context) => [tensor('int64', [], [elementCount(input(context, 0).shape) ?? Number.NaN])],
    works: 'none',
  },
  Reshape: { infer: reshape, works: 'none' },
  Flatten: { infer: flatten, works: 'none' },
  Squeeze: { infer: squeeze, works: 'none' },
  Unsqueeze: { infer: unsqueeze, works: 'none' },
  Transpose: { infer: transpose },
  Expand: { infer: expand },
  Tile: { infer: tile },
};
