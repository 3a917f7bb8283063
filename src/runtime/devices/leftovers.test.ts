import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { Leftovers } from './leftovers';

const memory = scratchFolder();
const notes = join(memory, 'left-on-devices');

describe('folders on devices', () => {
  it('are noted before they are made, and forgotten when they are gone', async () => {
    const leftovers = new Leftovers(memory);
    const token = await leftovers.begin('X1');
    expect(token).toMatch(/^[0-9a-f]{16}$/);
    expect(readdirSync(notes)).toHaveLength(1);
    await leftovers.done(token);
    expect(readdirSync(notes)).toEqual([]);
  });

  it('of a process that still runs are its own', async () => {
    const leftovers = new Leftovers(memory);
    const token = await leftovers.begin('X1');
    expect(await leftovers.of('X1')).toEqual([]);
    await leftovers.done(token);
  });

  it('of others are found by their device, and only what is named like one', async () => {
    mkdirSync(notes, { recursive: true });
    // Numbers of processes end below that.
    const gone = '999999999_1';
    writeFileSync(join(notes, `${gone}-0123456789abcdef`), 'X1');
    writeFileSync(join(notes, `${gone}-fedcba9876543210`), 'Y2');
    writeFileSync(join(notes, `${gone}-..;rm -rf`), 'X1');
    writeFileSync(join(notes, `${gone}-0123456789abcde$`), 'X1');
    expect(await new Leftovers(memory).of('X1')).toEqual(['0123456789abcdef']);
  });
});
