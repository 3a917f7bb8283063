import type { Shape } from '../../../model/dataType';
import { forEachIndex, Mismatch, smallShape, strides, type Value } from '../../value';

/**
 * The shape that tensors have when they are stretched to fit each other (multidirectional broadcasting of the
 * ONNX specification, Broadcasting.md). An unknown dimension beside one larger than 1 can only be that one.
 */
export function broadcastShapes(shapes: readonly (Shape | null)[]): Shape | null {
  let rank = 0;
  for (const shape of shapes) {
    if (shape === null) return null;
    rank = Math.max(rank, shape.length);
  }
  const result = new Array<number | null>(rank).fill(1);
  for (const shape of shapes as readonly Shape[]) {
    const offset = rank - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const here = shape[axis] ?? null;
      const there = result[axis + offset] ?? null;
      if (here === 1 || here === there) continue;
      if (there === 1) result[axis + offset] = here;
      else if (there === null) result[axis + offset] = here;
      else if (here !== null) {
        throw new Mismatch(`has inputs of shapes ${shapes.map(describe).join(' and ')}, which do not fit`);
      }
    }
  }
  return result;
}

/** Applies a function element by element to inputs that are stretched to `shape`; null when one is not known. */
export function broadcastElements(
  inputs: readonly Value[],
  shape: Shape | null,
  apply: (...elements: number[]) => number,
): number[] | null {
  const target = smallShape(shape);
  if (target === null) return null;
  const readers: ((index: readonly number[]) => number)[] = [];
  for (const input of inputs) {
    const { elements } = input;
    if (elements === null || input.shape === null) return null;
    const own = input.shape as readonly number[];
    const steps = strides(own);
    const offset = target.length - own.length;
    readers.push((index) => {
      let position = 0;
      for (let axis = 0; axis < own.length; axis++) {
        if (own[axis] !== 1) position += (index[axis + offset] ?? 0) * (steps[axis] ?? 0);
      }
      return elements[position] ?? Number.NaN;
    });
  }
  const result: number[] = [];
  forEachIndex(target, (index) => {
    result.push(apply(...readers.map((read) => read(index))));
  });
  return result;
}

export function describe(shape: Shape | null): string {
  return shape === null ? '?' : `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}
