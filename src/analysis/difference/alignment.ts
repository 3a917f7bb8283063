/**
 * Edits that one search looks ahead. Sequences that differ by more are aligned in several stretches, each the best
 * that so many edits reach: 100,000 rows without anything in common take a second, not hours.
 */
const REACH = 256;

/** Positions in the two sequences that belong together. */
export type Match = readonly [a: number, b: number];

/**
 * Longest common subsequence of two sequences of keys (Myers, "An O(ND) difference algorithm", 1986), in stretches of
 * bounded work: exact where the sequences differ by at most REACH edits.
 *
 * @returns pairs of positions, both ascending.
 */
export function align(a: readonly string[], b: readonly string[]): Match[] {
  const matches: Match[] = [];
  let [x, y] = [0, 0];
  while (x < a.length && y < b.length) {
    const path = stretch(a, b, x, y);
    matches.push(...path.matches);
    [x, y] = path.end;
  }
  return matches;
}

/** The way that gets furthest from a point with at most REACH edits; it takes at least one step. */
function stretch(
  a: readonly string[],
  b: readonly string[],
  x0: number,
  y0: number,
): { matches: Match[]; end: Match } {
  const width = a.length - x0;
  const height = b.length - y0;
  const most = Math.min(REACH, width + height);
  /** By diagonal: how far along `a` the best way got. Of every number of edits, to find the way back. */
  const history: Int32Array[] = [];
  let reached = new Int32Array(2 * most + 3);
  for (let edits = 0; edits <= most; edits++) {
    const next = reached.slice();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + most + 1;
      let x = fromAbove(reached, at, diagonal, edits) ? get(reached, at + 1) : get(reached, at - 1) + 1;
      if (edits === 0) x = 0;
      let y = x - diagonal;
      while (x < width && y < height && a[x0 + x] === b[y0 + y]) {
        x++;
        y++;
      }
      next[at] = x;
      if (x >= width && y >= height) {
        history.push(next);
        return wayBack(history, most, diagonal, x0, y0, width, height);
      }
    }
    history.push(next);
    reached = next;
  }
  return wayBack(history, most, furthest(reached, most, width, height), x0, y0, width, height);
}

function get(values: Int32Array, index: number): number {
  return values[index] ?? 0;
}

/** Whether the best way to a diagonal skips an element of `b`, instead of one of `a`. */
function fromAbove(reached: Int32Array, at: number, diagonal: number, edits: number): boolean {
  return diagonal === -edits || (diagonal !== edits && get(reached, at - 1) < get(reached, at + 1));
}

/** The diagonal that got furthest in both sequences together. */
function furthest(reached: Int32Array, most: number, width: number, height: number): number {
  let [best, length] = [most % 2 === 0 ? 0 : 1, -1];
  for (let diagonal = -most; diagonal <= most; diagonal += 2) {
    const x = get(reached, diagonal + most + 1);
    const y = x - diagonal;
    if (x <= width && y >= 0 && y <= height && x + y > length) [best, length] = [diagonal, x + y];
  }
  return best;
}

function wayBack(
  history: readonly Int32Array[],
  most: number,
  last: number,
  x0: number,
  y0: number,
  width: number,
  height: number,
): { matches: Match[]; end: Match } {
  const matches: Match[] = [];
  let diagonal = last;
  let x = get(history.at(-1) ?? new Int32Array(), diagonal + most + 1);
  const end: Match = [x0 + Math.min(x, width), y0 + Math.min(x - diagonal, height)];
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const reached = history[edits - 1];
    const at = diagonal + most + 1;
    const above = reached !== undefined && fromAbove(reached, at, diagonal, edits);
    const start = reached === undefined ? 0 : above ? get(reached, at + 1) : get(reached, at - 1) + 1;
    for (; x > start; x--) matches.push([x0 + x - 1, y0 + x - 1 - diagonal]);
    x = above ? start : start - 1;
    diagonal += above ? 1 : -1;
  }
  return { matches: matches.reverse(), end };
}

/** Of pairs in the order of their first positions the longest run whose second ones ascend too. */
export function ascending(pairs: readonly Match[]): Match[] {
  /** By length of a run: the pair with the smallest end that ends such a run. */
  const tails: number[] = [];
  const before: number[] = [];
  const secondOf = (index: number | undefined) => pairs[index ?? -1]?.[1] ?? -1;
  pairs.forEach(([, second], index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (secondOf(tails[middle]) < second) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : (tails[low - 1] ?? -1);
    tails[low] = index;
  });
  const run: Match[] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}
