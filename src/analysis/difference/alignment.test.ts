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
  let last: Match = [-1, -1];
  for (const [i, j] of matches) {
    expect(a[i], `seed ${seed}`).toBe(b[j]);
    expect(i > last[0] && j > last[1], `ascending, seed ${seed}`).toBe(true);
    last = [i, j];
  }
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

  it('stays near the longest where the sequences differ by more edits than one search looks ahead', () => {
    for (let seed = 0; seed < 5; seed++) {
      const random = seededRandom(seed);
      const a = sequence(random, 1500, 4);
      const b = a.flatMap((key) => (random() < 0.2 ? [] : random() < 0.2 ? ['new', key] : [key]));
      const matches = align(a, b);
      expectMatches(a, b, matches, seed);
      expect(matches.length, `seed ${seed}`).toBeGreaterThan(0.9 * longest(a, b));
    }
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
