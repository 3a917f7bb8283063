import { itemAt } from '../../../model/assert';
import { gatheredElements, partElements } from '../../following';
import { rangeLength } from '../../slice';
import {
  axisIn,
  dimension,
  forEachIndex,
  int64Vector,
  knownElements,
  knownScalar,
  Mismatch,
  tensor,
  unknownShape,
  type Value,
} from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { type Context, input, named, type Operators, optionalInput } from './operator';
import { lengthOf, listFrom } from './shape';

interface Run {
  /** Of the first element. */
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What a slice takes of an axis, by the rules of numpy. */
function sliceRun(length: number, start: number, end: number, step: number): Run {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const from = Math.min(Math.max(start < 0 ? start + length : start, 0), high);
  const to = Math.min(Math.max(end < 0 ? end + length : end, low), high);
  return { start: from, step, length: rangeLength(from, to, step) };
}

function slice(context: Context): readonly Value[] {
  const data = input(context, 0);
  const { type, shape } = data;
  if (shape === null) return [tensor(type, null)];
  // Bounds may be known in part, so they are not asked for as a whole.
  const bounds = (name: string, index: number) =>
    intsAttribute(context.node, name) ?? optionalInput(context, index)?.elements ?? null;
  const starts = bounds('starts', 1);
  const ends = bounds('ends', 2);
  const count = starts?.length ?? ends?.length ?? lengthOf(optionalInput(context, 1));
  const axes = listFrom(context, 'axes', 3) ?? (optionalInput(context, 3) === null ? first(count) : null);
  const steps = optionalInput(context, 4) === null ? null : (bounds('steps', 4) ?? []);
  if (axes === null) return [tensor(type, unknownShape(shape.length))];
  const result = [...shape];
  const runs = new Map<number, Run>();
  axes.forEach((given, n) => {
    const axis = axisIn(given, shape.length);
    const length = shape[axis] ?? null;
    const start = starts?.[n] ?? Number.NaN;
    const end = ends?.[n] ?? Number.NaN;
    const step = steps === null ? 1 : (steps[n] ?? Number.NaN);
    if (step === 0) throw new Mismatch('has a step of 0');
    const run = length === null ? null : sliceRun(length, start, end, step);
    result[axis] = run === null || Number.isNaN(run.length) ? null : run.length;
    if (run !== null) runs.set(axis, run);
  });
  return [
    tensor(
      type,
      result,
      partElements(
        data,
        result,
        shape.map((_, axis) => runs.get(axis)?.start ?? 0),
        shape.map((_, axis) => runs.get(axis)?.step ?? 1),
      ),
    ),
  ];
}

function first(count: number | null): readonly number[] | null {
  return count === null ? null : Array.from({ length: count }, (_, n) => n);
}

function gather(context: Context): readonly Value[] {
  const data = input(context, 0);
  const indices = input(context, 1);
  if (data.shape === null || indices.shape === null) return [tensor(data.type, null)];
  const axis = axisIn(intAttribute(context.node, 'axis', 0), data.shape.length);
  const result = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  const length = dimension(data, axis);
  const elements =
    indices.elements?.map((given) => (given < 0 ? given + (length ?? Number.NaN) : given)) ?? null;
  return [
    tensor(
      data.type,
      result,
      gatheredElements(data, tensor(indices.type, indices.shape, elements), axis, result),
    ),
  ];
}

function gatherNd(context: Context): readonly Value[] {
  const data = input(context, 0);
  const indices = input(context, 1);
  const depth = dimension(indices, -1);
  if (data.shape === null || indices.shape === null || depth === null) return [tensor(data.type, null)];
  const batch = intAttribute(context.node, 'batch_dims', 0);
  return [tensor(data.type, [...indices.shape.slice(0, -1), ...data.shape.slice(batch + depth)])];
}

function topK(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  if (shape === null) return [tensor(type, null), tensor('int64', null)];
  const axis = axisIn(intAttribute(context.node, 'axis', -1), shape.length);
  const k = intAttribute(context.node, 'k') ?? knownScalar(optionalInput(context, 1));
  const result = shape.with(axis, k);
  return [tensor(type, result), tensor('int64', result)];
}

function oneHot(context: Context): readonly Value[] {
  const indices = input(context, 0);
  const { type } = input(context, 2);
  if (indices.shape === null) return [tensor(type, null)];
  const rank = indices.shape.length + 1;
  const axis = axisIn(intAttribute(context.node, 'axis', -1), rank);
  return [tensor(type, indices.shape.toSpliced(axis, 0, knownScalar(input(context, 1))))];
}

function nonZero(context: Context): readonly Value[] {
  const { shape } = input(context, 0);
  const elements = knownElements(input(context, 0));
  if (elements === null || shape === null) {
    // A scalar counts as a vector of one element.
    return [tensor('int64', [shape === null ? null : Math.max(shape.length, 1), null])];
  }
  const places: number[][] = [];
  let position = 0;
  forEachIndex(shape as readonly number[], (index) => {
    if (elements[position++] !== 0) places.push(index.length === 0 ? [0] : [...index]);
  });
  const rank = Math.max(shape.length, 1);
  const result = first(rank)?.flatMap((axis) => places.map((place) => itemAt(place, axis))) ?? null;
  return [tensor('int64', [rank, places.length], result)];
}

function unique(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const axis = intAttribute(context.node, 'axis');
  const result = axis === undefined ? [null] : (shape?.with(axisIn(axis, shape.length), null) ?? null);
  const count = tensor('int64', [null]);
  return [tensor(type, result), count, count, count];
}

export const indexing: Operators = {
  ...named(['Slice', 'DynamicSlice'], { infer: slice }),
  Gather: { infer: gather },
  GatherND: { infer: gatherNd },
  GatherElements: { infer: (context) => [tensor(input(context, 0).type, input(context, 1).shape)] },
  ...named(
    [
      'Scatter',
      'ScatterElements',
      'ScatterND',
      'TensorScatter',
      'ReverseSequence',
      'Trilu',
      'CumProd',
      'CumSum',
    ],
    {
      infer: (context) => [tensor(input(context, 0).type, input(context, 0).shape)],
    },
  ),
  TopK: { infer: topK, works: 'input' },
  OneHot: { infer: oneHot },
  NonZero: { infer: nonZero, works: 'input' },
  Unique: { infer: unique, works: 'input' },
  /** Boxes are chosen by their scores: how many is not known before. */
  NonMaxSuppression: { infer: () => [tensor('int64', [null, 3])], works: 'input' },
  Range: { infer: range },
  'com.microsoft.GatherBlockQuantized': {
    infer(context) {
      const { shape } = input(context, 0);
      const indices = input(context, 1).shape;
      const { type } = input(context, 2);
      if (shape === null || indices === null) return [tensor(type, null)];
      const axis = axisIn(intAttribute(context.node, 'gather_axis', 0), shape.length);
      // Bytes hold several packed elements along the last axis.
      const packed = input(context, 0).type === 'uint8' ? 8 / intAttribute(context.node, 'bits', 4) : 1;
      const data = shape.with(-1, (shape.at(-1) ?? Number.NaN) * packed);
      const result = [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
      return [
        tensor(
          type,
          result.map((length) => (Number.isNaN(length) ? null : length)),
        ),
      ];
    },
  },
};

function range(context: Context): readonly Value[] {
  const { type } = input(context, 0);
  const start = knownScalar(input(context, 0));
  const limit = knownScalar(input(context, 1));
  const step = knownScalar(input(context, 2));
  if (start === null || limit === null || step === null || step === 0) return [tensor(type, [null])];
  const count = rangeLength(start, limit, step);
  const { elements } =
    count <= 4096
      ? int64Vector(Array.from({ length: count }, (_, n) => start + n * step))
      : { elements: null };
  return [tensor(type, [count], elements)];
}
