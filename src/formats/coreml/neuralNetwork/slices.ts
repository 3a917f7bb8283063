import type { Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength } from '../../../model/window';
import { type Taken, takenBy } from '../../slice';
import { axisIn } from '../../value';
import type { SliceDynamicLayerParams, SliceStaticLayerParams } from '../coreml_pb';

type Numbers = readonly number[] | null;

/**
 * What a slice takes of each axis, and which axes it takes away. Begin and end are those of the axis where their
 * mask is set; what a dynamic slice is given as an input stands above what it says itself.
 *
 * @param input elements of an input, null where they are not known, undefined where there is no such input.
 */
export function slicesOf(
  x: Shape,
  params: SliceStaticLayerParams | SliceDynamicLayerParams,
  input: (index: number) => Numbers | undefined,
): { readonly taken: (Taken | null)[]; readonly squeezed: boolean[] } | null {
  const given = (index: number, own: readonly (bigint | boolean)[]): Numbers => {
    const values = input(index);
    return values === undefined ? own.map(Number) : values;
  };
  const begins = 'beginIds' in params ? params.beginIds.map(Number) : (input(1) ?? null);
  const ends = given(2, params.endIds);
  const strides = given(3, params.strides);
  const beginMasks = given(4, params.beginMasks);
  const endMasks = given(5, params.endMasks);
  const squeezeMasks = given(6, params.squeezeMasks);
  // Which axes are left is not known.
  if (squeezeMasks === null) return null;
  const squeezed = x.map((_, axis) => squeezeMasks[axis] === 1);
  const taken = x.map((size, axis): Taken | null => {
    const begin = begins?.[axis];
    const step = strides === null ? null : (strides[axis] ?? 1);
    if (squeezed[axis]) {
      if (begin === undefined || (begin < 0 && size === null)) return null;
      return { start: begin < 0 ? begin + (size ?? 0) : begin, step: 1, count: 1 };
    }
    if (size === null || step === null || step === 0) return null;
    if (beginMasks === null || endMasks === null) return null;
    const from = beginMasks[axis] === 1 ? null : begin;
    const to = endMasks[axis] === 1 ? null : ends?.[axis];
    return from === undefined || to === undefined ? null : takenBy(size, from, to, step);
  });
  return { taken, squeezed };
}

/** Shape of what a slice takes of `x`; null where that is not known. `input`: what the layer's later inputs hold. */
export function slicedShape(
  x: Shape,
  params: SliceStaticLayerParams | SliceDynamicLayerParams,
  input: (index: number) => Numbers | undefined,
): Shape | null {
  const slices = slicesOf(x, params, input);
  if (slices === null) return null;
  const left = slices.taken.flatMap((one, axis) => (slices.squeezed[axis] ? [] : [one?.count ?? null]));
  // A tensor has one axis at least.
  return left.length === 0 ? [1] : left;
}

/** All windows along an axis, which becomes two: their number and their length. */
export function windowed(x: Shape, axis: number, length: number, step: number): Shape {
  const along = axisIn(axis, x.length);
  const count = slidLength(x[along] ?? null, { kernel: length, stride: step, padding: NO_PADDING });
  return x.toSpliced(along, 1, count === null ? null : Math.max(0, count), length);
}
