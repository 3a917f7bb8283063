import type { Shape } from '../../../model/dataType';
import { broadcastShapes } from '../../broadcast';
import { broadcastElements, pickedElements } from '../../following';
import { rangeLength } from '../../slice';
import {
  axisIn,
  dimension,
  knownScalar,
  MAX_ELEMENTS,
  Mismatch,
  product,
  strides,
  sum,
  unknownShape,
} from '../../value';
import { numberOption, numbersOption } from '../options';
import {
  type Context,
  countOf,
  input,
  named,
  type Operator,
  type Operators,
  partlyKnown,
  settings,
  shaped,
} from './operator';

/** -1 stands for whatever is left. Files say the shape in the second input, older ones only in the options. */
const reshape: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const given = context.inputs[1]
      ? partlyKnown(context, 1)
      : (numbersOption(context.operator, 'newShape') ?? null);
    if (given === null) return [shaped(null)];
    const shape = given.map((length) => (length !== null && length >= 0 ? length : null));
    // What is left over, or the only length that is not known: both follow from the others.
    const open = shape.indexOf(null);
    if (open < 0) return [shaped(shape, data.elements)];
    const rest = product(shape.toSpliced(open, 1));
    const count = countOf(data);
    if (rest === null) return [shaped(shape)];
    const left = count === null || rest === 0 ? null : count / rest;
    if (left !== null && !Number.isInteger(left)) {
      throw new Mismatch(`cannot give ${count} elements the shape ${describe(given)}`);
    }
    return [shaped(shape.with(open, left), data.elements)];
  },
  works: 'none',
};

function describe(shape: readonly (number | null)[]): string {
  return shape.map((length) => length ?? '?').join('×');
}

const squeeze: Operator = {
  infer: (context) => {
    const { shape, elements } = input(context, 0);
    if (shape === null) return [shaped(null)];
    const axes = (numbersOption(context.operator, 'squeezeDims') ?? []).map((axis) =>
      axisIn(axis, shape.length),
    );
    const kept = shape.filter((length, axis) => (axes.length > 0 ? !axes.includes(axis) : length !== 1));
    // Which axes go is unknown while a dimension is.
    return [axes.length === 0 && shape.includes(null) ? shaped(null) : shaped(kept, elements)];
  },
  works: 'none',
};

const expandDims: Operator = {
  infer: (context) => {
    const { shape, elements } = input(context, 0);
    const axis = knownScalar(context.inputs[1]);
    if (shape === null || axis === null) return [shaped(shape && unknownShape(shape.length + 1))];
    return [shaped(shape.toSpliced(axisIn(axis, shape.length + 1), 0, 1), elements)];
  },
  works: 'none',
};

const transpose: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const order = settings(context, 1);
    if (shape === null || order === null) return [shaped(unknownShape(shape?.length ?? null))];
    const axes = order.map((axis) => axisIn(axis, shape.length));
    const turned = axes.map((axis) => shape[axis] ?? null);
    const steps = strides(shape);
    const position = (index: readonly number[]) =>
      axes.reduce((at, axis, n) => at + (index[n] ?? Number.NaN) * (steps[axis] ?? Number.NaN), 0);
    return [shaped(turned, pickedElements(input(context, 0), turned, position))];
  },
  works: 'outputs',
};

const shapeOf: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    return [shaped(shape && [shape.length], shape?.map((length) => length ?? Number.NaN) ?? null)];
  },
  works: 'none',
};

const rank: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    return [shaped([], shape && [shape.length])];
  },
  works: 'none',
};

/** The shape is an input. */
function shapeIn(context: Context, place: number): Shape | null {
  return (
    partlyKnown(context, place)?.map((length) => (length !== null && length >= 0 ? length : null)) ?? null
  );
}

function given(place: number): Operator {
  return { infer: (context) => [shaped(shapeIn(context, place))], works: 'outputs' };
}

const fill: Operator = {
  infer: (context) => {
    const shape = shapeIn(context, 0);
    return [
      shaped(
        shape,
        broadcastElements([input(context, 1)], shape, (element) => element),
      ),
    ];
  },
  works: 'outputs',
};

const broadcastTo: Operator = {
  infer: (context) => {
    const shape = shapeIn(context, 1);
    const data = input(context, 0);
    const fits = shape !== null && data.shape !== null && data.shape.length <= shape.length;
    return [shaped(shape, fits ? broadcastElements([data], shape, (element) => element) : null)];
  },
  works: 'outputs',
};

const broadcastArgs: Operator = {
  infer: (context) => {
    const shape = broadcastShapes([shapeIn(context, 0), shapeIn(context, 1)]);
    if (shape === null) return [shaped([null])];
    const lengths = shape.map((length) => length ?? Number.NaN);
    return [shaped([lengths.length], lengths)];
  },
  works: 'none',
};

const range: Operator = {
  infer: (context) => {
    const [start, limit, step] = [0, 1, 2].map((place) => knownScalar(context.inputs[place]));
    if (start == null || limit == null || step == null || step === 0) return [shaped([null])];
    const count = rangeLength(start, limit, step);
    if (!Number.isSafeInteger(count)) return [shaped([null])];
    const elements =
      count <= MAX_ELEMENTS ? Array.from({ length: count }, (_, index) => start + index * step) : null;
    return [shaped([count], elements)];
  },
  works: 'outputs',
};

const tile: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const times = partlyKnown(context, 1);
    const own = data.shape;
    if (own === null) return [shaped(unknownShape(times?.length ?? null))];
    const shape = own.map((length, axis) => product([length, times?.[axis] ?? null]));
    const steps = strides(own);
    const position = (index: readonly number[]) =>
      own.reduce<number>(
        (at, length, axis) =>
          at + ((index[axis] ?? Number.NaN) % (length ?? Number.NaN)) * (steps[axis] ?? Number.NaN),
        0,
      );
    return [shaped(shape, pickedElements(data, shape, position))];
  },
  works: 'outputs',
};

/** Before and after each axis. */
function paddings(context: Context): Shape | null {
  const { shape } = input(context, 0);
  const pads = pairs(context, 1);
  if (shape === null) return null;
  return shape.map((length, axis) => {
    return sum([length, pads?.[2 * axis], pads?.[2 * axis + 1]]);
  });
}

/** The elements of [n, 2]: what comes before and behind each of n axes; null where one is not known. */
function pairs(context: Context, place: number): readonly (number | null)[] | null {
  const { elements } = input(context, place);
  return elements?.map((element) => (Number.isNaN(element) ? null : element)) ?? null;
}

const mirrorPad: Operator = { infer: (context) => [shaped(paddings(context))], works: 'outputs' };

/** With 0, or with what the third input says. */
const pad: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const shape = paddings(context);
    const pads = pairs(context, 1) ?? [];
    const value = context.inputs[2] ? (knownScalar(context.inputs[2]) ?? Number.NaN) : 0;
    const own = data.shape ?? [];
    const steps = strides(own);
    const position = (index: readonly number[]) => {
      let at = 0;
      for (const [axis, length] of own.entries()) {
        const place = (index[axis] ?? Number.NaN) - (pads[2 * axis] ?? Number.NaN);
        if (place < 0 || place >= (length ?? Number.NaN)) return -1;
        at += place * (steps[axis] ?? Number.NaN);
      }
      return at;
    };
    return [shaped(shape, pickedElements(data, shape, position, value))];
  },
  works: 'outputs',
};

/** Data [N, H, W, C]; squares of pixels become channels, or the other way round. */
function squares(times: (block: number) => number): Operator {
  return {
    infer: (context) => {
      const { shape } = input(context, 0);
      const block = numberOption(context.operator, 'blockSize');
      if (shape?.length !== 4 || block < 1) return [shaped(null)];
      const [batch = null, height = null, width = null, channels = null] = shape;
      const side = times(block);
      const scaled = [
        product([height, side]),
        product([width, side]),
        product([channels, 1 / (side * side)]),
      ];
      return [shaped([batch, ...scaled.map((length) => (Number.isInteger(length) ? length : null))])];
    },
    works: 'outputs',
  };
}

/** Inputs: data, blocks along the axes behind the batch, and what is padded before or cut off afterwards. */
function blocks(toBatch: boolean): Operator {
  return {
    infer: (context) => {
      const { shape } = input(context, 0);
      const block = partlyKnown(context, 1);
      if (shape === null || block === null) return [shaped(unknownShape(shape?.length ?? null))];
      const edges = pairs(context, 2);
      const area = product(block);
      const lengths = shape.map((length, axis) => {
        const size = axis === 0 ? area : block[axis - 1];
        if (size === undefined) return length;
        if (length === null || size === null) return null;
        if (axis === 0) return whole(toBatch ? length * size : length / size);
        const edge = sum([edges?.[2 * axis - 2], edges?.[2 * axis - 1]]);
        if (edge === null) return null;
        return whole(toBatch ? (length + edge) / size : length * size - edge);
      });
      return [shaped(lengths)];
    },
    works: 'outputs',
  };
}

function whole(length: number): number | null {
  return Number.isInteger(length) && length >= 0 ? length : null;
}

/** Sizes of an image [N, H, W, C] come as an input. */
const resize: Operator = {
  infer: (context) => {
    const [height = null, width = null] = partlyKnown(context, 1) ?? [];
    const data = input(context, 0);
    return [shaped([dimension(data, 0), height, width, dimension(data, 3)])];
  },
  works: 'outputs',
};

/** A vector on the diagonal of a matrix. */
const diagonal: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    return [shaped(shape && [...shape, shape.at(-1) ?? null])];
  },
  works: 'outputs',
};

/** Of the frequencies along the last axis half are kept: the others are their mirror. */
const fourier: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const [height = null, width = null] = partlyKnown(context, 1) ?? [];
    const half = width === null ? null : Math.floor(width / 2) + 1;
    return [shaped(shape && [...shape.slice(0, -2), height, half])];
  },
  works: 'outputs',
};

export const shaping: Operators = {
  BATCH_TO_SPACE_ND: blocks(false),
  BROADCAST_ARGS: broadcastArgs,
  BROADCAST_TO: broadcastTo,
  DEPTH_TO_SPACE: squares((block) => block),
  EXPAND_DIMS: expandDims,
  FILL: fill,
  MATRIX_DIAG: diagonal,
  MIRROR_PAD: mirrorPad,
  ...named('PAD PADV2', pad),
  ...named('RANDOM_STANDARD_NORMAL RANDOM_UNIFORM', given(0)),
  RANGE: range,
  RANK: rank,
  RESHAPE: reshape,
  RFFT2D: fourier,
  ...named('RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR', resize),
  SHAPE: shapeOf,
  SPACE_TO_BATCH_ND: blocks(true),
  SPACE_TO_DEPTH: squares((block) => 1 / block),
  SPARSE_TO_DENSE: given(1),
  SQUEEZE: squeeze,
  TILE: tile,
  TRANSPOSE: transpose,
};
