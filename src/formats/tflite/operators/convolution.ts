import { elementCount, type Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength, type Window } from '../../../model/window';
import { dimension, Mismatch, product, shapeFrom, type Value } from '../../value';
import { numberOption } from '../options';
import type { OperatorTable } from '../tables';
import { type Context, countOf, input, type Operator, type Operators, settings, shaped } from './operator';

/** Number of SAME in the enumeration Padding. */
const SAME = 0;

export type Axis = 'D' | 'H' | 'W';

/** How an operator with a table of padding and strides slides along an axis. */
export function windowAlong(operator: OperatorTable, axis: Axis, kernel: number | null): Window {
  return {
    kernel,
    stride: numberOption(operator, `stride${axis}`),
    dilation: numberOption(operator, `dilation${axis}Factor`, 1),
    padding: numberOption(operator, 'padding') === SAME ? 'same' : NO_PADDING,
  };
}

/** What the window of an operator leaves of data [N, …axes, C]. */
function slidOver(context: Context, axes: readonly Axis[], kernel: Shape, channels: number | null): Value {
  const { operator } = context;
  const data = input(context, 0);
  const sides = axes.map((axis, at) => {
    const length = dimension(data, at + 1);
    const size = kernel[at] ?? null;
    const window = windowAlong(operator, axis, size);
    const slid = slidLength(length, window);
    if (slid !== null && slid < 1 && window.padding !== 'same') {
      throw new Mismatch(`has a window of ${size} over ${length} elements, which do not fit`);
    }
    return slid;
  });
  return shaped([dimension(data, 0), ...sides, channels]);
}

/**
 * Where the filter has its window's axes and the result's channels, and which weights an element of the result takes
 * MACs for: all those of its channel.
 */
interface Filter {
  readonly axes: readonly Axis[];
  readonly window: number;
  readonly channels: number;
  weights(filter: Shape): Shape;
}

function convolutionOf({ axes, window, channels, weights }: Filter): Operator {
  return {
    infer: (context) => {
      const filter = input(context, 1);
      const kernel = axes.map((_, at) => dimension(filter, window + at));
      return [slidOver(context, axes, kernel, dimension(filter, channels))];
    },
    macs: (context, [output]) => {
      const { shape } = input(context, 1);
      return product([countOf(output), elementCount(shape && weights(shape))]);
    },
    works: 'none',
  };
}

/** Inputs: shape of the result, filter, data. MACs: an element of the data takes one for each weight that it meets. */
function transposed(weights: (filter: Shape) => Shape): Operator {
  return {
    infer: (context) => {
      const given = settings(context, 0);
      return [shaped(given && shapeFrom(given))];
    },
    macs: (context) => {
      const filter = input(context, 1).shape;
      return product([countOf(context.inputs[2]), filter && elementCount(weights(filter))]);
    },
    works: 'none',
  };
}

const pool: Operator = {
  infer: (context) => {
    const kernel = ['filterHeight', 'filterWidth'].map((name) => numberOption(context.operator, name));
    return [slidOver(context, ['H', 'W'], kernel, dimension(input(context, 0), 3))];
  },
  works: 'input',
};

/** Filter elements without those that make further channels of the result. */
const stablehlo: Operator = {
  macs: (context, [output]) => {
    const filter = input(context, 1);
    const channels = dimension(filter, numberOption(context.operator, 'kernelOutputFeatureDimension'));
    const weights = countOf(filter);
    if (weights === null || channels === null || channels === 0) return null;
    return product([countOf(output), weights / channels]);
  },
  works: 'none',
};

export const convolution: Operators = {
  AVERAGE_POOL_2D: pool,
  // [M, h, w, C/groups]
  CONV_2D: convolutionOf({
    axes: ['H', 'W'],
    window: 1,
    channels: 0,
    weights: (filter) => filter.slice(1),
  }),
  // [d, h, w, C/groups, M]
  CONV_3D: convolutionOf({
    axes: ['D', 'H', 'W'],
    window: 0,
    channels: 4,
    weights: (filter) => filter.slice(0, 4),
  }),
  // [d, h, w, M, C]
  CONV_3D_TRANSPOSE: transposed((filter) => filter.slice(0, 4)),
  // [1, h, w, M]
  DEPTHWISE_CONV_2D: convolutionOf({
    axes: ['H', 'W'],
    window: 1,
    channels: 3,
    weights: (filter) => filter.slice(1, 3),
  }),
  L2_POOL_2D: pool,
  MAX_POOL_2D: pool,
  STABLEHLO_CONVOLUTION: stablehlo,
  // [M, h, w, C]
  TRANSPOSE_CONV: transposed((filter) => filter.slice(0, 3)),
};
