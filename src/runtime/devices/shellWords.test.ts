import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random';
import { shellLine } from './shellWords';

const ODD = [
  ...[
    '',
    ' ',
    "'",
    "''",
    '"',
    '$HOME',
    '$(id)',
    '`id`',
    ';id',
    '&& id',
    '| id',
    '> /x',
    '\\',
    "\\'",
    '\n',
    '\r',
    '\t',
  ],
  ...['*', '~', '!!', '-rf', '--', 'ä€😀', '#', '%n', '{a,b}', '=x'],
];

/** What a shell makes of a line: its words, each ended by a NUL. */
function words(line: string): string[] {
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return printed.split('\0').slice(0, -1);
}

describe.skipIf(process.platform === 'win32')('shellLine', () => {
  it('gives a shell the words as they are', () => {
    expect(words(shellLine(ODD))).toEqual(ODD);
  });

  it('does so for whatever is put together of them', () => {
    const seed = 7;
    const random = seededRandom(seed);
    const pick = () => ODD[Math.floor(random() * ODD.length)] ?? '';
    for (let turn = 0; turn < 50; turn++) {
      const given = Array.from({ length: 5 }, () => pick() + pick() + pick());
      expect(words(shellLine(given)), `seed ${seed}`).toEqual(given);
    }
  });

  it('refuses a NUL', () => {
    expect(() => shellLine(['a\0b'])).toThrow('NUL');
  });
});
