import { describe } from '../../broadcast';
import { joinedElements } from '../../following';
import { axisIn, dimension, Mismatch, sum, tensor, unknownShape, type Value } from '../../value';
import { intAttribute } from '../attributes';
import { type Context, input, type Operators } from './operator';
import { lengthOf, listFrom } from './shape';

/** Tensors one after the other along an axis. */
export function concatenate(values: readonly Value[], axisGiven: number): Value {
  const type = values.find((value) => value.type !== null)?.type ?? null;
  const first = values.find((value) => value.shape !== null)?.shape;
  if (!first) return tensor(type, null);
  const rank = first.length;
  const axis = axisIn(axisGiven, rank);
  const result = first.map((_, n) => {
    if (n === axis) return sum(values.map((value) => value.shape?.[n]));
    const known = new Set(
      values.map((value) => value.shape?.[n] ?? null).filter((length) => length !== null),
    );
    if (known.size > 1) {
      throw new Mismatch(
        `joins ${values.map((value) => describe(value.shape)).join(' and ')} along axis ${axis}, which do not fit`,
      );
    }
    return [...known][0] ?? null;
  });
  for (const value of values) {
    if (value.shape !== null && value.shape.length !== rank) {
      throw new Mismatch(`joins tensors of ${rank} and of ${value.shape.length} dimensions`);
    }
  }
  return tensor(
    type,
    result,
    joinedElements(values, result, axis, (length) => length ?? Number.NaN),
  );
}

function split(context: Context): readonly Value[] {
  const data = input(context, 0);
  const parts = context.node.output.length;
  const sizes = listFrom(context, 'split', 1);
  if (data.shape === null) return new Array<Value>(parts).fill(tensor(data.type, null));
  const shape = data.shape;
  const axis = axisIn(intAttribute(context.node, 'axis', 0), shape.length);
  const total = shape[axis] ?? null;
  const lengths = Array.from({ length: parts }, (_, n) => {
    if (sizes) return sizes[n] ?? null;
    if (sizes === null || total === null) return null;
    // Since version 18 the parts are as equal as they can be: the last one may be smaller.
    const even = Math.ceil(total / parts);
    return Math.max(Math.min(even, total - even * n), 0);
  });
  let start = 0;
  return lengths.map((length) => {
    const result = shape.with(axis, length);
    const from = start;
    start += length ?? Number.NaN;
    const elements =
      shape.length === 1 && length !== null ? (data.elements?.slice(from, from + length) ?? null) : null;
    return tensor(data.type, result, elements);
  });
}

export const joining: Operators = {
  Concat: {
    infer(context) {
      const values = context.inputs.filter((value) => value !== null);
      return [concatenate(values, intAttribute(context.node, 'axis', 1))];
    },
  },
  Split: { infer: split },
  /** Inputs are the result's scale and zero point, then each tensor with its own. */
  'com.microsoft.QLinearConcat': {
    infer(context) {
      const values = context.inputs.filter((value, n) => n >= 2 && n % 3 === 2 && value !== null);
      return [concatenate(values as Value[], intAttribute(context.node, 'axis', 0))];
    },
  },
  Compress: {
    infer(context) {
      const { type, shape } = input(context, 0);
      const axis = intAttribute(context.node, 'axis');
      if (axis === undefined) return [tensor(type, [null])];
      return [tensor(type, shape?.with(axisIn(axis, shape.length), null) ?? null)];
    },
  },
  Pad: { infer: pad },
};

function pad(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const pads = listFrom(context, context.opset < 2 ? 'paddings' : 'pads', 1);
  if (shape === null) {
    const length = lengthOf(context.inputs[1] ?? null);
    return [tensor(type, context.inputs[3] || length === null ? null : unknownShape(length / 2))];
  }
  const axes = listFrom(context, 'axes', 3) ?? (context.inputs[3] ? null : shape.map((_, axis) => axis));
  if (!pads || axes === null) return [tensor(type, unknownShape(shape.length))];
  const result = [...shape];
  axes.forEach((given, n) => {
    const axis = axisIn(given, shape.length);
    result[axis] = sum([dimension({ type, shape, elements: null }, axis), pads[n], pads[n + axes.length]]);
  });
  return [tensor(type, result)];
}
