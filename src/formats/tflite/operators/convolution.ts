import { elementCount, type Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength } from '../../../model/window';
import { dimension, Mismatch, product, shapeFrom } from '../../value';
import { numberOption } from '../options';
import { type Context, countOf, input, type Operator, type Operators, settings, shaped } from './operator';

/** Number of SAME in the enumeration Padding. */
const SAME = 0;

/** What the window of an operator leaves of one axis. */
function window(
  { operator }: Context,
  axis: 'D' | 'H' | 'W',
  length: number | null,
  kernel: number | null,
): number | null {
  const result = slidLength(length, {
    kernel,
    stride: numberOption(operator, `stride${axis}`),
    dilation: numberOption(operator, `dilation${axis}Factor`, 1),
    padding: numberOption(operator, 'padding') === SAME ? 'same' : NO_PADDING,
  });
  if (result !== null && result < 1 && kernel !== null) {
    throw new Mismatch(`has a window of ${kernel} over ${length} elements, which do not fit`);
  }
  return result;
}

/** Data [N, H, W, C], filter [M, h, w, C/groups]. MACs: an element of the result takes one for each weight of its channel. */
const conv2d: Operator = {
  infer: (context) => {
    const [data, filter] = [input(context, 0), input(context, 1)];
    return [
      shaped([
        dimension(data, 0),
        window(context, 'H', dimension(data, 1), dimension(filter, 1)),
        window(context, 'W', dimension(data, 2), dimension(filter, 2)),
        dimension(filter, 0),
      ]),
    ];
  },
  macs: (context, [output]) =>
    product([countOf(output), elementCount(input(context, 1).shape?.slice(1) ?? null)]),
  works: 'none',
};

/** Filter [1, h, w, channels of the result]. */
const depthwise: Operator = {
  infer: (context) => {
    const [data, filter] = [input(context, 0), input(context, 1)];
    return [
      shaped([
        dimension(data, 0),
        window(context, 'H', dimension(data, 1), dimension(filter, 1)),
        window(context, 'W', dimension(data, 2), dimension(filter, 2)),
        dimension(filter, 3),
      ]),
    ];
  },
  macs: (context, [output]) =>
    product([countOf(output), elementCount(input(context, 1).shape?.slice(1, 3) ?? null)]),
  works: 'none',
};

/** Data [N, D, H, W, C], filter [d, h, w, C/groups, M]. */
const conv3d: Operator = {
  infer: (context) => {
    const [data, filter] = [input(context, 0), input(context, 1)];
    return [
      shaped([
        dimension(data, 0),
        window(context, 'D', dimension(data, 1), dimension(filter, 0)),
        window(context, 'H', dimension(data, 2), dimension(filter, 1)),
        window(context, 'W', dimension(data, 3), dimension(filter, 2)),
        dimension(filter, 4),
      ]),
    ];
  },
  macs: (context, [output]) =>
    product([countOf(output), elementCount(input(context, 1).shape?.slice(0, 4) ?? null)]),
  works: 'none',
};

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
    const data = input(context, 0);
    const height = numberOption(context.operator, 'filterHeight');
    const width = numberOption(context.operator, 'filterWidth');
    return [
      shaped([
        dimension(data, 0),
        window(context, 'H', dimension(data, 1), height),
        window(context, 'W', dimension(data, 2), width),
        dimension(data, 3),
      ]),
    ];
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
  CONV_2D: conv2d,
  CONV_3D: conv3d,
  // [d, h, w, M, C]
  CONV_3D_TRANSPOSE: transposed((filter) => filter.slice(0, 4)),
  DEPTHWISE_CONV_2D: depthwise,
  L2_POOL_2D: pool,
  MAX_POOL_2D: pool,
  STABLEHLO_CONVOLUTION: stablehlo,
  // [M, h, w, C]
  TRANSPOSE_CONV: transposed((filter) => filter.slice(0, 3)),
};
