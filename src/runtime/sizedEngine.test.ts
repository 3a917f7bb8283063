import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHARED_TFLITE, scratchFolder } from '../../test/unit/support';
import { makeTflite, reopenTflite } from '../../test/unit/tflite';
import { openModel } from '../formats';
import type { Engine, Feeds, RuntimeTensor } from './engine';
import { modelInputs } from './inputs';
import { litert } from './litert';
import { profileSlices } from './profileSlices';
import { seededNormal } from './random';
import { randomFeeds } from './randomInputs';
import { sizedEngine, statesSizes } from './sizedEngine';
import { tfjsTflite } from './tfjsTflite';

const folder = scratchFolder();
const scratch = scratchFolder();

/** What a model gives for inputs of another size than its file states. */
async function runSized(engine: Engine, path: string, feeds: Feeds): Promise<Feeds> {
  const inputs = Object.entries(feeds).map(([name, { shape }]) => ({ name, shape }));
  const session = await sizedEngine(engine, inputs, scratch).load(path, { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
    expect(readdirSync(scratch)).toEqual([]);
  }
}

/** Two 3 × 3 convolutions with a stride, then the mean over the image. */
function convolutions(size: number, signature: number): string {
  const next = seededNormal(4);
  const data = (count: number) => Float32Array.from({ length: count }, next);
  const shape = (side: number, channels: number) => ({
    shape: [1, side, side, channels],
    ...(signature < 0 && { signature: [1, signature, signature, channels] }),
  });
  const options = { table: 'Conv2DOptions', padding: 0, strideW: 2, strideH: 2 };
  const [half, quarter] = [Math.ceil(size / 2), Math.ceil(size / 4)];
  const model = makeTflite({
    tensors: {
      x: shape(size, 3),
      w1: { shape: [4, 3, 3, 3], data: data(108) },
      b1: { shape: [4], data: data(4) },
      h: shape(half, 4),
      w2: { shape: [5, 3, 3, 4], data: data(180) },
      b2: { shape: [5], data: data(5) },
      y: shape(quarter, 5),
    },
    inputs: ['x'],
    outputs: ['y'],
    operators: [
      { op: 'CONV_2D', inputs: ['x', 'w1', 'b1'], outputs: ['h'], options },
      { op: 'CONV_2D', inputs: ['h', 'w2', 'b2'], outputs: ['y'], options },
    ],
  });
  return reopenTflite(model, folder).model.file;
}

describe.each([litert, tfjsTflite])('sizes that were chosen, on $name', (engine) => {
  it('give what a model of that size gives', async () => {
    const data = Float32Array.from({ length: 20 * 20 * 3 }, seededNormal(7));
    const feeds = { x: { type: 'float32' as const, shape: [1, 20, 20, 3], data } };
    const given = await runSized(engine, convolutions(8, -1), feeds);
    const fixed = await engine.load(convolutions(20, 20), { threads: 1 });
    expect(given).toEqual(await fixed.run(feeds));
    expect(given['y']?.shape).toEqual([1, 5, 5, 5]);
    await fixed.close();
  });

  it.skipIf(!existsSync(SHARED_TFLITE)).each(['mlperf_tiny_ic_resnet8_float', 'mlperf_tiny_kws_dscnn_int8'])(
    'give for several samples at once what %s gives for each (../shared/models)',
    async (name) => {
      const path = join(SHARED_TFLITE, `${name}.tflite`);
      const file = openModel(path);
      const { graph } = file.infer({ dims: {}, shapes: {} });
      const [input] = modelInputs(graph);
      const [output] = graph.graph.outputs;
      if (!input || !output) throw new Error('no input or output');
      const batch = { ...input, shape: [3, ...input.shape.slice(1)] };
      const roles = file.format.profiling?.inputRoles(file, graph) ?? new Map();
      const feeds = randomFeeds([batch], roles, 9);
      const all = feeds[input.name] as RuntimeTensor;
      const together = (await runSized(engine, path, feeds))[output.name] as RuntimeTensor;
      expect(together.shape[0]).toBe(3);
      for (let at = 0; at < 3; at++) {
        const one = { ...all, shape: input.shape, data: part(all, at) };
        const alone = (await runSized(engine, path, { [input.name]: one }))[output.name] as RuntimeTensor;
        const got = part(together, at);
        for (const [index, value] of got.entries())
          expect(value as number).toBeCloseTo(Number(alone.data[index]), 4);
      }
    },
  );
});

/** Rows of two values as many as there are: the file states one, as converters do where a batch is open. */
function computedShapes(rows: 'of a shape' | 'given'): string {
  const int32 = (...data: number[]) => ({ shape: [data.length], type: 2, data: Int32Array.from(data) });
  const scalar = (value: number) => ({ shape: [], type: 2, data: Int32Array.of(value) });
  const given = rows === 'given';
  const computing = [
    { op: 'SHAPE', inputs: ['h'], outputs: ['sizes'], options: { table: 'ShapeOptions', outType: 2 } },
    {
      op: 'STRIDED_SLICE',
      inputs: ['sizes', 'from', 'to', 'step'],
      outputs: ['batch'],
      options: { table: 'StridedSliceOptions', shrinkAxisMask: 1 },
    },
    {
      op: 'PACK',
      inputs: ['batch', 'rest', 'two'],
      outputs: ['wanted'],
      options: { table: 'PackOptions', valuesCount: 3 },
    },
  ];
  const model = makeTflite({
    tensors: {
      x: { shape: [1, 3, 4], signature: [-1, 3, 4] },
      h: { shape: [1, 3, 4], signature: [-1, 3, 4] },
      sizes: { shape: [3], type: 2 },
      from: int32(0),
      to: int32(1),
      step: int32(1),
      batch: { shape: [], type: 2 },
      rest: scalar(-1),
      two: scalar(2),
      wanted: { shape: [3], type: 2 },
      r: { shape: [1, 1, 2], signature: [-1, -1, 2] },
      y: { shape: [1, 1, 2], signature: [-1, -1, 2] },
    },
    inputs: given ? ['x', 'wanted'] : ['x'],
    outputs: ['y'],
    operators: [
      { op: 'NEG', inputs: ['x'], outputs: ['h'] },
      ...(given ? [] : computing),
      { op: 'RESHAPE', inputs: ['h', 'wanted'], outputs: ['r'] },
      { op: 'NEG', inputs: ['r'], outputs: ['y'] },
    ],
  });
  return reopenTflite(model, folder).model.file;
}

describe('a model that computes shapes', () => {
  it.each([1, 2])('is run with those that follow from %s samples', async (samples) => {
    const data = Float32Array.from({ length: samples * 12 }, (_, index) => index);
    const feeds: Feeds = { x: { type: 'float32', shape: [samples, 3, 4], data } };
    const { y } = await runSized(litert, computedShapes('of a shape'), feeds);
    expect(y?.shape).toEqual([samples, 6, 2]);
    expect(y?.data).toEqual(data);
  });

  it('is refused where they follow from what it is fed', async () => {
    const feeds: Feeds = {
      x: { type: 'float32', shape: [1, 3, 4], data: new Float32Array(12) },
      wanted: { type: 'int32', shape: [3], data: Int32Array.of(1, 6, 2) },
    };
    await expect(runSized(litert, computedShapes('given'), feeds)).rejects.toThrow('only known once');
  });
});

describe('whether a file states the sizes that it is fed', () => {
  const states = (path: string, shape: number[]) => statesSizes(openModel(path), [{ name: 'x', shape }]);
  it.each([
    ['leaves none open', convolutions(20, 20), [1, 20, 20, 3], true],
    ['has those that it leaves open', convolutions(8, -1), [1, 8, 8, 3], true],
    ['has others', convolutions(8, -1), [1, 20, 20, 3], false],
    ['computes shapes from them', computedShapes('of a shape'), [1, 3, 4], false],
  ])('one that %s', (_, path, shape, stated) => {
    expect(states(path, shape)).toBe(stated);
  });
});

/** One of three samples. */
function part({ data }: RuntimeTensor, at: number) {
  const size = data.length / 3;
  return data.slice(at * size, (at + 1) * size) as Float32Array;
}

describe('layers of another size', () => {
  const path = join(SHARED_TFLITE, 'mlperf_tiny_ic_resnet8_float.tflite');
  it.skipIf(!existsSync(path))('are timed one by one (../shared/models)', async () => {
    const file = openModel(path);
    const shapes = { input_1: [2, 32, 32, 3] };
    const { graph } = file.infer({ dims: {}, shapes });
    const inputs = modelInputs(graph);
    const slices = file.format.profiling?.slices?.(file) ?? [];
    const { layers } = await profileSlices(
      sizedEngine(litert, inputs, scratch),
      file,
      slices,
      graph,
      randomFeeds(inputs, new Map(), 1),
      { threads: 1, runs: 2, scratch },
    );
    expect(layers.filter(({ medianMs }) => medianMs === null)).toEqual([]);
  });
});
