import { expect, it } from 'vitest';
import { seededRandom } from '../runtime/random';
import { type CutEdge, minimumCut } from './minimumCut';

function cost(sides: readonly boolean[], first: number[], second: number[], edges: CutEdge[]): number {
  let sum = 0;
  sides.forEach((onSecond, v) => {
    sum += (onSecond ? second[v] : first[v]) as number;
  });
  for (const { a, b, weight } of edges) if (sides[a] !== sides[b]) sum += weight;
  return sum;
}

it('is as cheap as the best of all divisions', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const count = 1 + Math.floor(random() * 9);
    const costs = () => Array.from({ length: count }, () => (random() < 0.2 ? 0 : random()));
    const first = costs();
    const second = costs();
    const edges = Array.from({ length: Math.floor(random() * 2 * count) }, () => ({
      a: Math.floor(random() * count),
      b: Math.floor(random() * count),
      weight: random() * 0.5,
    })).filter(({ a, b }) => a !== b);
    let best = Infinity;
    for (let bits = 0; bits < 2 ** count; bits++) {
      const sides = Array.from({ length: count }, (_, v) => ((bits >> v) & 1) === 1);
      best = Math.min(best, cost(sides, first, second, edges));
    }
    expect(cost(minimumCut(first, second, edges), first, second, edges), `seed ${seed}`).toBeCloseTo(best, 9);
  }
});

it('divides a chain of 20,000 without running out of stack', () => {
  const count = 20_000;
  const first = Array.from({ length: count }, (_, v) => (v < count / 2 ? 1 : 0));
  const second = first.map((value) => 1 - value);
  const edges = first.slice(1).map((_, v) => ({ a: v, b: v + 1, weight: 0.25 }));
  const sides = minimumCut(first, second, edges);
  expect(sides.indexOf(false)).toBe(count / 2);
  expect(sides.lastIndexOf(true)).toBe(count / 2 - 1);
});

it('refuses costs that are no number, with which no flow comes to an end', () => {
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => minimumCut([wrong], [1], [])).toThrow(RangeError);
    expect(() => minimumCut([1, 1], [1, 1], [{ a: 0, b: 1, weight: wrong }])).toThrow(RangeError);
  }
});
