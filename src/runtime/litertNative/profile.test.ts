import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { controlFlow } from '../../../test/unit/controlFlow';
import { expectFit } from '../../../test/unit/rows';
import { nativeLibrary, realTfliteModels, SAMPLE_TFLITE, scratchFolder } from '../../../test/unit/support';
import { makeTflite, reopenTflite } from '../../../test/unit/tflite';
import type { ModelFile } from '../../formats/format';
import { openModel } from '../../formats/index';
import { present } from '../../model/assert';
import type { Engine } from '../engine';
import { modelInputs } from '../inputs';
import { profileLayers } from '../profile';
import { randomFeeds } from '../randomInputs';
import { chooseLiteRt } from './choice';
import { nativeEngine } from './engine';

const library = nativeLibrary();
const folder = scratchFolder();

let engine: Engine;

async function profile(file: ModelFile) {
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 3);
  return profileLayers(engine, file, inferred, feeds, {
    threads: 1,
    runs: 3,
    scratch: folder,
  });
}

// ../shared/models holds real models of others and what TensorFlow's interpreter says of them; without it these pass.
const expectedPath = resolve('../shared/models/expected-tflite.json');
const expected: Record<string, { runs: true | string }> = existsSync(expectedPath)
  ? JSON.parse(readFileSync(expectedPath, 'utf8'))
  : {};
const NOT_NATIVE = /basic_pitch|lstm|ultraface/;
const runnable = realTfliteModels().filter(
  (path) =>
    path === SAMPLE_TFLITE || (expected[`tflite/${basename(path)}`]?.runs === true && !NOT_NATIVE.test(path)),
);

describe.skipIf(library === null)("layers by LiteRT's own profile", () => {
  beforeAll(() => {
    const { litert } = chooseLiteRt({ library, environments: [] });
    engine = nativeEngine(present(litert, 'library'));
  });

  it.each(runnable)(
    'of %s have a time, or say who has it',
    async (path) => {
      const result = await profile(openModel(path));
      const timed = result.layers.filter(({ medianMs }) => medianMs !== null);
      const ids = new Set(timed.map(({ id }) => id));
      for (const { name, medianMs, fusedIntoId, fusedInto } of result.layers) {
        if (medianMs !== null) expect(medianMs, name).toBeGreaterThan(0);
        else expect(ids.has(fusedIntoId) || fusedInto === 'a constant', `${name}: ${fusedInto}`).toBe(true);
      }
      expect(result.added.length).toBeLessThanOrEqual(0.02 * (timed.length + result.added.length));
      expectFit(result, result.medianMs ?? Number.NaN);
    },
    60_000,
  );

  it('are the rows of the whole model where it takes long enough', async () => {
    const { method, notes } = await profile(openModel(SAMPLE_TFLITE));
    expect([method, notes]).toEqual(['own profile', undefined]);
  });

  it('are models of their own where it takes less than the clock can tell', async () => {
    const tiny = {
      tensors: { x: { shape: [4] }, y: { shape: [4] }, z: { shape: [4] } },
      inputs: ['x'],
      outputs: ['z'],
      operators: [
        { op: 'ABS', inputs: ['x'], outputs: ['y'] },
        { op: 'EXP', inputs: ['y'], outputs: ['z'] },
      ],
    };
    const { method, layers } = await profile(reopenTflite(makeTflite(tiny), folder));
    expect(method).toBe('layers alone');
    expect(layers.map(({ medianMs }) => medianMs !== null)).toEqual([true, true]);
  });

  it('are those of bodies where a node calls graphs', async () => {
    const { layers } = await profile(reopenTflite(controlFlow(), folder));
    const timed = layers.filter(({ medianMs }) => medianMs !== null).map(({ id }) => id);
    // Random numbers decide which branch is taken.
    expect(timed).toEqual(expect.arrayContaining(['0', '1', '1/cond/0', '2', '3']));
    expect(timed.filter((id) => id?.startsWith('3/'))).toHaveLength(1);
  });
});
