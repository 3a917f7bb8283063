import { itemAt } from '../model/assert';
import type { Shape } from '../model/dataType';
import { Mismatch } from './value';

/**
 * The shape that tensors have when they are stretched to fit each other, aligned at their last axes (multidirectional
 * broadcasting of the ONNX specification, Broadcasting.md; Core ML and TensorFlow Lite follow NumPy, too). An unknown
 * dimension beside one larger than 1 can only be that one. null where a shape is not known, undefined where they do not
 * fit.
 */
export function commonShape(shapes: readonly (Shape | null)[]): Shape | null | undefined {
  let result: (number | null)[] = [];
  const known = shapes.filter((shape) => shape !== null);
  if (known.length < shapes.length) return null;
  for (const shape of known) {
    const longer = Math.max(result.length, shape.length);
    result = [...new Array<number>(longer - result.length).fill(1), ...result];
    for (const [index, here] of shape.entries()) {
      const axis = longer - shape.length + index;
      const there = itemAt<number | null>(result, axis);
      if (here === 1 || here === there) continue;
      if (there === 1 || there === null) result[axis] = here;
      else if (here !== null) return undefined;
    }
  }
  return result;
}

/** The same. @throws Mismatch where they do not fit. */
export function broadcastShapes(shapes: readonly (Shape | null)[]): Shape | null {
  const shape = commonShape(shapes);
  if (shape !== undefined) return shape;
  throw new Mismatch(`has inputs of shapes ${shapes.map(describe).join(' and ')}, which do not fit`);
}

/** A shape for people: `[2, 3, ?]`. */
export function describe(shape: Shape | null): string {
  return shape === null ? '?' : `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}
