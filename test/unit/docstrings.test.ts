import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { undocumented } from './house/docstrings';
import { readTree } from './house/imports';

/** Rooms whose functions others build on. */
const ROOMS = ['budgets', 'formats', 'evaluation', 'runtime', 'analysis', 'quantization'];

describe('what is said of exported functions', () => {
  it.each(ROOMS)('of %s leaves none out', (room) => {
    const files = [...readTree([`src/${room}`]).keys()].filter((file) => !/_pb\.ts$|\.d\.ts$/.test(file));
    expect(files.length).toBeGreaterThan(10);
    const silent = files.flatMap((file) =>
      undocumented(readFileSync(file, 'utf8')).map((name) => `${file}: ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it.each([
    ['export function bare() {}', ['bare']],
    ['/** Said. */\nexport function said() {}', []],
    ['// A remark.\nexport async function remarked() {}', ['remarked']],
    ['/** Above. */\n\nexport function* apart() {}', ['apart']],
    ['export const arrow = (a: number): number => a;', ['arrow']],
    ['export const typed: Reader = async (a) => a;', ['typed']],
    ['export const one = a => a;', ['one']],
    ['export const value = 3;\nexport const list = [1].map((x) => x);\nfunction inner() {}', []],
    ['/** All. */\nexport function over(a: 1): 1;\nexport function over(a: 2): 2;', []],
  ])('is found out: %j', (source, names) => {
    expect(undocumented(source)).toEqual(names);
  });
});
