import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, SAMPLE_TFLITE, scratchFolder } from '../../../test/unit/support';
import type { Feeds } from '../../runtime/engine';
import { modelInputs } from '../../runtime/inputs';
import { randomFeeds } from '../../runtime/randomInputs';
import { tfjsTflite } from '../../runtime/tfjsTflite';
import { openModel } from '../index';
import { decodeModel } from './decode';
import { writeTables } from './encode';

const folder = scratchFolder();
const SEED = 3;

/** The sample, and models in ../shared/models that TensorFlow's interpreter runs. */
const LIST = resolve('../shared/models/expected-tflite.json');
const expected: Record<string, { runs: true | string }> = existsSync(LIST)
  ? JSON.parse(readFileSync(LIST, 'utf8'))
  : {};
const runnable = realTfliteModels().filter(
  (path) => path === SAMPLE_TFLITE || expected[`tflite/${basename(path)}`]?.runs === true,
);

async function run(path: string, feeds: Feeds): Promise<Feeds> {
  const session = await tfjsTflite.load(path, { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

describe('a model that is read and written again', () => {
  it.each(runnable)(
    'gives the same outputs, bit by bit, as %s',
    async (path) => {
      const file = openModel(path);
      const inferred = file.infer({ dims: {}, shapes: {} }).graph;
      const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
      const feeds = randomFeeds(modelInputs(inferred), roles, SEED);
      const same = join(folder, `same-${basename(path)}`);
      file.write(same);
      expect(readFileSync(same).equals(readFileSync(path))).toBe(true);
      const copy = join(folder, basename(path));
      writeTables(decodeModel(path).root, copy);
      const [before, after] = [await run(path, feeds), await run(copy, feeds)];
      expect(Object.keys(after)).toEqual(Object.keys(before));
      for (const [name, tensor] of Object.entries(before)) {
        expect(after[name]?.shape).toEqual(tensor.shape);
        expect(after[name]?.data, name).toEqual(tensor.data);
        expect(inferred.tensors.get(name)?.shape, `${name} as it was inferred`).toEqual(tensor.shape);
      }
    },
    30_000,
  );
});
