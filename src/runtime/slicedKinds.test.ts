import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectFit } from '../../test/unit/rows';
import { realTfliteModels, scratchFolder } from '../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../test/unit/tflite';
import type { ModelFile } from '../formats/format';
import { openModel } from '../formats/index';
import { readRunning } from '../formats/tflite/running';
import { slices } from '../formats/tflite/slices';
import type { ModelTable } from '../formats/tflite/tables';
import { ModelError } from '../model/modelError';
import type { Engine } from './engine';
import { engineThatRuns } from './engines';
import { modelInputs } from './inputs';
import { profileLayers } from './profile';
import { randomFeeds } from './randomInputs';
import { tfjsTflite } from './tfjsTflite';

const folder = scratchFolder();

async function profile(file: ModelFile, given?: Engine) {
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const feeds = randomFeeds(modelInputs(inferred), new Map(), 3);
  const engine = given ?? (await engineThatRuns('tflite', [file.model.file], 1));
  const { layers, notes = [] } = await profileLayers(engine, file, inferred, feeds, {
    threads: 1,
    runs: 3,
    scratch: folder,
  });
  const told = layers.map(({ op, medianMs, fusedInto }) => [op, medianMs === null ? fusedInto : 'timed']);
  return { told, notes, layers };
}

const FLOAT16 = 1;
const COMPLEX64 = 8;

/** 1.0 as float16, so many times. */
function halves(count: number): Uint8Array {
  return new Uint8Array(Uint16Array.from({ length: count }, () => 0x3c00).buffer);
}

/** As the converter writes float16: weights are stored in half and decoded by an operator of their own. */
const HALF: MadeGraph = {
  tensors: {
    x: { shape: [1, 8, 8, 4] },
    w16: { shape: [6, 3, 3, 4], type: FLOAT16, data: halves(6 * 3 * 3 * 4) },
    b16: { shape: [6], type: FLOAT16, data: halves(6) },
    w: { shape: [6, 3, 3, 4] },
    b: { shape: [6] },
    c: { shape: [1, 8, 8, 6] },
    y: { shape: [1, 8, 8, 6] },
  },
  inputs: ['x'],
  outputs: ['y'],
  operators: [
    { op: 'DEQUANTIZE', inputs: ['w16'], outputs: ['w'] },
    { op: 'DEQUANTIZE', inputs: ['b16'], outputs: ['b'] },
    {
      op: 'CONV_2D',
      inputs: ['x', 'w', 'b'],
      outputs: ['c'],
      options: { table: 'Conv2DOptions', padding: 0, strideW: 1, strideH: 1 },
    },
    { op: 'ABS', inputs: ['c'], outputs: ['y'] },
  ],
};

describe('layers of .tflite files', () => {
  it('are timed where weights are float16, whose decoding is a constant', async () => {
    const { told, notes } = await profile(reopenTflite(makeTflite(HALF), folder));
    expect(told).toEqual([
      ['DEQUANTIZE', 'a constant'],
      ['DEQUANTIZE', 'a constant'],
      ['CONV_2D', 'timed'],
      ['ABS', 'timed'],
    ]);
    expect(notes.join()).not.toMatch(/could not/);
  });

  it('take the decoding of their weights with them', () => {
    const file = reopenTflite(makeTflite(HALF), folder);
    expect(slices(file).map(({ nodes, inputs }) => [nodes, inputs])).toEqual([
      [[2], ['x']],
      [[3], ['c']],
    ]);
  });

  it('are timed where tensors have no names', async () => {
    const made = makeTflite(HALF);
    const unnamed: ModelTable = {
      ...made,
      subgraphs: (made.subgraphs ?? []).map((graph) => ({
        ...graph,
        tensors: (graph.tensors ?? []).map((tensor) => ({ ...tensor, name: '' })),
      })),
    };
    const { told } = await profile(reopenTflite(unnamed, folder));
    expect(told.slice(2)).toEqual([
      ['CONV_2D', 'timed'],
      ['ABS', 'timed'],
    ]);
  });

  it('lose no more than what reads a tensor that cannot be an output', async () => {
    const file = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [4] },
          a: { shape: [4] },
          b: { shape: [4] },
          c: { shape: [4] },
          y: { shape: [4] },
        },
        inputs: ['x'],
        outputs: ['y'],
        operators: [
          { op: 'ABS', inputs: ['x'], outputs: ['a'] },
          { op: 'NEG', inputs: ['a'], outputs: ['b'] },
          { op: 'EXP', inputs: ['b'], outputs: ['c'] },
          { op: 'NEG', inputs: ['c'], outputs: ['y'] },
        ],
      }),
      folder,
    );
    const refusing: Engine = {
      ...tfjsTflite,
      async load(path, options) {
        const outputs = openModel(path).model.graph.outputs.map(({ name }) => name);
        if (outputs.length > 1 && outputs.includes('b')) throw new ModelError('"b" cannot be an output.');
        return tfjsTflite.load(path, options);
      },
    };
    const { told, notes } = await profile(file, refusing);
    expect(told).toEqual([
      ['ABS', 'timed'],
      ['NEG', 'timed'],
      ['EXP', 'nothing: what it reads cannot be had from the engine'],
      ['NEG', 'timed'],
    ]);
    expect(notes.join()).toMatch(
      /1 layer could not be run alone, since the engine does not give what they read/,
    );
  });

  it('run on the kernels of the whole where a shape is only known in a run', async () => {
    const file = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [4] },
          shape: { shape: [2], type: 2 },
          h: { shape: [4] },
          y: { shape: [2, 2] },
        },
        inputs: ['x', 'shape'],
        outputs: ['y'],
        operators: [
          { op: 'ABS', inputs: ['x'], outputs: ['h'] },
          { op: 'RESHAPE', inputs: ['h', 'shape'], outputs: ['y'] },
        ],
      }),
      folder,
    );
    const path = join(folder, 'dynamic slice.tflite');
    slices(file)[0]?.write(path, new Map([['x', [4]]]));
    // A graph with a tensor of such a shape is not delegated.
    const cut = openModel(path);
    expect(readRunning(path).computedShape).not.toBeNull();
    expect(cut.model.graph.outputs.map(({ name }) => name)).toEqual(['h']);
    const session = await tfjsTflite.load(path, { threads: 1 });
    const x = { type: 'float32' as const, shape: [4], data: Float32Array.of(-1, 2, -3, 0) };
    expect((await session.run({ x }))['h']?.data).toEqual(Float32Array.of(1, 2, 3, 0));
    await session.close();
  });

  it('are timed together where they pass complex numbers on, which no engine gives', async () => {
    const file = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [1, 8, 8] },
          h: { shape: [1, 8, 8] },
          length: { shape: [2], type: 2, data: Int32Array.of(8, 8) },
          spectrum: { shape: [1, 8, 5], type: COMPLEX64 },
          re: { shape: [1, 8, 5] },
          im: { shape: [1, 8, 5] },
          y: { shape: [1, 8, 5] },
        },
        inputs: ['x'],
        outputs: ['y'],
        operators: [
          { op: 'ABS', inputs: ['x'], outputs: ['h'] },
          { op: 'RFFT2D', inputs: ['h', 'length'], outputs: ['spectrum'] },
          { op: 'REAL', inputs: ['spectrum'], outputs: ['re'] },
          { op: 'IMAG', inputs: ['spectrum'], outputs: ['im'] },
          { op: 'MUL', inputs: ['re', 'im'], outputs: ['y'], options: { table: 'MulOptions' } },
        ],
      }),
      folder,
    );
    const passes = (type: string | null) => type !== null && type !== 'complex64';
    expect(slices(file, passes).map(({ nodes, inputs }) => [nodes, inputs])).toEqual([
      [[0], ['x']],
      [[1, 2, 3], ['h']],
      [[4], ['re', 'im']],
    ]);
    const { told } = await profile(file);
    expect(told).toEqual([
      ['ABS', 'timed'],
      ['RFFT2D', 'timed'],
      ['REAL', 'spectrum'],
      ['IMAG', 'spectrum'],
      ['MUL', 'timed'],
    ]);
  });
});

describe('layers of the sample and of the models in ../shared/models', () => {
  // It is for a chip that no engine here has.
  const runnable = realTfliteModels().filter((path) => !path.includes('edgetpu'));

  it.each(runnable)(
    'of %s have a time, or say why they have none',
    async (path) => {
      const file = openModel(path);
      const inferred = file.infer({ dims: {}, shapes: {} }).graph;
      const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
      const feeds = randomFeeds(modelInputs(inferred), roles, 3);
      const engine = await engineThatRuns('tflite', [path], 1);
      const settings = { threads: 1, runs: 1, scratch: folder };
      const result = await profileLayers(engine, file, inferred, feeds, settings);
      const timed = new Set(
        result.layers.filter(({ medianMs }) => medianMs !== null).map(({ name }) => name),
      );
      for (const { name, medianMs, fusedInto = '' } of result.layers) {
        if (medianMs !== null) expect(medianMs, name).toBeGreaterThan(0);
        else {
          // On a slow computer there may be no time left for some.
          const why = ['a constant', 'nothing: there was no time left for it'];
          expect(timed.has(fusedInto) || why.includes(fusedInto), `${name}: ${fusedInto}`).toBe(true);
        }
      }
      expectFit(result, result.medianMs ?? Number.NaN);
    },
    120_000,
  );
});
