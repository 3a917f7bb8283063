import { itemAt } from '../../model/assert';

/** Positions in the two sequences that belong together. */
export type Match = readonly [a: number, b: number];

/**
 * Pairs of equal elements that are looked at, at least: sequences of 1,000 are aligned exactly, whatever they
 * hold (CWE-407).
 */
const FREE_PAIRS = 2 ** 20;
/** Of longer sequences so many for each element, so that the work grows with their length, not with its square. */
const PAIRS_PER_ELEMENT = 8;
/**
 * Times that a sequence is divided at its rarest keys before it is halved; each looks at all of it once
 * (CWE-407).
 */
const MAX_DIVISIONS = 8;

/**
 * Longest common subsequence of two sequences of keys (Hunt and Szymanski, "A fast algorithm for computing longest
 * common subsequences", 1977): exact where at most FREE_PAIRS pairs of positions hold equal keys. Beyond that the
 * rarest keys are aligned first, then what lies between them. The order of the two sequences does not matter.
 *
 * @returns pairs of positions, both ascending.
 */
export function align(a: readonly string[], b: readonly string[]): Match[] {
  if (comesFirst(b, a)) return align(b, a).map(([second, first]) => [first, second]);
  const numbers = new Map<string, number>();
  const numbered = (keys: readonly string[]): Element[] =>
    keys.map((text, position) => {
      const key = numbers.get(text) ?? numbers.size;
      numbers.set(text, key);
      return { key, position };
    });
  const budget = Math.max(FREE_PAIRS, PAIRS_PER_ELEMENT * (a.length + b.length));
  return alignWithin(numbered(a), numbered(b), budget, MAX_DIVISIONS);
}

/** Of several alignments that are equally long the same one is found from both sides. */
function comesFirst(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const at = a.findIndex((key, index) => key !== b[index]);
  return at >= 0 && itemAt(a, at) < itemAt(b, at);
}

interface Element {
  /** Equal keys have equal numbers. */
  readonly key: number;
  readonly position: number;
}

type Elements = readonly Element[];

function alignWithin(allOfA: Elements, allOfB: Elements, budget: number, divisions: number): Match[] {
  const [keysOfA, keysOfB] = [keysOf(allOfA), keysOf(allOfB)];
  const a = allOfA.filter(({ key }) => keysOfB.has(key));
  const b = allOfB.filter(({ key }) => keysOfA.has(key));
  const { start, end } = sameAtEnds(a, b);
  const ends = [a.length - end, b.length - end] as const;
  const span = { a: a.slice(start, ends[0]), b: b.slice(start, ends[1]), budget, divisions };
  return [pairwise(a.slice(0, start), b), aligned(span), pairwise(a.slice(ends[0]), b.slice(ends[1]))].flat();
}

function keysOf(elements: Elements): Set<number> {
  return new Set(elements.map(({ key }) => key));
}

function pairwise(a: Elements, b: Elements): Match[] {
  return a.map((element, index) => match(element, itemAt(b, index)));
}

function aligned(span: Span): Match[] {
  const counts = pairsByKey(span.a, span.b);
  const pairs = counts.reduce((sum, [, count]) => sum + count, 0);
  if (pairs <= span.budget) return exactly(span.a, span.b);
  return divide(span, span.divisions > 0 ? anchors(span, counts) : []);
}

interface Span {
  readonly a: Elements;
  readonly b: Elements;
  readonly budget: number;
  readonly divisions: number;
}

function match(a: Element, b: Element): Match {
  return [a.position, b.position];
}

/** How many elements are the same at the beginning, and behind those at the end. */
function sameAtEnds(a: Elements, b: Elements): { start: number; end: number } {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start]?.key === b[start]?.key) start++;
  let end = 0;
  while (start + end < most && a[a.length - 1 - end]?.key === b[b.length - 1 - end]?.key) end++;
  return { start, end };
}

/** How many pairs of positions hold each key. */
function pairsByKey(a: Elements, b: Elements): [key: number, pairs: number][] {
  const [ofA, ofB] = [countsOf(a), countsOf(b)];
  return [...ofA].map(([key, count]) => [key, count * (ofB.get(key) ?? 0)]);
}

function countsOf(elements: Elements): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { key } of elements) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Matches of the rarest keys, as many of them as the budget allows. */
function anchors({ a, b, budget }: Span, counts: [key: number, pairs: number][]): Match[] {
  const rare = new Set<number>();
  let room = budget;
  for (const [key, pairs] of counts.sort(([, x], [, y]) => x - y)) {
    if (pairs > room) break;
    room -= pairs;
    rare.add(key);
  }
  const isRare = ({ key }: Element) => rare.has(key);
  return exactly(a.filter(isRare), b.filter(isRare));
}

/** Aligns what lies between the anchors; where there are none, the halves. */
function divide({ a, b, budget, divisions }: Span, found: readonly Match[]): Match[] {
  const share = (size: number) => (budget * size) / (a.length + b.length);
  const part = (ofA: Elements, ofB: Elements) =>
    alignWithin(ofA, ofB, share(ofA.length + ofB.length), found.length > 0 ? divisions - 1 : 0);
  if (found.length === 0) {
    const [x, y] = [a.length >> 1, b.length >> 1];
    const halves = [...part(a.slice(0, x), b.slice(0, y)), ...part(a.slice(x), b.slice(y))];
    const single = ofOneKey(a, b);
    return halves.length >= single.length ? halves : single;
  }
  const parts: Match[][] = [];
  let [x, y] = [0, 0];
  for (const anchor of found) {
    const [i, j] = [indexOf(a, anchor[0], x), indexOf(b, anchor[1], y)];
    parts.push(part(a.slice(x, i), b.slice(y, j)), [anchor]);
    [x, y] = [i + 1, j + 1];
  }
  return [...parts, part(a.slice(x), b.slice(y))].flat();
}

/** The matches of the key that both have most often, so that something is found wherever the halves lie. */
function ofOneKey(a: Elements, b: Elements): Match[] {
  const [ofA, ofB] = [countsOf(a), countsOf(b)];
  const common = (key: number) => Math.min(ofA.get(key) ?? 0, ofB.get(key) ?? 0);
  const [most] = [...ofA.keys()].sort((x, y) => common(y) - common(x));
  const others = b.filter(({ key }) => key === most);
  return pairwise(a.filter(({ key }) => key === most).slice(0, others.length), others);
}

/** Where the element of a position is, from an index on. */
function indexOf(elements: Elements, position: number, from: number): number {
  let index = from;
  while ((elements[index]?.position ?? position) < position) index++;
  return index;
}

/** The longest of all alignments; takes time and memory by the number of pairs with equal keys. */
function exactly(a: Elements, b: Elements): Match[] {
  const places = new Map<number, number[]>();
  b.forEach(({ key }, index) => {
    const list = places.get(key);
    if (list) list.push(index);
    else places.set(key, [index]);
  });
  const [firsts, seconds]: [number[], number[]] = [[], []];
  a.forEach(({ key }, index) => {
    const list = places.get(key) ?? [];
    // Downwards, so that one element of `a` cannot be in a rising run twice.
    for (const second of list.toReversed()) {
      firsts.push(index);
      seconds.push(second);
    }
  });
  return risingRun(seconds).map((index) =>
    match(itemAt(a, itemAt(firsts, index)), itemAt(b, itemAt(seconds, index))),
  );
}

/** Of pairs in the order of their first positions the longest run whose second ones ascend too. */
export function ascending(pairs: readonly Match[]): Match[] {
  return risingRun(pairs.map(([, second]) => second)).map((index) => itemAt(pairs, index));
}

/** Indices of a longest strictly rising run. */
function risingRun(values: readonly number[]): number[] {
  /** By length of a run: the index of the smallest value that ends such a run. */
  const tails: number[] = [];
  const before = new Int32Array(values.length);
  values.forEach((value, index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (itemAt(values, itemAt(tails, middle)) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : itemAt(tails, low - 1);
    // Of equal ones the first stays: what follows the same layers is nearer to them.
    if (low === tails.length || itemAt(values, itemAt(tails, low)) !== value) tails[low] = index;
  });
  const run: number[] = [];
  for (let index = tails.at(-1) ?? -1; index >= 0; index = itemAt(before, index)) run.push(index);
  return run.reverse();
}
