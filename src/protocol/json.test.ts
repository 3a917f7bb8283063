import { describe, expect, it } from 'vitest';
import { seededRandom } from '../runtime/random';
import { jsonLines, jsonPieces } from './json';

const whole = (value: unknown) => [...jsonPieces(value)].join('');

describe('jsonPieces', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'says what JSON.stringify says (seed %i)',
    (seed) => {
      const random = seededRandom(seed);
      const pick = (count: number) => Math.floor(random() * count);
      const make = (depth: number): unknown => {
        const kind = depth === 0 ? pick(6) : pick(8);
        if (kind === 6) return Array.from({ length: pick(300) }, () => make(pick(2) * (depth - 1)));
        if (kind === 7) {
          const fields = Array.from({ length: pick(6) }, (_, i) => [`field ${i}`, make(depth - 1)]);
          return Object.fromEntries(fields);
        }
        return [null, true, random(), 'text "quoted"\n', undefined, -0][kind];
      };
      for (let round = 0; round < 20; round++) {
        const value = { layers: make(3), rest: make(3) };
        expect(whole(value)).toBe(JSON.stringify(value, null, 2));
      }
    },
  );

  it('is never held as a whole, however long a list or deep a tree is', () => {
    const row = { name: 'layer', outputs: [{ shape: [1, 2, 3] }], body: [] as unknown[] };
    let tree = row;
    for (let depth = 0; depth < 100; depth++) tree = { ...row, body: [tree, row, row] };
    const report = { layers: Array.from({ length: 20_000 }, () => row), tree };
    let longest = 0;
    let total = 0;
    for (const piece of jsonLines(report)) {
      longest = Math.max(longest, piece.length);
      total += piece.length;
    }
    expect(longest).toBeLessThan(200_000);
    expect(total).toBe(JSON.stringify(report, null, 2).length + 1);
  });

  it('escapes what would control a terminal, and loses nothing', () => {
    const name = 'a\u001b[31m\u009b2J\u007f\u202e\u2028\u{e0041}é漢😀';
    for (const value of [{ name }, { [name]: Array.from({ length: 300 }, () => name) }]) {
      const json = whole(value);
      expect(JSON.parse(json)).toEqual(value);
      expect(json).not.toMatch(/[\p{Cf}\p{Zl}\u007f-\u009f]/u);
      expect(json).not.toContain('\u001b');
      expect(json).toContain('é漢😀');
    }
  });
});
