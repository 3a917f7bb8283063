import { itemAt } from '../../model/assert';
import { orders, reordered, squeezed } from './layout';
import type { Values } from './realValues';

/** Mean cosine of slices of the same weights: rounding to 4 bits leaves 0.99. */
const LEAST_COSINE = 0.9;

/**
 * Whether two weights are the same element by element in some order of their dimensions, but for a factor of each slice
 * along one axis.
 */
export function isSameDirection(
  a: Values | null | undefined,
  shape: readonly number[],
  b: Values | null | undefined,
  otherShape: readonly number[],
): boolean {
  if (!a || !b || a.length !== b.length) return false;
  const sizes = squeezed(otherShape);
  return orders(shape, otherShape).some((order) => {
    const values = reordered(a, shape, order);
    return sizes.length < 2
      ? Math.abs(itemAt(cosines(values, b, 1, a.length), 0)) >= LEAST_COSINE
      : sizes.some((size, axis) => {
          const inner = sizes.slice(axis + 1).reduce((product, one) => product * one, 1);
          const found = cosines(values, b, size, inner);
          return found.reduce((sum, one) => sum + Math.abs(one), 0) / size >= LEAST_COSINE;
        });
  });
}

/** Of slices that are so many elements apart from element to element; slices of zeros are the same. */
function cosines(a: Values, b: Values, size: number, inner: number): number[] {
  const [dots, ofA, ofB] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let index = 0; index < a.length; index++) {
    const x = a[index] as number;
    const y = b[index] as number;
    const slice = Math.floor(index / inner) % size;
    dots[slice] = (dots[slice] as number) + x * y;
    ofA[slice] = (ofA[slice] as number) + x * x;
    ofB[slice] = (ofB[slice] as number) + y * y;
  }
  return Array.from(dots, (dot, slice) => {
    const [x, y] = [itemAt(ofA, slice), itemAt(ofB, slice)];
    return x === 0 && y === 0 ? 1 : dot / Math.sqrt(x * y || 1);
  });
}
