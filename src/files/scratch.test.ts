import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isScratch, ownMark } from './owner';
import { checkRoom, makeScratch, removeScratch } from './scratch';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-test-'));
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder with a file in it, as a process with this mark would have left it. */
function leave(mark: string): string {
  const path = join(folder, `caliper-${mark}-AbCdEf`);
  mkdirSync(path);
  writeFileSync(join(path, 'copy.onnx'), 'x');
  return path;
}

/** The mark of this process with another number or start. */
function marked(change: { pid?: number; later?: number; numbering?: string }): string {
  const [pid = '', started = ''] = ownMark().split('_');
  const [numbering = '', ticks = ''] = started.includes('.') ? started.split('.') : ['', started];
  const start = Number(ticks) + (change.later ?? 0);
  const rest = numbering === '' ? start : `${change.numbering ?? numbering}.${start}`;
  return `${change.pid ?? pid}_${rest}`;
}

it('makes a folder that is ours, and removes it', async () => {
  const scratch = await makeScratch();
  expect(basename(scratch)).toContain(ownMark());
  expect([isScratch(join(scratch, 'a', 'b')), isScratch(folder)]).toEqual([true, false]);
  await removeScratch(scratch);
  expect(existsSync(scratch)).toBe(false);
});

it('removes what processes left that are gone, and what running ones have stays', async () => {
  const dead = leave(marked({ pid: 2 ** 22 + 1 }));
  const running = leave(marked({}));
  const parent = leave(marked({ pid: process.ppid, later: 0 }));
  await makeScratch();
  expect([dead, running].map(existsSync)).toEqual([false, true]);
  // Another process has that number: it started at another time than this one.
  if (process.platform === 'linux') expect(existsSync(parent)).toBe(false);
});

it('is not deceived by numbers that are used again', async () => {
  // A day or more, whether it is counted in hundredths of seconds or in seconds.
  const reused = leave(marked({ later: 8_640_000 }));
  await makeScratch();
  expect(existsSync(reused)).toBe(false);
});

it.skipIf(process.platform !== 'linux')('leaves alone what another container made', async () => {
  const other = leave(marked({ pid: 2 ** 22 + 1, numbering: '1' }));
  await makeScratch();
  expect(existsSync(other)).toBe(true);
});

it.skipIf(process.platform !== 'linux')('knows a killed process that nobody asked about', async () => {
  // The shell is replaced by a program that never asks about its child, which is then a zombie.
  const script = 'sleep 0.01 & echo $!; exec sleep 30';
  const child: ChildProcess = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [line] = child.stdout === null ? [''] : await once(child.stdout, 'data');
    const zombie = Number(String(line));
    await vi.waitFor(() => expect(() => process.kill(zombie, 0)).not.toThrow());
    const left = leave(marked({ pid: zombie }));
    await vi.waitFor(async () => {
      await removeScratch(await makeScratch());
      expect(existsSync(left)).toBe(false);
    });
  } finally {
    child.kill('SIGKILL');
  }
});

it('touches nothing that is not a folder of ours', async () => {
  const target = join(folder, 'mine');
  mkdirSync(target);
  writeFileSync(join(target, 'file'), 'x');
  const dead = marked({ pid: 2 ** 22 + 1 });
  symlinkSync(target, join(folder, `caliper-${dead}-AbCdEf`));
  for (const name of [`caliper-${dead}`, 'caliper-AbCdEf', `other-${dead}-AbCdEf`])
    mkdirSync(join(folder, name));
  await makeScratch();
  expect(existsSync(join(target, 'file'))).toBe(true);
  for (const name of [`caliper-${dead}`, 'caliper-AbCdEf', `other-${dead}-AbCdEf`])
    expect(existsSync(join(folder, name))).toBe(true);
});

it.skipIf(process.getuid?.() !== 0)('leaves what another user made', async () => {
  const theirs = leave(marked({ pid: 2 ** 22 + 1 }));
  chownSync(theirs, 12345, 12345);
  await makeScratch();
  expect(existsSync(theirs)).toBe(true);
});

it('says where there is no place', async () => {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, join(folder, 'no'));
  await expect(makeScratch()).rejects.toThrow(/can be made in .*no: there is no such/);
});

it('knows before the work that a disk has no room', () => {
  checkRoom(folder, 1, 'Copies of m.onnx');
  expect(() => checkRoom(folder, 2 ** 60, 'Copies of m.onnx')).toThrow(
    /^Copies of m\.onnx would take about 1,?\d+.* and .* are free in /,
  );
});
