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
  it('has numbers of 64 bits as they were', () => {
    const copy = join(folder, 'long.tflite');
    const zeroPoint = [0, -1, 127, -128, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, -(2 ** 32), 2 ** 53, -(2 ** 53)];
    writeTables({ subgraphs: [{ tensors: [{ quantization: { zeroPoint } }] }], buffers: [{}] }, copy);
    const { subgraphs } = decodeModel(copy).root;
    expect(subgraphs?.[0]?.tensors?.[0]?.quantization?.zeroPoint).toEqual(zeroPoint);
    const bytes = readFileSync(copy);
    const at = bytes.indexOf(Buffer.from(BigInt64Array.from(zeroPoint, BigInt).buffer));
    expect(at % 8).toBe(0);
    expect(at).toBeGreaterThan(0);
  });

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
