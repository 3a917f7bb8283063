import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BuiltCli } from '../builtCli';
import { makeRepository, runMeasured } from './manyModels';

const cli = new BuiltCli();

/** What a process of Node takes more or less of memory by chance. */
const CHANCE_MB = 60;

function checked(count: number) {
  const folder = join(cli.folder, String(count));
  mkdirSync(folder);
  makeRepository(folder, count);
  const memory = join(cli.folder, `memory ${count}`);
  const run = (...args: string[]) => runMeasured(cli.script, folder, ['check', ...args, '--json'], memory);
  return { folder, run };
}

describe('a repository of 500 models', () => {
  it('is checked in the memory that 50 take, and the same by shares', () => {
    const few = checked(50).run();
    const { folder, run } = checked(500);
    const many = run();
    expect([few.status, many.status]).toEqual([3, 3]);
    const report = JSON.parse(many.stdout);
    expect(report.models).toHaveLength(500);
    expect(many.megabytes).toBeLessThan(few.megabytes + CHANCE_MB);
    const shares = [1, 2, 3].map((index) => {
      const { stdout, megabytes } = run('--shard', `${index}/3`);
      expect(megabytes).toBeLessThan(few.megabytes + CHANCE_MB);
      const file = join(folder, `${index}.json`);
      writeFileSync(file, stdout);
      return file;
    });
    expect(JSON.parse(run('--merge', ...shares).stdout)).toEqual(report);
  }, 240_000);
});
