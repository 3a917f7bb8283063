import { itemAt } from '../model/assert';
import { cheapestMix, type MixCosts, type MixProblem, predictedMs } from './mix';

/** A division of the layers, and what it is taken to cost. */
export interface PricedMix {
  /** Layers in float. */
  readonly float: ReadonlySet<number>;
  readonly ms: number;
  /** Energy of the error at the outputs, as a part of theirs. */
  readonly error: number;
}

/** Cuts that are made at most: each adds a mix to the front. */
const MOST_CUTS = 60;
/** Mixes that are better by less are the same but for rounding. */
const EPSILON = 1e-9;

/**
 * The mixes that are best for some price of the error, from the fastest to all in float: a minimum of milliseconds +
 * λ · error is a minimum cut, since layers' errors add up (Lagrangian relaxation, as Everett 1963 has it). Between two
 * mixes that are known, the price at which both cost the same either finds one that is better than both, or none lies
 * between them (Eisner and Severance 1976). So these are the corners of the lower convex hull of all mixes.
 * @param errors of each layer in int8
 */
export function mixFront(
  problem: MixProblem,
  costs: MixCosts,
  errors: readonly number[],
  cuts: number = MOST_CUTS,
): PricedMix[] {
  const priced = (float: ReadonlySet<number>): PricedMix => ({
    float,
    ms: predictedMs(problem, costs, float),
    error: errors.reduce((sum, error, layer) => sum + (float.has(layer) ? 0 : error), 0),
  });
  const cheapest = (price: number) => {
    const int8 = costs.int8.map((ms, layer) => ms + price * itemAt(errors, layer));
    return priced(cheapestMix(problem, { ...costs, int8 }, 0));
  };
  const fastest = cheapest(0);
  const accurate = priced(new Set(problem.layers.keys()));
  if (fastest.error <= 0 || fastest.ms >= accurate.ms * (1 - EPSILON)) return [fastest];
  const found = [fastest, accurate];
  const gaps: [PricedMix, PricedMix][] = [[fastest, accurate]];
  for (let cut = 0; cut < cuts; cut++) {
    // Where most error is between two neighbours there is most to find.
    gaps.sort(([a, b], [c, d]) => ratio(c, d) - ratio(a, b));
    const gap = gaps.shift();
    if (gap === undefined) break;
    const [fast, slow] = gap;
    // Layers that lose nothing are in float only where that is faster: no price lies between two mixes that lose the same.
    if (!losesLess(slow, fast)) continue;
    const price = (slow.ms - fast.ms) / (fast.error - slow.error);
    const between = cheapest(price);
    const cost = ({ ms, error }: PricedMix) => ms + price * error;
    if (cost(between) >= cost(fast) * (1 - EPSILON)) continue;
    found.push(between);
    gaps.push([fast, between], [between, slow]);
  }
  const front: PricedMix[] = [];
  for (const one of found.sort((a, b) => a.ms - b.ms || a.error - b.error)) {
    const last = front.at(-1);
    if (last === undefined || losesLess(one, last)) front.push(one);
  }
  return front;
}

function losesLess(one: PricedMix, other: PricedMix): boolean {
  return one.error < other.error * (1 - EPSILON);
}

/** Nobody asks how much more accurate than this (50 dB) a mix is. */
const ENOUGH = 1e-5;

function ratio(fast: PricedMix, slow: PricedMix): number {
  return Math.max(fast.error, ENOUGH) / Math.max(slow.error, ENOUGH);
}
