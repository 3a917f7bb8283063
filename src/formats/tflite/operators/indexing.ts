import type { Shape } from '../../../model/dataType';
import { axisIn, knownScalar, sum, unknownShape, type Value } from '../../value';
import { numberOption } from '../options';
import { type Context, input, type Operator, type Operators, settings, shaped } from './operator';

const concatenation: Operator = {
  infer: (context) => {
    const shapes = context.inputs.map((one) => one?.shape ?? null);
    const [first = null] = shapes;
    if (first === null || shapes.includes(null)) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), first.length);
    const shape = first.with(axis, sum(shapes.map((one) => one?.[axis] ?? null)));
    return [shaped(shape, first.length === 1 ? joined(context) : null)];
  },
  works: 'outputs',
};

/** Vectors, or scalars, one behind the other; what is not known of them is not a number. */
function joined({ inputs }: Context): readonly number[] | null {
  const lists = inputs.map((one) => {
    const count = one?.shape?.length === 0 ? 1 : (one?.shape?.[0] ?? null);
    return one?.elements ?? (count !== null && count < 64 ? new Array<number>(count).fill(Number.NaN) : null);
  });
  return lists.every((list) => list !== null) ? lists.flat() : null;
}

const pack: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    if (shape === null) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), shape.length + 1);
    const elements = shape.length === 0 ? joined(context) : null;
    return [shaped(shape.toSpliced(axis, 0, context.inputs.length), elements)];
  },
  works: 'outputs',
};

const unpack: Operator = {
  infer: (context) => {
    const { shape, elements } = input(context, 0);
    if (shape === null) return [];
    const axis = axisIn(numberOption(context.operator, 'axis'), shape.length);
    const rest = shape.toSpliced(axis, 1);
    return Array.from({ length: context.outputs }, (_, index) => {
      const element = rest.length === 0 ? elements?.[index] : undefined;
      return shaped(rest, element === undefined ? null : [element]);
    });
  },
  works: 'outputs',
};

/** Equal parts along an axis, which SPLIT has as its first input and SPLIT_V, with the sizes, behind the data. */
const split: Operator = {
  infer: (context) => {
    const axis = knownScalar(context.inputs[0]);
    const { shape } = input(context, 1);
    if (axis === null || shape === null) return [];
    const at = axisIn(axis, shape.length);
    const length = shape[at] ?? null;
    const part = length === null ? null : length / context.outputs;
    return Array.from({ length: context.outputs }, () =>
      shaped(shape.with(at, part !== null && Number.isInteger(part) ? part : null)),
    );
  },
  works: 'outputs',
};

const splitV: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const [sizes, axis] = [settings(context, 1), knownScalar(context.inputs[2])];
    if (shape === null || sizes === null || axis === null) return [];
    const at = axisIn(axis, shape.length);
    const stated = sizes.filter((size) => size >= 0).reduce((a, b) => a + b, 0);
    const length = shape[at] ?? null;
    return sizes.slice(0, context.outputs).map((size) => {
      const rest = length === null ? null : length - stated;
      return shaped(shape.with(at, size >= 0 ? size : rest));
    });
  },
  works: 'outputs',
};

const slice: Operator = {
  infer: (context) => {
    const { shape, elements } = input(context, 0);
    const [begin, size] = [settings(context, 1), settings(context, 2)];
    if (shape === null || begin === null || size === null)
      return [shaped(unknownShape(shape?.length ?? null))];
    const lengths = shape.map((length, axis) => {
      const stated = size[axis] ?? -1;
      if (stated >= 0) return stated;
      return length === null ? null : Math.max(0, length - (begin[axis] ?? 0));
    });
    const [from = 0] = begin;
    const vector = shape.length === 1 ? (elements?.slice(from, from + (lengths[0] ?? 0)) ?? null) : null;
    return [shaped(lengths, vector)];
  },
  works: 'outputs',
};

/** Inputs: data, begin, end, strides; the options' bits say for which axes something else holds. */
const stridedSlice: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const [begin, end, strides] = [1, 2, 3].map((place) => settings(context, place));
    const specs = begin?.length ?? end?.length ?? strides?.length;
    if (data.shape === null || specs === undefined || specs > 32) return [shaped(null)];
    const axes = stridedAxes(context, data.shape, specs);
    const bits = (name: string, spec: number) => (numberOption(context.operator, name) >> spec) & 1;
    const lengths: (number | null)[] = [];
    let elements = data.shape.length === 1 ? data.elements : null;
    for (const { length, spec, fresh } of axes) {
      if (spec === null || fresh) {
        lengths.push(length);
        continue;
      }
      const from = bits('beginMask', spec) ? null : begin?.[spec];
      const to = bits('endMask', spec) ? null : end?.[spec];
      if (bits('shrinkAxisMask', spec)) {
        const at =
          from === undefined || length === null ? null : (from ?? 0) < 0 ? (from ?? 0) + length : (from ?? 0);
        elements = elements && at !== null ? [elements[at] ?? Number.NaN] : null;
        continue;
      }
      const relative = numberOption(context.operator, 'offset') === 1 && to != null && from != null;
      const range = length === null ? null : bounds(length, from, relative ? to + from : to, strides?.[spec]);
      lengths.push(range && rangeLength(range));
      elements = elements && range && picks(elements, range);
    }
    return [shaped(lengths, elements)];
  },
  works: 'outputs',
};

interface StridedAxis {
  readonly length: number | null;
  /** Which entry of begin, end and strides is about it; null: the whole axis is taken. */
  readonly spec: number | null;
  /** An axis of length 1 that the data does not have. */
  readonly fresh: boolean;
}

function stridedAxes({ operator }: Context, shape: Shape, specs: number): StridedAxis[] {
  const bit = (name: string, spec: number) => ((numberOption(operator, name) >> spec) & 1) === 1;
  const all = Array.from({ length: specs }, (_, spec) => spec);
  const used = all.filter((spec) => !bit('newAxisMask', spec) && !bit('ellipsisMask', spec)).length;
  const axes: StridedAxis[] = [];
  let axis = 0;
  const rest = (until: number) => {
    while (axis < until) axes.push({ length: shape[axis++] ?? null, spec: null, fresh: false });
  };
  for (const spec of all) {
    if (bit('ellipsisMask', spec)) rest(axis + shape.length - used);
    else if (bit('newAxisMask', spec)) axes.push({ length: 1, spec, fresh: true });
    else axes.push({ length: shape[axis++] ?? null, spec, fresh: false });
  }
  rest(shape.length);
  return axes;
}

/** A bound is null where the mask takes the end of the axis, undefined where it is not known. */
type Bound = number | null | undefined;

interface Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

function bounds(length: number, from: Bound, to: Bound, step: Bound): Range | null {
  if (from === undefined || to === undefined || !step) return null;
  const clamp = (bound: number) => {
    const positive = bound < 0 ? bound + length : bound;
    return step > 0 ? Math.min(Math.max(positive, 0), length) : Math.min(Math.max(positive, -1), length - 1);
  };
  const start = from === null ? (step > 0 ? 0 : length - 1) : clamp(from);
  const stop = to === null ? (step > 0 ? length : -1) : clamp(to);
  return { start, stop, step };
}

function rangeLength({ start, stop, step }: Range): number {
  return Math.max(0, Math.ceil((stop - start) / step));
}

function picks(elements: readonly number[], range: Range): number[] {
  const count = Math.min(rangeLength(range), elements.length);
  return Array.from(
    { length: count },
    (_, index) => elements[range.start + index * range.step] ?? Number.NaN,
  );
}

const gather: Operator = {
  infer: (context) => {
    const [data, places] = [input(context, 0), input(context, 1)];
    if (data.shape === null || places.shape === null) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), data.shape.length);
    const batch = numberOption(context.operator, 'batchDims');
    const shape = data.shape.toSpliced(axis, 1, ...places.shape.slice(batch));
    return [shaped(shape, data.shape.length === 1 ? picked(data, places) : null)];
  },
  works: 'outputs',
};

function picked(data: Value, places: Value): readonly number[] | null {
  if (data.elements === null || places.elements === null) return null;
  return places.elements.map((place) => data.elements?.[place] ?? Number.NaN);
}

const gatherNd: Operator = {
  infer: (context) => {
    const [data, places] = [input(context, 0).shape, input(context, 1).shape];
    const depth = places?.at(-1) ?? null;
    if (data === null || places === null || depth === null) return [shaped(null)];
    return [shaped([...places.slice(0, -1), ...data.slice(depth)])];
  },
  works: 'outputs',
};

/** Rows of a table. */
const embedding: Operator = {
  infer: (context) => {
    const [places, table] = [input(context, 0).shape, input(context, 1).shape];
    return [shaped(places && table && [...places, ...table.slice(1)])];
  },
  works: 'outputs',
};

const oneHot: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    if (shape === null) return [shaped(null)];
    const axis = numberOption(context.operator, 'axis');
    const at = axis === -1 ? shape.length : axisIn(axis, shape.length + 1);
    return [shaped(shape.toSpliced(at, 0, knownScalar(context.inputs[1])))];
  },
  works: 'outputs',
};

const topK: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const result = shaped(shape && [...shape.slice(0, -1), knownScalar(context.inputs[1])]);
    return [result, result];
  },
  works: 'input',
};

const where: Operator = {
  infer: (context) => [shaped([null, input(context, 0).shape?.length ?? null])],
  works: 'input',
};

export const indexing: Operators = {
  CONCATENATION: concatenation,
  EMBEDDING_LOOKUP: embedding,
  GATHER: gather,
  GATHER_ND: gatherNd,
  ONE_HOT: oneHot,
  PACK: pack,
  SLICE: slice,
  SPLIT: split,
  SPLIT_V: splitV,
  STRIDED_SLICE: stridedSlice,
  TOPK_V2: topK,
  UNPACK: unpack,
  WHERE: where,
};
