import { itemAt } from '../../model/assert';
import type { DataInput } from '../../runtime/dataInput';

/** How an array gives values of an input: so many samples, each of a shape that follows the one before. */
export interface SamplePlan {
  readonly samples: number;
  readonly shape: readonly number[];
}

/**
 * Splits an array into samples of an input. It may have one axis more than the input (the samples), the input's
 * own axes with more in the batch, or all but the batch axis. null: it does not fit.
 */
export function planSamples(shape: readonly number[], input: DataInput): SamplePlan | null {
  const rank = input.shape.length;
  const fits = (sizes: readonly number[], from: number): boolean =>
    sizes.every((size, i) => size === input.shape[from + i] || isOpen(input, from + i));
  if (shape.length === rank + 1 && fits(shape.slice(1), 0)) {
    return { samples: itemAt(shape, 0), shape: shape.slice(1) };
  }
  if (shape.length === rank && (rank === 0 || fits(shape.slice(1), 1))) return planBatches(shape, input);
  if (rank > 0 && shape.length === rank - 1 && input.shape[0] === 1 && fits(shape, 1)) {
    return { samples: 1, shape: [1, ...shape] };
  }
  return null;
}

function planBatches(shape: readonly number[], input: DataInput): SamplePlan | null {
  const [size = 1, ...rest] = shape;
  const batch = input.shape[0] ?? 1;
  // An open first axis of a vector is a length, not a batch.
  if (size === batch || (shape.length === 1 && isOpen(input, 0))) return { samples: 1, shape };
  if (batch === 0 || size % batch !== 0) return null;
  return { samples: size / batch, shape: [batch, ...rest] };
}

/** An array that is one whole value of the input, whatever its batch. */
export function fitsWhole(shape: readonly number[], input: DataInput): boolean {
  return (
    shape.length === input.shape.length &&
    shape.every((size, axis) => size === input.shape[axis] || isOpen(input, axis))
  );
}

/** The model says no number here, so the data decides. */
function isOpen(input: DataInput, axis: number): boolean {
  return input.declaredShape !== undefined && typeof input.declaredShape[axis] !== 'number';
}
