/*
 * What cannot be missing unless this code is wrong. A default in its place would turn a fault of ours into a figure
 * that looks like any other. What comes from a file is checked where it is read, with a ModelError instead. In loops
 * over the elements of tensors, where a call costs more than the arithmetic, `?? Number.NaN` does the same: the
 * result is spoilt, not nearly right.
 */

/** The item at an index. @throws RangeError when the list has none there. */
export function itemAt<T>(list: ArrayLike<T>, index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} among ${list.length}.`);
  return item;
}

/** The value. `what` names it for whoever reads the log. @throws RangeError when it is missing. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new RangeError(`There is no ${what}.`);
  return value;
}
