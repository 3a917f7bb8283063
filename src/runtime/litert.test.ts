import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, SAMPLE, SAMPLE_TFLITE, scratchFolder } from '../../test/unit/support';
import { openModel } from '../formats/index';
import { decodeModel } from '../formats/tflite/decode';
import { writeTables } from '../formats/tflite/encode';
import { withOutputs } from '../formats/tflite/outputs';
import { adaptFeeds } from './adaptFeeds';
import type { Engine, Feeds, Session } from './engine';
import { engineThatRuns } from './engines';
import { modelInputs } from './inputs';
import { litert } from './litert';
import { onnxRuntime } from './onnxruntime';
import { realValues } from './quantizedValues';
import { randomFeeds } from './randomInputs';
import { tfjsTflite } from './tfjsTflite';

const folder = scratchFolder();
const SEED = 20;

/** What LiteRT cannot run, and what it says of it. */
const NOT_ON_LITERT: Readonly<Record<string, RegExp>> = {
  'basic_pitch_nmp.tflite': /the shape of ".+" is only known once the model runs/,
  'tflm_mnist_lstm_float.tflite': /it keeps a state from run to run/,
  'ultraface_version-RFB-320_without_postprocessing.tflite': /the shape of ".+" is only known once/,
};

function feedsFor(path: string): Feeds {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  return randomFeeds(modelInputs(inferred), roles, SEED);
}

async function withSession<T>(
  engine: Engine,
  path: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await engine.load(path, { threads: 1 });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

const runOn = (engine: Engine, path: string, feeds: Feeds) =>
  withSession(engine, path, (session) => session.run(feeds));

function decibels(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let at = 0; at < a.length; at++) {
    signal += Number(a[at]) ** 2;
    noise += (Number(a[at]) - Number(b[at])) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function numbers(feeds: Feeds, name: string): Float32Array {
  const tensor = feeds[name];
  if (tensor === undefined) throw new Error(`There is no ${name}.`);
  return realValues(tensor, { scale: 1, zeroPoint: 0 });
}

// ../shared/models holds real models of others and what TensorFlow's interpreter says of them; without it these pass.
const expectedPath = resolve('../shared/models/expected-tflite.json');
const expected: Record<string, { runs: true | string; outputs: [string, string, number[]][] }> = existsSync(
  expectedPath,
)
  ? JSON.parse(readFileSync(expectedPath, 'utf8'))
  : {};
const runnable = realTfliteModels().filter((path) => expected[`tflite/${basename(path)}`]?.runs === true);

describe('engines for TensorFlow Lite', () => {
  it.skipIf(runnable.length === 0).each(runnable)(
    'run %s, and agree where both can (../shared/models)',
    async (path) => {
      const feeds = feedsFor(path);
      const fallback = await runOn(tfjsTflite, path, feeds);
      const file = openModel(path);
      expect(Object.keys(fallback)).toEqual(file.model.graph.outputs.map(({ name }) => name));
      const reason = NOT_ON_LITERT[basename(path)];
      const engine = await engineThatRuns('tflite', [path], 1);
      if (reason !== undefined) {
        expect(engine).toBe(tfjsTflite);
        await expect(litert.load(path, { threads: 1 })).rejects.toThrow(reason);
        return;
      }
      expect(engine).toBe(litert);
      const outputs = await runOn(litert, path, feeds);
      expect(Object.keys(outputs)).toEqual(Object.keys(fallback));
      for (const [name, { type, shape }] of Object.entries(outputs)) {
        expect([type, shape]).toEqual([fallback[name]?.type, fallback[name]?.shape]);
        const [a, b] = [numbers(outputs, name), numbers(fallback, name)];
        if (type === 'float32') expect(decibels(b, a), `${name}, seed ${SEED}`).toBeGreaterThan(100);
        else expect(a, `${name}, seed ${SEED}`).toEqual(b);
      }
    },
  );

  const named = (name: string) => realTfliteModels().find((path) => basename(path).startsWith(name)) ?? '';

  it.skipIf(named('coral') === '')('refuse an unknown custom operator (../shared/models)', async () => {
    await expect(engineThatRuns('tflite', [named('coral')], 1)).rejects.toThrow(
      /LiteRT .*cannot run coral.*: it uses the custom operator edgetpu-custom-op, which the engine does not have/,
    );
  });

  it.skipIf(named('ultraface') === '')('give shapes as they are in the run (../shared/models)', async () => {
    const path = named('ultraface');
    const outputs = await runOn(tfjsTflite, path, feedsFor(path));
    expect(Object.values(outputs).map(({ shape }) => shape)).toEqual([
      [1, 4420, 4],
      [1, 4420, 2],
    ]);
  });

  it.skipIf(named('tflm_mnist_lstm') === '')(
    'answer every sample by itself, also with a state (../shared/models)',
    async () => {
      const path = named('tflm_mnist_lstm');
      const feeds = feedsFor(path);
      await withSession(tfjsTflite, path, async (session) => {
        const first = await session.run(feeds);
        await session.invoke?.(feeds);
        expect(await session.run(feeds)).toEqual(first);
      });
    },
  );

  it('give what ONNX Runtime gives for the same network', async () => {
    const file = openModel(SAMPLE);
    const given = modelInputs(file.infer({ dims: {}, shapes: {} }).graph);
    const feeds = randomFeeds(given, new Map(), SEED);
    const onnx = await runOn(onnxRuntime, SAMPLE, feeds);
    for (const engine of [litert, tfjsTflite]) {
      const outputs = await withSession(engine, SAMPLE_TFLITE, (session) =>
        session.run(adaptFeeds(feeds, given, session.inputs, SAMPLE_TFLITE)),
      );
      const [name = ''] = Object.keys(outputs);
      expect(decibels(numbers(onnx, 'logits'), numbers(outputs, name)), engine.name).toBeGreaterThan(100);
    }
  });

  it.each([litert, tfjsTflite])(
    'read what layers give, and the rest stays the same: $name',
    async (engine) => {
      const file = openModel(SAMPLE_TFLITE);
      const feeds = feedsFor(SAMPLE_TFLITE);
      const tensors = file.model.graph.nodes.flatMap(({ outputs }) => outputs);
      const copy = join(folder, `outputs-${engine === litert}.tflite`);
      withOutputs(file, tensors, copy);
      const all = await runOn(engine, copy, feeds);
      expect(Object.keys(all).sort()).toEqual([...new Set(tensors)].sort());
      for (const [name, { data }] of Object.entries(await runOn(engine, SAMPLE_TFLITE, feeds))) {
        expect(all[name]?.data).toEqual(data);
      }
      for (const tensor of tensors)
        expect(
          numbers(all, tensor).some((value) => value !== 0),
          tensor,
        ).toBe(true);
    },
  );

  it('run again with what changed in place, and on the same where that is all that is asked', async () => {
    const feeds = feedsFor(SAMPLE_TFLITE);
    const [{ data } = { data: null }] = Object.values(feeds);
    if (!(data instanceof Float32Array)) throw new Error('The sample takes floats.');
    const before = data.slice();
    for (const engine of [litert, tfjsTflite]) {
      await withSession(engine, SAMPLE_TFLITE, async (session) => {
        const first = await session.run(feeds);
        data.fill(0.5);
        expect(await session.run(feeds)).not.toEqual(first);
        data.set(before);
        await session.invoke?.(feeds);
        expect(await session.run(feeds)).toEqual(first);
      });
    }
  });

  it('refuse inputs that are missing or of another size', async () => {
    for (const engine of [litert, tfjsTflite]) {
      await withSession(engine, SAMPLE_TFLITE, async (session) => {
        await expect(session.run({})).rejects.toThrow(/The input ".+" was not given/);
        const shape = [1, 64, 64, 3];
        const name = session.inputs[0]?.name ?? '';
        const small = { [name]: { type: 'float32' as const, shape, data: new Float32Array(64 * 64 * 3) } };
        await expect(session.run(small)).rejects.toThrow(/was given as float32 1×64×64×3/);
      });
    }
  });

  it('refuse models that would not fit into their memory', async () => {
    const path = join(folder, 'large.tflite');
    writeFileSync(path, '');
    // Takes no room on the disk.
    truncateSync(path, 801e6);
    for (const engine of [litert, tfjsTflite]) {
      await expect(engine.load(path, { threads: 1 }).then(() => 'loaded')).rejects.toThrow(
        /the file has 801 MB/,
      );
    }
  });

  it('refuse more threads than they have', async () => {
    await expect(tfjsTflite.load(SAMPLE_TFLITE, { threads: 2 })).rejects.toThrow(/Choose one thread/);
  });

  it('take a failure that is only logged for one', async () => {
    // LiteRT.js goes on with such a model, and gives what lay in memory.
    const { root } = decodeModel(SAMPLE_TFLITE);
    const custom = { deprecatedBuiltinCode: 32, builtinCode: 32, customCode: 'no-such-operator', version: 1 };
    const [, ...others] = root.operatorCodes ?? [];
    const path = join(folder, 'custom.tflite');
    writeTables({ ...root, operatorCodes: [custom, ...others] }, path);
    for (const engine of [litert, tfjsTflite]) {
      const loading = engine.load(path, { threads: 1 }).then(() => 'loaded');
      await expect(loading).rejects.toThrow(/it uses the custom operator no-such-operator, which/);
    }
    // The copy of the engine that failed is not used again.
    await runOn(litert, SAMPLE_TFLITE, feedsFor(SAMPLE_TFLITE));
  });
});
