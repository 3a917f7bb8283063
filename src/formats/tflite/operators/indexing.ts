import { itemAt, present } from '../../../model/assert';
import { elementCount, type Shape } from '../../../model/dataType';
import { gatheredElements, joinedElements, partElements, pickedElements } from '../../following';
import { takenBy } from '../../slice';
import {
  axisIn,
  forEachIndex,
  knownElements,
  knownScalar,
  smallShape,
  strides,
  sum,
  unknownShape,
  type Value,
} from '../../value';
import { numberOption } from '../options';
import {
  type Context,
  input,
  named,
  type Operator,
  type Operators,
  partlyKnown,
  settings,
  shaped,
} from './operator';

const concatenation: Operator = {
  infer: (context) => {
    const shapes = context.inputs.map((one) => one?.shape ?? null);
    const [first = null] = shapes;
    if (first === null || shapes.includes(null)) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), first.length);
    const shape = first.with(axis, sum(shapes.map((one) => one?.[axis] ?? null)));
    return [
      shaped(
        shape,
        joinedElements(context.inputs, shape, axis, (length) => length ?? Number.NaN),
      ),
    ];
  },
  works: 'outputs',
};

const pack: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    if (shape === null) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), shape.length + 1);
    const packed = shape.toSpliced(axis, 0, context.inputs.length);
    return [
      shaped(
        packed,
        joinedElements(context.inputs, packed, axis, () => 1),
      ),
    ];
  },
  works: 'outputs',
};

const unpack: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const { shape } = data;
    if (shape === null) return [];
    const axis = axisIn(numberOption(context.operator, 'axis'), shape.length);
    return Array.from({ length: context.outputs }, (_, index) => {
      const starts = shape.map((_, n) => (n === axis ? index : 0));
      return shaped(shape.toSpliced(axis, 1), partElements(data, shape.with(axis, 1), starts));
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
    const each = length === null ? null : length / context.outputs;
    const size = each !== null && Number.isInteger(each) ? each : null;
    return parts(input(context, 1), at, new Array<number | null>(context.outputs).fill(size));
  },
  works: 'outputs',
};

const splitV: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const [sizes, axis] = [partlyKnown(context, 1), knownScalar(context.inputs[2])];
    if (shape === null || sizes === null || axis === null) return [];
    const at = axisIn(axis, shape.length);
    const stated = sum(sizes.map((size) => (size !== null && size < 0 ? 0 : size)));
    const length = shape[at] ?? null;
    const rest = length === null || stated === null ? null : length - stated;
    const each = sizes.slice(0, context.outputs).map((size) => (size !== null && size < 0 ? rest : size));
    return parts(input(context, 0), at, each);
  },
  works: 'outputs',
};

function parts(data: Value, axis: number, sizes: readonly (number | null)[]): Value[] {
  let start: number | null = 0;
  return sizes.map((size) => {
    const shape = data.shape?.with(axis, size) ?? null;
    const starts = data.shape?.map((_, n) => (n === axis ? start : 0)) ?? [];
    start = sum([start, size]);
    return shaped(shape, shape && partElements(data, shape, starts));
  });
}

const slice: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const { shape } = data;
    const [begin, size] = [partlyKnown(context, 1), partlyKnown(context, 2)];
    if (shape === null || begin === null || size === null)
      return [shaped(unknownShape(shape?.length ?? null))];
    const lengths = shape.map((length, axis) => {
      const stated = size[axis] ?? null;
      const from = begin[axis] ?? null;
      if (stated === null || stated >= 0) return stated;
      return length === null || from === null ? null : Math.max(0, length - from);
    });
    return [shaped(lengths, partElements(data, lengths, begin))];
  },
  works: 'outputs',
};

/** Inputs: data, begin, end, strides; the options' bits say for which axes something else holds. */
const stridedSlice: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const [begin, end, strides] = [1, 2, 3].map((place) => partlyKnown(context, place));
    const specs = begin?.length ?? end?.length ?? strides?.length;
    if (data.shape === null || specs === undefined || specs > 32) return [shaped(null)];
    const axes = stridedAxes(context, data.shape, specs);
    const bits = (name: string, spec: number) => (numberOption(context.operator, name) >> spec) & 1;
    const lengths: (number | null)[] = [];
    // Of the data's axes: what is taken of each.
    const taken: { start: number | null; length: number | null; step: number }[] = [];
    for (const { length, spec, fresh } of axes) {
      if (spec === null || fresh) {
        lengths.push(length);
        if (!fresh) taken.push({ start: 0, length, step: 1 });
        continue;
      }
      // null where the mask takes the end of the axis, undefined where it is not known.
      const from = bits('beginMask', spec) ? null : (begin?.[spec] ?? undefined);
      const to = bits('endMask', spec) ? null : (end?.[spec] ?? undefined);
      if (bits('shrinkAxisMask', spec)) {
        const at =
          from === undefined || length === null ? null : from === null || from >= 0 ? from : from + length;
        taken.push({ start: from === null ? 0 : at, length: 1, step: 1 });
        continue;
      }
      const relative = numberOption(context.operator, 'offset') === 1 && to != null && from != null;
      const step = strides?.[spec] ?? undefined;
      const known = length !== null && from !== undefined && to !== undefined && step;
      const range = known ? takenBy(length, from, relative ? to + from : to, step) : null;
      lengths.push(range?.count ?? null);
      taken.push({ start: range?.start ?? null, length: range?.count ?? null, step: step ?? 1 });
    }
    const elements = partElements(
      data,
      taken.map(({ length }) => length),
      taken.map(({ start }) => start),
      taken.map(({ step }) => step),
    );
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

const gather: Operator = {
  infer: (context) => {
    const [data, places] = [input(context, 0), input(context, 1)];
    if (data.shape === null || places.shape === null) return [shaped(null)];
    const axis = axisIn(numberOption(context.operator, 'axis'), data.shape.length);
    const batch = numberOption(context.operator, 'batchDims');
    const shape = data.shape.toSpliced(axis, 1, ...places.shape.slice(batch));
    return [shaped(shape, batch === 0 ? gatheredElements(data, places, axis, shape) : null)];
  },
  works: 'outputs',
};

const gatherNd: Operator = {
  infer: (context) => {
    const [data, places] = [input(context, 0).shape, input(context, 1).shape];
    const depth = places?.at(-1) ?? null;
    if (data === null || places === null || depth === null) return [shaped(null)];
    const shape = [...places.slice(0, -1), ...data.slice(depth)];
    const [steps, elements] = [strides(data), input(context, 1).elements];
    if (elements === null) return [shaped(shape)];
    const row = strides(places);
    const position = (index: readonly number[]) => {
      const first = index
        .slice(0, places.length - 1)
        .reduce((at, place, axis) => at + place * (row[axis] ?? Number.NaN), 0);
      const whole = [...elements.slice(first, first + depth), ...index.slice(places.length - 1)];
      return whole.reduce((at, place, axis) => at + place * (steps[axis] ?? Number.NaN), 0);
    };
    return [shaped(shape, pickedElements(input(context, 0), shape, position))];
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
    const depth = knownScalar(context.inputs[1]);
    const result = shape.toSpliced(at, 0, depth);
    const [places, on, off] = [0, 2, 3].map((place) => input(context, place).elements);
    if (!places || !on || !off || smallShape(result) === null) return [shaped(result)];
    const steps = strides(shape);
    const elements: number[] = [];
    forEachIndex(result as readonly number[], (index) => {
      const place =
        places[index.toSpliced(at, 1).reduce((sum, n, axis) => sum + n * (steps[axis] ?? Number.NaN), 0)];
      elements.push((place === index[at] ? on[0] : off[0]) ?? Number.NaN);
    });
    return [shaped(result, places.some(Number.isNaN) ? null : elements)];
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

/** Places of what holds: how many there are is only known where the conditions are. */
const where: Operator = {
  infer: (context) => {
    const condition = input(context, 0);
    const rank = condition.shape?.length ?? null;
    const [elements, shape] = [knownElements(condition), smallShape(condition.shape)];
    if (elements === null || shape === null) return [shaped([null, rank])];
    const places: number[][] = [];
    let position = 0;
    forEachIndex(shape, (index) => {
      if (elements[position++] !== 0) places.push([...index]);
    });
    return [shaped([places.length, rank], places.flat())];
  },
  works: 'input',
};

/** Each value once, in the order in which they come, and for each element the place of its value among them. */
const unique: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const elements = knownElements(data);
    if (elements === null) return [shaped([null]), shaped(data.shape)];
    const values = [...new Set(elements)];
    const places = new Map(values.map((value, place) => [value, place]));
    return [
      shaped([values.length], values),
      shaped(
        data.shape,
        elements.map((element) => places.get(element) ?? Number.NaN),
      ),
    ];
  },
  works: 'input',
};

const reverse: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const { shape } = data;
    const axes = settings(context, 1);
    if (shape === null || axes === null) return [shaped(shape)];
    const turned = new Set(axes.map((axis) => axisIn(axis, shape.length)));
    const steps = strides(shape);
    const position = (index: readonly number[]) =>
      index.reduce((at, place, axis) => {
        return (
          at +
          (turned.has(axis) ? (shape[axis] ?? Number.NaN) - 1 - place : place) * (steps[axis] ?? Number.NaN)
        );
      }, 0);
    return [shaped(shape, pickedElements(data, shape, position))];
  },
  works: 'outputs',
};

/** The values of a list of places in a tensor of zeros; those of one place add up. */
const scatter: Operator = {
  infer: (context) => {
    const [places, updates] = [input(context, 0), input(context, 1)];
    const shape =
      partlyKnown(context, 2)?.map((length) => (length !== null && length >= 0 ? length : null)) ?? null;
    const [elements, small] = [knownElements(places), smallShape(shape)];
    const depth = places.shape?.at(-1);
    if (elements === null || small === null || updates.elements === null || !depth) return [shaped(shape)];
    const steps = strides(small);
    const slice = small.slice(depth).reduce((a, b) => a * b, 1);
    const result = new Array<number>(present(elementCount(small), 'size')).fill(0);
    let inside = true;
    updates.elements.forEach((update, n) => {
      const row = elements.slice(Math.floor(n / slice) * depth, Math.floor(n / slice) * depth + depth);
      const at = row.reduce((sum, place, axis) => sum + place * (steps[axis] ?? Number.NaN), n % slice);
      if (at in result) result[at] = itemAt(result, at) + update;
      else inside = false;
    });
    return [shaped(shape, inside ? result : null)];
  },
  works: 'outputs',
};

/** As many boxes as there can be, and how many of them count; the fifth version gives scores as well. */
function suppression(scores: boolean): Operator {
  return {
    infer: (context) => {
      const boxes = shaped([knownScalar(context.inputs[2])]);
      return scores ? [boxes, boxes, shaped([])] : [boxes, shaped([])];
    },
    works: 'input',
  };
}

/** Rows of the data that belong together become one; how many there are then stands in an input. */
const segments: Operator = {
  infer: (context) => {
    const [data, ids] = [input(context, 0).shape, input(context, 1).shape];
    if (data === null || ids === null) return [shaped(null)];
    return [shaped([knownScalar(context.inputs[2]), ...data.slice(ids.length)])];
  },
  works: 'input',
};

const segmentSum: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const ids = knownElements(context.inputs[1]);
    const count = ids && ids.length > 0 ? Math.max(...ids) + 1 : null;
    return [shaped(shape && [count, ...shape.slice(1)])];
  },
  works: 'input',
};

const multinomial: Operator = {
  infer: (context) => [shaped([input(context, 0).shape?.[0] ?? null, knownScalar(context.inputs[1])])],
  works: 'outputs',
};

export const indexing: Operators = {
  CONCATENATION: concatenation,
  EMBEDDING_LOOKUP: embedding,
  GATHER: gather,
  GATHER_ND: gatherNd,
  HASHTABLE_FIND: { infer: (context) => [shaped(input(context, 1).shape)], works: 'outputs' },
  MULTINOMIAL: multinomial,
  NON_MAX_SUPPRESSION_V4: suppression(false),
  NON_MAX_SUPPRESSION_V5: suppression(true),
  ONE_HOT: oneHot,
  SEGMENT_SUM: segmentSum,
  ...named('UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_SUM', segments),
  PACK: pack,
  SLICE: slice,
  SPLIT: split,
  SPLIT_V: splitV,
  STRIDED_SLICE: stridedSlice,
  TOPK_V2: topK,
  UNPACK: unpack,
  REVERSE_V2: reverse,
  SCATTER_ND: scatter,
  UNIQUE: unique,
  WHERE: where,
};
