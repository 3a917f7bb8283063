import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kept, made, oneTfliteLayer } from '../../test/unit/oneLayer';
import { makeModel, SAMPLE, SAMPLE_TFLITE, scratchFolder } from '../../test/unit/support';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { makeFloatTensor, makeNode, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import { inspect } from './inspect';

const folder = scratchFolder();

const energyOf = (file: ModelFile) => inspect(file, { dims: {}, shapes: {} }).layers.at(-1)?.energyPicojoules;

/** A product of 4 numbers with 3 × 4 weights. */
const dense = (input: ReturnType<typeof made.float>, weights: typeof input, output: typeof input) =>
  oneTfliteLayer({ op: 'FULLY_CONNECTED', inputs: [input, weights], outputs: [output] }, folder);

describe('energy of a layer', () => {
  // By hand from Horowitz's table: multiplication + addition a MAC, 1,300 pJ for 8 bytes of DRAM, 100 pJ for 8 of cache.
  it.each([
    [
      'float32',
      dense(made.float(1, 4), kept.float(3, 4), made.float(1, 3)),
      12 * (3.7 + 0.9) + (48 * 1300) / 8 + (28 * 100) / 8,
    ],
    [
      'int8',
      dense(made.int8([1, 4]), kept.int8([3, 4]), made.int8([1, 3])),
      12 * (0.2 + 0.1) + (12 * 1300) / 8 + (7 * 100) / 8,
    ],
  ])('is that of its operations and bytes in %s', (_, file, picojoules) => {
    expect(energyOf(file)).toBeCloseTo(picojoules, 6);
  });

  it('is unknown where weights and activations differ, so that the engine chooses', () => {
    expect(energyOf(dense(made.float(1, 4), kept.int8([3, 4]), made.float(1, 3)))).toBeNull();
  });

  it('counts the rows of a table that are taken, not the table', () => {
    const path = join(folder, 'embedding.onnx');
    const model = makeModel({
      name: 'embedding',
      input: [makeValueInfo('ids', 'int64', [2])],
      output: [{ name: 'y' }],
      initializer: [makeFloatTensor('table', [1000, 4], new Float32Array(4000))],
      node: [makeNode('Gather', ['table', 'ids'], ['y'])],
    });
    writeModel(model, path);
    // Two rows of 16 bytes from DRAM; two ids of 8 bytes and the rows by the cache.
    const elements = inspect(openModel(path), { dims: {}, shapes: {} }).layers[0]?.elementOps ?? 0;
    expect(energyOf(openModel(path))).toBeCloseTo((32 * 1300) / 8 + (48 * 100) / 8 + elements * 0.9, 6);
  });

  it('is that of the bytes alone where nothing is computed', () => {
    const file = oneTfliteLayer(
      {
        op: 'RESHAPE',
        inputs: [made.float(1, 4)],
        outputs: [made.float(4)],
        options: { table: 'ReshapeOptions' },
      },
      folder,
    );
    const elements = inspect(file, { dims: {}, shapes: {} }).layers[0]?.elementOps ?? 0;
    expect(energyOf(file)).toBeCloseTo((32 * 100) / 8 + elements * 0.9, 6);
  });
});

describe('energy of a model', () => {
  it.each([SAMPLE, SAMPLE_TFLITE])('of %s is the sum of its layers, and says what it is from', (path) => {
    const { layers, energy } = inspect(openModel(path), { dims: {}, shapes: {} });
    const sum = layers.reduce((total, layer) => total + (layer.energyPicojoules ?? Number.NaN), 0);
    expect(energy?.picojoules).toBeCloseTo(sum, 0);
    expect(energy?.knownPicojoules).toBe(energy?.picojoules);
    expect(energy?.source).toMatch(/^An estimate .*Horowitz, ISSCC 2014/);
  });

  it('is at least that of the layers that are known', () => {
    const file = dense(made.float(1, 4), kept.int8([3, 4]), made.float(1, 3));
    expect(inspect(file, { dims: {}, shapes: {} }).energy).toMatchObject({
      picojoules: null,
      knownPicojoules: 0,
    });
  });
});
