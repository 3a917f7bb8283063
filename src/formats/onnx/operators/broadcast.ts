import type { Shape } from '../../../model/dataType';
import { Mismatch } from '../../value';

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

/** A shape for people: `[2, 3, ?]`. */
export function describe(shape: Shape | null): string {
  return shape === null ? '?' : `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}
