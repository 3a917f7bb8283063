import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { hashOf } from '../files/contentHash';
import type { SearchReport } from '../protocol/search';
import { SearchMemory, searchKey } from './searchMemory';

const folder = mkdtempSync(join(tmpdir(), 'caliper-memory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const place = () => {
  const path = join(folder, String(count++));
  mkdirSync(path);
  return path;
};

function file(text: string): string {
  const path = join(place(), 'model.onnx');
  writeFileSync(path, text);
  return path;
}

const search: SearchReport = {
  pair: 'uint8/int8',
  engine: 'an engine',
  cpu: 'a processor',
  threads: 1,
  subject: 'a model',
  maxLoss: 1,
  measure: 'SQNR',
  samples: 8,
  data: 'random',
  candidates: [],
  chosen: 'int8-all',
  headline: 'It is.',
  notes: [],
  seconds: 1,
};

it('gives back what it was told, in files of their own', async () => {
  const memory = new SearchMemory(place(), 'key');
  await memory.remember({
    search,
    files: new Map([
      ['int8-all', file('one')],
      ['mix', file('two')],
    ]),
    outcome: null,
  });
  const found = await memory.recall(place());
  expect(found?.search).toEqual({ ...search, remembered: true });
  expect([...(found?.files ?? [])].map(([id, path]) => [id, readFileSync(path, 'utf8')])).toEqual([
    ['int8-all', 'one'],
    ['mix', 'two'],
  ]);
});

it('gives nothing where a file was changed, or a report is half', async () => {
  const own = place();
  const memory = new SearchMemory(own, 'key');
  const remember = () => memory.remember({ search, files: new Map([['mix', file('whole')]]), outcome: null });
  await remember();
  writeFileSync(join(own, 'searches', 'key', 'mix', 'model.onnx'), 'other');
  expect(await memory.recall(place())).toBeNull();
  await remember();
  expect(await memory.recall(place())).not.toBeNull();
  const entry = join(own, 'searches', 'key', 'entry.json');
  writeFileSync(entry, readFileSync(entry, 'utf8').slice(0, 100));
  expect(await memory.recall(place())).toBeNull();
  expect(await new SearchMemory(own, 'another').recall(place())).toBeNull();
});

it('forgets the oldest, and leaves nothing half behind', async () => {
  const own = place();
  for (let index = 0; index < 15; index++)
    await new SearchMemory(own, `key${index}`).remember({
      search,
      files: new Map([['mix', file('x')]]),
      outcome: null,
    });
  const kept = readdirSync(join(own, 'searches'));
  expect(kept).toHaveLength(12);
  expect(kept).toContain('key14');
  expect(kept.every((name) => !name.startsWith('.'))).toBe(true);
});

it('knows a search by what files hold and by settings, not by where they lie', async () => {
  const hash = await hashOf([file('model'), file('data')], { seed: 0 });
  expect(await hashOf([file('model'), file('data')], { seed: 0 })).toBe(hash);
  expect(await hashOf([file('model'), file('data')], { seed: 1 })).not.toBe(hash);
  // Where one file ends and the next one begins counts, too.
  expect(await hashOf([file('mode'), file('ldata')], { seed: 0 })).not.toBe(hash);
  expect(searchKey(hash, 'one engine', {})).not.toBe(searchKey(hash, 'another engine', {}));
});
