import { sequence, sequenceOf } from '../../sequence';
import {
  axisIn,
  knownElements,
  knownScalar,
  MAX_ELEMENTS,
  Mismatch,
  type Sequence,
  tensor,
  UNKNOWN,
  unknownShape,
  type Value,
} from '../../value';
import { attributeOf, intAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { concatenate } from './joining';
import { type Context, input, type Operators, optionalInput } from './operator';

const NOTHING_KNOWN: Sequence = { length: null, items: null, each: UNKNOWN };

function sequenceIn(context: Context, index: number): Sequence {
  return input(context, index).sequence ?? NOTHING_KNOWN;
}

/** Sizes of the parts are the second input: one for all, a list, or none, which gives parts of 1. */
function split(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  if (shape === null) return [sequence(null, tensor(type, null))];
  const axis = axisIn(intAttribute(context.node, 'axis', 0), shape.length);
  const length = shape[axis] ?? null;
  const sizes = optionalInput(context, 1);
  if (sizes === null) {
    const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
    return [sequence(length, tensor(type, keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1)))];
  }
  const given = knownElements(sizes);
  const part = (size: number | null) => tensor(type, shape.with(axis, size));
  if (given === null || sizes.shape === null) {
    const parts = sizes.shape?.length === 1 ? (sizes.shape[0] ?? null) : null;
    return [sequence(parts, part(null))];
  }
  if (sizes.shape.length > 0) return [sequenceOf(given.map(part))];
  const [size = 0] = given;
  if (length === null || size <= 0) return [sequence(null, part(null))];
  const whole = Math.floor(length / size);
  if (whole * size === length) return [sequence(whole, part(size))];
  if (whole >= MAX_ELEMENTS) return [sequence(whole + 1, part(null))];
  // The last part is what is left.
  const parts = new Array<Value>(whole).fill(part(size));
  return [sequenceOf([...parts, part(length - whole * size)])];
}

/** Place of an item as Python counts, from the end where it is negative; null = not known. */
function placeIn({ items }: Sequence, position: Value | null, fallback: number): number | null {
  const given = position === null ? fallback : knownScalar(position);
  if (items === null || given === null) return null;
  return given < 0 ? given + items.length : given;
}

function at(context: Context): readonly Value[] {
  const held = sequenceIn(context, 0);
  const place = placeIn(held, optionalInput(context, 1), 0);
  if (place === null || held.items === null) return [{ ...(held.each ?? UNKNOWN), elements: null }];
  const item = held.items[place];
  if (item === undefined) throw new Mismatch(`takes tensor ${place} of a sequence of ${held.items.length}`);
  return [item];
}

function insert(context: Context): readonly Value[] {
  const held = sequenceIn(context, 0);
  const added = input(context, 1);
  const place = placeIn(held, optionalInput(context, 2), held.items?.length ?? 0);
  if (place !== null && held.items !== null) {
    if (place < 0 || place > held.items.length) {
      throw new Mismatch(`inserts at ${place} into a sequence of ${held.items.length}`);
    }
    return [sequenceOf(held.items.toSpliced(place, 0, added))];
  }
  const each = held.each === null ? added : (sequenceOf([held.each, added]).sequence?.each ?? UNKNOWN);
  return [sequence(held.length === null ? null : held.length + 1, each)];
}

function erase(context: Context): readonly Value[] {
  const held = sequenceIn(context, 0);
  const place = placeIn(held, optionalInput(context, 1), -1);
  if (place === null || held.items === null) {
    return [sequence(held.length === null ? null : Math.max(held.length - 1, 0), held.each)];
  }
  if (held.items[place] === undefined) {
    throw new Mismatch(`erases tensor ${place} of a sequence of ${held.items.length}`);
  }
  return [sequenceOf(held.items.toSpliced(place, 1))];
}

function join(context: Context): readonly Value[] {
  const { items, length, each } = sequenceIn(context, 0);
  const given = intAttribute(context.node, 'axis', 0);
  const stacked = intAttribute(context.node, 'new_axis', 0) !== 0;
  const type = each?.type ?? null;
  if (!each || each.shape === null) return [tensor(type, null)];
  const rank = each.shape.length + Number(stacked);
  const axis = axisIn(given, rank);
  if (stacked) return [tensor(type, each.shape.toSpliced(axis, 0, length))];
  return items !== null && items.length > 0
    ? [concatenate(items, axis)]
    : [
        tensor(
          type,
          unknownShape(rank)?.map((_, n) => (n === axis ? null : (each.shape?.[n] ?? null))) ?? null,
        ),
      ];
}

/** What is in it, where something is; the type is stated where nothing is. */
function optional(context: Context): readonly Value[] {
  const given = optionalInput(context, 0);
  const type = attributeOf(context.node, 'type')?.tp?.tensorType;
  return [given ?? (type ? tensor(dataTypeOf(type.elemType), null) : UNKNOWN)];
}

/** Sequences of tensors, and tensors that may be missing: whoever passes them on does no work on their elements. */
export const sequences: Operators = {
  SequenceEmpty: { infer: () => [sequenceOf([])], works: 'none' },
  SequenceConstruct: {
    infer: ({ inputs }) => [sequenceOf(inputs.map((one) => one ?? UNKNOWN))],
    works: 'none',
  },
  SequenceInsert: { infer: insert, works: 'none' },
  SequenceErase: { infer: erase, works: 'none' },
  SequenceAt: { infer: at, works: 'none' },
  SequenceLength: {
    infer: (context) => [tensor('int64', [], [sequenceIn(context, 0).length ?? Number.NaN])],
    works: 'none',
  },
  SplitToSequence: { infer: split },
  ConcatFromSequence: { infer: join },
  Optional: { infer: optional, works: 'none' },
  OptionalGetElement: { infer: (context) => [input(context, 0)], works: 'none' },
  OptionalHasElement: {
    infer: ({ inputs }) => [tensor('bool', [], inputs[0] ? null : [0])],
    works: 'none',
  },
};
