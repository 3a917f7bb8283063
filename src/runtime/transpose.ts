import { itemAt } from '../model/assert';
import type { RuntimeTensor } from './engine';
import { emptyData } from './typedArrays';

/**
 * A tensor with its axes in another order, as NumPy has it: axis i of the result is axis `permutation[i]` of the
 * tensor, so [0, 3, 1, 2] makes NCHW of NHWC. null where it has another number of axes, or elements that no array
 * holds.
 */
export function transpose(tensor: RuntimeTensor, permutation: readonly number[]): RuntimeTensor | null {
  const { type, shape, data } = tensor;
  const target = emptyData(type, data.length);
  if (target === null || permutation.length !== shape.length) return null;
  const axes = permutation.map((axis) => ({
    size: itemAt(shape, axis),
    stride: shape.slice(axis + 1).reduce((product, size) => product * size, 1),
  }));
  let filled = 0;
  const fill = (depth: number, from: number): void => {
    const axis = axes[depth];
    if (axis === undefined) target[filled++] = data[from] as never;
    else for (let at = 0; at < axis.size; at++) fill(depth + 1, from + at * axis.stride);
  };
  fill(0, 0);
  return { type, shape: axes.map(({ size }) => size), data: target };
}
