import type { Shape } from '../../model/dataType';

/** The common shape of several, aligned at their ends; null when one is unknown or they do not fit. */
export function broadcastAll(shapes: readonly (Shape | null)[]): Shape | null {
  let result: Shape = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    const rank = Math.max(result.length, shape.length);
    const merged: (number | null)[] = [];
    for (let axis = -rank; axis < 0; axis++) {
      const [a, b] = [at(result, axis), at(shape, axis)];
      if (a === b || b === 1) merged.push(a);
      else if (a === 1) merged.push(b);
      else if (a === null || b === null) merged.push(a ?? b);
      else return null;
    }
    result = merged;
  }
  return result;
}

function at(shape: Shape, axis: number): number | null {
  return axis < -shape.length ? 1 : (shape.at(axis) ?? null);
}
