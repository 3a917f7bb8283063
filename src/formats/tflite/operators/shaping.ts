import type { Shape } from '../../../model/dataType';
import {
  axisIn,
  dimension,
  knownScalar,
  MAX_ELEMENTS,
  Mismatch,
  product,
  shapeFrom,
  unknownShape,
} from '../../value';
import { numberOption, numbersOption } from '../options';
import { broadcast } from './elementwise';
import {
  type Context,
  countOf,
  input,
  named,
  type Operator,
  type Operators,
  settings,
  shaped,
} from './operator';

/** -1 stands for whatever is left. Files say the shape in the second input, older ones only in the options. */
const reshape: Operator = {
  infer: (context) => {
    const data = input(context, 0);
    const given = context.inputs[1]
      ? settings(context, 1)
      : (numbersOption(context.operator, 'newShape') ?? null);
    if (given === null) return [shaped(unknownShape(dimension(context.inputs[1], 0)))];
    const open = given.indexOf(-1);
    if (open < 0) return [shaped(shapeFrom(given), data.elements)];
    const rest = given.toSpliced(open, 1).reduce((a, b) => a * b, 1);
    const count = countOf(data);
    const left = count === null || rest === 0 ? null : count / rest;
    if (left !== null && !Number.isInteger(left)) {
      throw new Mismatch(`cannot give ${count} elements the shape ${given.join('×')}`);
    }
    return [shaped(shapeFrom(given).with(open, left), data.elements)];
  },
  works: 'none',
};

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
    return [shaped(order.map((axis) => shape[axisIn(axis, shape.length)] ?? null))];
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
function given(place: number): Operator {
  return {
    infer: (context) => {
      const elements = settings(context, place);
      return [shaped(elements ? shapeFrom(elements) : unknownShape(dimension(context.inputs[place], 0)))];
    },
    works: 'outputs',
  };
}

const broadcastArgs: Operator = {
  infer: (context) => {
    const [a, b] = [settings(context, 0), settings(context, 1)];
    if (a === null || b === null) return [shaped([null])];
    const shape = broadcast([shapeFrom(a), shapeFrom(b)]) ?? [];
    return [
      shaped(
        [shape.length],
        shape.map((length) => length ?? Number.NaN),
      ),
    ];
  },
  works: 'none',
};

const range: Operator = {
  infer: (context) => {
    const [start, limit, step] = [0, 1, 2].map((place) => knownScalar(context.inputs[place]));
    if (start == null || limit == null || step == null || step === 0) return [shaped([null])];
    const count = Math.max(0, Math.ceil((limit - start) / step));
    if (!Number.isSafeInteger(count)) return [shaped([null])];
    const elements =
      count <= MAX_ELEMENTS ? Array.from({ length: count }, (_, index) => start + index * step) : null;
    return [shaped([count], elements)];
  },
  works: 'outputs',
};

const tile: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const times = settings(context, 1);
    return [shaped(shape?.map((length, axis) => product([length, times?.[axis] ?? null])) ?? null)];
  },
  works: 'outputs',
};

/** Before and after each axis. */
function paddings(context: Context): Shape | null {
  const { shape } = input(context, 0);
  const pads = settings(context, 1);
  if (shape === null) return null;
  return shape.map((length, axis) => {
    const [before, after] = [pads?.[2 * axis] ?? null, pads?.[2 * axis + 1] ?? null];
    return length === null || before === null || after === null ? null : length + before + after;
  });
}

const pad: Operator = { infer: (context) => [shaped(paddings(context))], works: 'outputs' };

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
      const [block, edges] = [settings(context, 1), settings(context, 2)];
      if (shape === null || block === null || edges === null)
        return [shaped(unknownShape(shape?.length ?? null))];
      const area = block.reduce((a, b) => a * b, 1);
      const lengths = shape.map((length, axis) => {
        const size = block[axis - 1];
        if (length === null) return null;
        if (axis === 0) return whole(toBatch ? length * area : length / area);
        if (size === undefined) return length;
        const edge = (edges[2 * axis - 2] ?? 0) + (edges[2 * axis - 1] ?? 0);
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
    const size = settings(context, 1);
    const data = input(context, 0);
    return [shaped([dimension(data, 0), size?.[0] ?? null, size?.[1] ?? null, dimension(data, 3)])];
  },
  works: 'outputs',
};

export const shaping: Operators = {
  BATCH_TO_SPACE_ND: blocks(false),
  BROADCAST_ARGS: broadcastArgs,
  BROADCAST_TO: given(1),
  DEPTH_TO_SPACE: squares((block) => block),
  EXPAND_DIMS: expandDims,
  FILL: given(0),
  ...named('MIRROR_PAD PAD PADV2', pad),
  ...named('RANDOM_STANDARD_NORMAL RANDOM_UNIFORM', given(0)),
  RANGE: range,
  RANK: rank,
  RESHAPE: reshape,
  ...named('RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR', resize),
  SCATTER_ND: given(2),
  SHAPE: shapeOf,
  SPACE_TO_BATCH_ND: blocks(true),
  SPACE_TO_DEPTH: squares((block) => 1 / block),
  SPARSE_TO_DENSE: given(1),
  SQUEEZE: squeeze,
  TILE: tile,
  TRANSPOSE: transpose,
};
