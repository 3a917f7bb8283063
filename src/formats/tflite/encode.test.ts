import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, scratchFolder } from '../../../test/unit/support';
import { readRange } from '../binary';
import { decodeModel } from './decode';
import { writeTables } from './encode';

const folder = scratchFolder();

/** The same tables with what their bytes hold in place of where they lie. */
function withContent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withContent);
  if (typeof value !== 'object' || value === null) return value;
  if ('path' in value && 'offset' in value && 'length' in value) {
    const { path, offset, length } = value as { path: string; offset: number; length: number };
    return Buffer.from(readRange(path, offset, length)).toString('base64');
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withContent(one)]));
}

describe('a model that is written from its tables', () => {
  it.each(realTfliteModels())('holds the same as %s', (path) => {
    const copy = join(folder, basename(path));
    const original = decodeModel(path).root;
    writeTables(original, copy);
    const written = decodeModel(copy);
    expect(written.problems).toEqual([]);
    const drop = (buffers: readonly object[] | undefined) =>
      buffers?.map((one) => ('data' in one && (one.data as { length: number }).length > 0 ? one : {}));
    expect(withContent(written.root)).toEqual(withContent({ ...original, buffers: drop(original.buffers) }));
    for (const { data } of written.root.buffers ?? []) {
      if (data && 'offset' in data) expect(data.offset % 16).toBe(0);
    }
    expect(readFileSync(copy).toString('latin1', 4, 8)).toBe('TFL3');
  });
});
