/** What a slice takes of an axis: so many elements, from the first on, in steps. */
export interface Taken {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * What a slice takes of an axis of a length, by the rules of Python: bounds may count from the end and reach beyond
 * it, null stands for the axis's own, and the step, which is not 0, may go backwards.
 */
export function takenBy(length: number, from: number | null, to: number | null, step: number): Taken {
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const at = (bound: number) => Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  const [first, end] = step > 0 ? [low, high] : [high, low];
  const start = from === null ? first : at(from);
  return { start, step, count: rangeLength(start, to === null ? end : at(to), step) };
}

/** Numbers from `start` on, in steps, that come before `end`. */
export function rangeLength(start: number, end: number, step: number): number {
  return Math.max(0, Math.ceil((end - start) / step));
}
