const known = new Map<number, readonly number[]>();

/**
 * Zero points of so many scales: one list for all that have as many, which the file then stores once. At eight bytes a
 * channel, for weights and for biases, they would be a sixth of a small model.
 */
export function zeros(count: number): readonly number[] {
  let list = known.get(count);
  if (list === undefined) {
    list = new Array<number>(count).fill(0);
    known.set(count, list);
  }
  return list;
}
