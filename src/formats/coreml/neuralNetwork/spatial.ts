import type { Shape } from '../../../model/dataType';
import type { BorderAmounts, ConvolutionLayerParams, PoolingLayerParams } from '../coreml_pb';

/** Positions of the axes from the end: a shape may have batches and sequences before them. */
export const CHANNEL = -3;
export const HEIGHT = -2;
export const WIDTH = -1;

/** The shape with some of its axes, counted from the end, of another length. */
export function withSizes(shape: Shape, sizes: ReadonlyMap<number, number | null>): Shape {
  return shape.map((size, axis) => {
    const replaced = sizes.get(axis - shape.length);
    return replaced === undefined ? size : replaced;
  });
}

/** Both edges of height or width together. */
export function edges(amounts: BorderAmounts | undefined, index: 0 | 1): number {
  const sizes = amounts?.borderAmounts[index];
  return Number(sizes?.startEdgeSize ?? 0n) + Number(sizes?.endEdgeSize ?? 0n);
}

export function pairOf(values: readonly bigint[], fallback: number): [number, number] {
  return [Number(values[0] ?? fallback), Number(values[1] ?? fallback)];
}

type Window = Pick<ConvolutionLayerParams, 'padding'> | Pick<PoolingLayerParams, 'padding'>;

/** Lengths of height and width after a window went over them (NeuralNetwork.proto, ValidPadding, SamePadding). */
export function slid(
  shape: Shape,
  { padding }: Window,
  reach: readonly [number, number],
  stride: readonly [number, number],
): ReadonlyMap<number, number | null> {
  const length = (axis: typeof HEIGHT | typeof WIDTH, index: 0 | 1): number | null => {
    const size = shape.at(axis);
    if (typeof size !== 'number' || stride[index] < 1) return null;
    if (padding.case === 'same') return Math.ceil(size / stride[index]);
    if (padding.case === 'includeLastPixel') {
      return includingLast(
        size,
        padding.value.paddingAmounts.map(Number),
        index,
        reach[index],
        stride[index],
      );
    }
    const pads = padding.case === 'valid' ? edges(padding.value.paddingAmounts, index) : 0;
    return atLeastNone(Math.floor((size + pads - reach[index]) / stride[index]) + 1);
  };
  return new Map([
    [HEIGHT, length(HEIGHT, 0)],
    [WIDTH, length(WIDTH, 1)],
  ]);
}

/** The last window reaches over the end rather than leave a pixel out (ValidCompletePadding). */
function includingLast(
  size: number,
  amounts: readonly number[],
  index: 0 | 1,
  reach: number,
  stride: number,
): number | null {
  const pad = amounts[index] ?? 0;
  const length = Math.ceil((size + 2 * pad - reach) / stride) + 1;
  const padded = amounts.some((amount) => amount > 0);
  return atLeastNone(padded && (length - 1) * stride >= size + pad ? length - 1 : length);
}

function atLeastNone(length: number): number | null {
  return length >= 0 ? length : null;
}

export function unslid(
  shape: Shape,
  { padding, outputShape }: ConvolutionLayerParams,
  kernel: readonly [number, number],
  stride: readonly [number, number],
): ReadonlyMap<number, number | null> {
  const length = (axis: typeof HEIGHT | typeof WIDTH, index: 0 | 1): number | null => {
    const size = shape.at(axis);
    const given = outputShape[index];
    if (given !== undefined) return Number(given);
    if (typeof size !== 'number') return null;
    if (padding.case === 'same') return size * stride[index];
    const pads = padding.case === 'valid' ? edges(padding.value.paddingAmounts, index) : 0;
    return atLeastNone((size - 1) * stride[index] + kernel[index] - pads);
  };
  return new Map([
    [HEIGHT, length(HEIGHT, 0)],
    [WIDTH, length(WIDTH, 1)],
  ]);
}
