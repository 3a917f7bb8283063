import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../runtime/random';
import { align, ascending, type Match } from './alignment';

/** The length of the longest common subsequence, by the textbook's table. */
function longest(a: readonly string[], b: readonly string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const key of a) {
    const row = [0];
    for (const [j, other] of b.entries()) {
      row.push(key === other ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0));
    }
    above = row;
  }
  return above.at(-1) ?? 0;
}

function sequence(random: () => number, length: number, letters: number): string[] {
  return Array.from({ length }, () => String(Math.floor(random() * letters)));
}

function expectMatches(a: readonly string[], b: readonly string[], matches: readonly Match[], seed: number) {
  const wrong = matches.filter(([i, j], index) => {
    const [x, y] = matches[index - 1] ?? [-1, -1];
    return a[i] === undefined || a[i] !== b[j] || i <= x || j <= y;
  });
  expect(wrong, `seed ${seed}`).toEqual([]);
}

describe('aligning two sequences', () => {
  it('finds a longest common subsequence', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const a = sequence(random, Math.floor(random() * 60), 1 + Math.floor(random() * 6));
      const b = sequence(random, Math.floor(random() * 60), 1 + Math.floor(random() * 6));
      const matches = align(a, b);
      expectMatches(a, b, matches, seed);
      expect(matches.length, `seed ${seed}`).toBe(longest(a, b));
    }
  });

  it('stays near the longest where the sequences differ in hundreds of places', () => {
    for (let seed = 0; seed < 5; seed++) {
      const random = seededRandom(seed);
      const a = sequence(random, 1500, 4);
      const b = a.flatMap((key) => (random() < 0.2 ? [] : random() < 0.2 ? ['new', key] : [key]));
      const matches = align(a, b);
      expectMatches(a, b, matches, seed);
      expect(matches.length, `seed ${seed}`).toBeGreaterThan(0.9 * longest(a, b));
    }
  });

  it('finds the same from both sides', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const a = sequence(random, Math.floor(random() * 60), 1 + Math.floor(random() * 6));
      const b = sequence(random, Math.floor(random() * 60), 1 + Math.floor(random() * 6));
      const swapped = align(b, a).map(([j, i]): Match => [i, j]);
      expect(swapped, `seed ${seed}`).toEqual(align(a, b));
    }
  });

  it('passes over any number of elements that one of them has alone, before, between and behind', () => {
    const common = Array.from({ length: 267 }, (_, index) => String(index % 9));
    const own = (name: string) => Array.from({ length: 3000 }, (_, index) => `${name} ${index % 50}`);
    const longer = [...own('a'), ...common.slice(0, 100), ...own('b'), ...common.slice(100), ...own('c')];
    expect(align(longer, common)).toHaveLength(267);
    expect(align(common, longer)).toHaveLength(267);
    // Also where what stands before occurs behind, too.
    const doubled = [...common.toReversed(), ...common];
    expect(align(doubled, common)).toHaveLength(267);
    expect(align(common, doubled)).toHaveLength(267);
  });

  it.each([1, 40, 1000])('takes 100,000 elements of %i kinds', (kinds) => {
    const random = seededRandom(kinds);
    const a = sequence(random, 100_000, kinds);
    const b = [...sequence(random, 300, kinds), ...a.slice(0, -300)];
    const matches = align(a, b);
    expectMatches(a, b, matches, kinds);
    expect(align(b, a)).toHaveLength(matches.length);
    // Shifted by 300; where no key is rare, only a part of it is found.
    expect(matches.length).toBeGreaterThan(kinds >= 1000 || kinds === 1 ? 99_000 : 20_000);
  });

  it('finds something where long runs of equal elements lie the other way round', () => {
    const run = (key: number) => new Array<string>(2000).fill(String(key));
    const runs = Array.from({ length: 50 }, (_, key) => run(key));
    expect(align(runs.flat(), runs.toReversed().flat()).length).toBeGreaterThanOrEqual(2000);
  });

  it('takes sequences without anything in common', () => {
    const of = (name: string) => Array.from({ length: 100_000 }, (_, index) => `${name} ${index}`);
    expect(align(of('a'), of('b'))).toEqual([]);
    expect(align([], of('b'))).toEqual([]);
  });
});

describe('ascending pairs', () => {
  it('are a longest run', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      const pairs = Array.from({ length: 12 }, (_, index): Match => [index, Math.floor(random() * 1000)]);
      const run = ascending(pairs);
      const seconds = run.map(([, second]) => second);
      expect(seconds).toEqual([...new Set(seconds)].sort((x, y) => x - y));
      let most = 0;
      for (let subset = 0; subset < 2 ** pairs.length; subset++) {
        const chosen = pairs.filter((_, index) => (subset >> index) & 1).map(([, second]) => second);
        if (chosen.every((second, index) => index === 0 || second > (chosen[index - 1] ?? 0))) {
          most = Math.max(most, chosen.length);
        }
      }
      expect(run.length, `seed ${seed}`).toBe(most);
    }
  });
});
