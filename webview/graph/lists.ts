/** The number at a place that is there unless this code is wrong: NaN spoils what is made of it, 0 would look right. */
export function at(list: ArrayLike<number>, place: number): number {
  return list[place] ?? Number.NaN;
}

/** Lists of numbers one behind the other: those of `i` are from `starts[i]` up to `starts[i + 1]`. */
export interface Lists {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/** Items by the list that each belongs to, in their order; those of −1 belong to none. */
export function listsOf(count: number, listOf: ArrayLike<number>, items?: ArrayLike<number>): Lists {
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < listOf.length; i++) {
    const list = at(listOf, i);
    if (list >= 0) starts[list + 1] = at(starts, list + 1) + 1;
  }
  for (let list = 0; list < count; list++) starts[list + 1] = at(starts, list + 1) + at(starts, list);
  const next = starts.slice();
  const found = new Int32Array(at(starts, count));
  for (let i = 0; i < listOf.length; i++) {
    const list = at(listOf, i);
    if (list < 0) continue;
    const place = at(next, list);
    found[place] = items === undefined ? i : at(items, i);
    next[list] = place + 1;
  }
  return { starts, items: found };
}

/** One of the lists. */
export function listAt({ starts, items }: Lists, list: number): Int32Array {
  return items.subarray(at(starts, list), at(starts, list + 1));
}
