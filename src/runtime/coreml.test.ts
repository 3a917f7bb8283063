import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../formats';
import { bitmap } from './bitmap';
import { coreMlEngine } from './coreml';
import type { Engine } from './engine';
import { measureLatency } from './measure';
import { profileLayers } from './profile';

const FAKE = resolve('test/unit/fakeCoreMl.mjs');
const OPTIONS = { threads: 1 };
const MODEL = '/models/modèle “x”.mlpackage';

function engine(trouble = 'none', patienceMs = 20_000): Engine {
  return coreMlEngine({ command: process.execPath, args: [FAKE, trouble], patienceMs });
}

const x = (...values: number[]) => ({
  x: { type: 'float32' as const, shape: [1, 3], data: Float32Array.of(...values) },
});

describe('the way to Core ML', () => {
  it('gives what the model says of itself, and its outputs', async () => {
    const fake = engine('chatty');
    const session = await fake.load(MODEL, OPTIONS);
    expect(fake.name).toBe('Core ML, macOS 99.1');
    expect(session.inputs).toMatchObject([{ name: 'x', type: 'float32', shape: [1, 3] }]);
    const outputs = await session.run(x(1, 0, -3));
    expect(outputs).toEqual({
      y: { type: 'float32', shape: [1, 3], data: Float32Array.of(2, Number.NaN, -6) },
    });
    // The caller may have changed what is in them.
    const feeds = x(1, 1, 1);
    await session.run(feeds);
    feeds.x.data.fill(4);
    expect((await session.run(feeds, ['y']))['y']?.data).toEqual(Float32Array.of(8, 8, 8));
    expect(await session.run(feeds, ['z'])).toEqual({});
    await session.close();
  });

  it('takes the time from the other side', async () => {
    const timing = await measureLatency(
      engine(),
      { path: MODEL, feeds: x(1, 2, 3) },
      { ...OPTIONS, runs: 2, seed: 1 },
    );
    expect(timing.latency).toMatchObject({ median: 1.5, p90: 1.5 });
    expect(timing.latency.counted).toBe(timing.latency.runs);
  });

  it.each([
    ['crash', /cannot run modèle “x”\.mlpackage: its process ended \(exit code 7\)\.$/],
    ['kill', /its process ended \(SIGSEGV\)\.$/],
    ['hang', /it did not answer for 3 seconds\.$/],
    ['garbage', /it said something that is no answer: {"result": 12\.$/],
    ['nonsense', /it said something that is no answer: {"result":12}\.$/],
  ])(
    'says what is wrong where the other side does %s, and again when asked again',
    async (trouble, message) => {
      // Beside other tests the other side may need a second to start.
      const session = await engine(trouble, trouble === 'hang' ? 3000 : 30_000).load(MODEL, OPTIONS);
      await expect(session.run(x(1, 2, 3))).rejects.toThrow(message);
      await expect(session.run(x(1, 2, 3))).rejects.toThrow(message);
      await session.close();
    },
  );

  it('says what Core ML says', async () => {
    await expect(engine('error').load(MODEL, OPTIONS)).rejects.toThrow(
      'Core ML cannot run modèle “x”.mlpackage: there is no model at /models/modèle “x”.mlpackage.',
    );
    const session = await engine('timeless').load(MODEL, OPTIONS);
    await expect(session.time?.(x(1, 2, 3))).rejects.toThrow('did not say how long');
    await session.close();
  });

  it('leaves it open what layers take', async () => {
    const file = openModel(resolve('models/shapes_mobilenetv2.mlpackage'));
    const { graph } = file.infer({ dims: {}, shapes: {} });
    const settings = { threads: 1, runs: 1, scratch: tmpdir() };
    const { layers, sum } = await profileLayers(engine(), file, graph, {}, settings);
    expect(sum).toBeNull();
    expect(layers.map(({ name }) => name)).toEqual(graph.nodes.map(({ node }) => node.name));
    expect(layers.every(({ medianMs, share }) => medianMs === null && share === null)).toBe(true);
  });

  it('is refused what it cannot be given', async () => {
    await expect(engine().load(MODEL, { threads: 2 })).rejects.toThrow('chooses its threads itself');
    const session = await engine().load(MODEL, OPTIONS);
    await expect(session.run({})).rejects.toThrow('"x" was not given');
    const wrong = { x: { type: 'int32' as const, shape: [1, 3], data: new Int32Array(3) } };
    await expect(session.run(wrong)).rejects.toThrow('"x" is float32, and was given as int32');
    await session.close();
  });

  it('ends a program that does not end, and says where there is none', async () => {
    const session = await engine('stays').load(MODEL, OPTIONS);
    await session.close();
    const none = coreMlEngine({ command: 'no-such-program', args: [], patienceMs: 500 });
    await expect(none.load(MODEL, OPTIONS)).rejects.toThrow(/no-such-program could not be started/);
  });
});

describe('a bitmap', () => {
  it('has rows from below, in blue, green, red, each at a multiple of 4 bytes', () => {
    // Red, green and blue planes of 2 × 1 pixels: the upper is 1, 2, 3, the lower 300, -5, 6.4.
    const data = Float32Array.of(1, 300, 2, -5, 3, 6.4);
    const file = bitmap({ type: 'float32', shape: [1, 3, 2, 1], data });
    expect([...file.subarray(54)]).toEqual([6, 0, 255, 0, 3, 2, 1, 0]);
    const grey = bitmap({ type: 'float32', shape: [1, 1, 1, 1], data: Float32Array.of(9) });
    expect([...grey.subarray(54)]).toEqual([9, 9, 9, 0]);
  });
});
