import type { Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength, spreadLength, type Window } from '../../../model/window';
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

/** Of height and width, in this order: `fallback` for those that the file does not state. */
export function pairOf(values: readonly bigint[], fallback: number): [number, number] {
  return [Number(values[0] ?? fallback), Number(values[1] ?? fallback)];
}

type Padded = Pick<ConvolutionLayerParams, 'padding'> | Pick<PoolingLayerParams, 'padding'>;

/** Lengths of height and width after a window went over them (NeuralNetwork.proto, ValidPadding, SamePadding). */
export function slid(
  shape: Shape,
  params: Padded,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number] = [1, 1],
): ReadonlyMap<number, number | null> {
  return sides((axis, index) =>
    slidLength(shape.at(axis) ?? null, {
      kernel: kernel[index],
      stride: stride[index],
      dilation: dilation[index],
      ...paddingOf(params, index),
    }),
  );
}

/** Lengths of height and width as a deconvolution spreads them, unless it states them. */
export function unslid(
  shape: Shape,
  params: ConvolutionLayerParams,
  kernel: readonly [number, number],
  stride: readonly [number, number],
): ReadonlyMap<number, number | null> {
  return sides((axis, index) => {
    const given = params.outputShape[index];
    if (given !== undefined) return Number(given);
    const window = { kernel: kernel[index], stride: stride[index], ...paddingOf(params, index) };
    return spreadLength(shape.at(axis) ?? null, window);
  });
}

function sides(
  length: (axis: typeof HEIGHT | typeof WIDTH, index: 0 | 1) => number | null,
): ReadonlyMap<number, number | null> {
  const known = (size: number | null) => (size !== null && size >= 0 ? size : null);
  return new Map([
    [HEIGHT, known(length(HEIGHT, 0))],
    [WIDTH, known(length(WIDTH, 1))],
  ]);
}

function paddingOf({ padding }: Padded, index: 0 | 1): Pick<Window, 'padding' | 'beyond'> {
  switch (padding.case) {
    case 'same':
      return { padding: 'same' };
    case 'valid':
      return { padding: [0, edges(padding.value.paddingAmounts, index)] };
    case 'includeLastPixel': {
      // The last window reaches over the end rather than leave a pixel out (ValidCompletePadding).
      const amounts = padding.value.paddingAmounts.map(Number);
      const pad = amounts[index] ?? 0;
      return { padding: [pad, pad], beyond: amounts.some((amount) => amount > 0) ? 'started' : 'always' };
    }
    default:
      return { padding: NO_PADDING };
  }
}
