import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeLibrary, realTfliteModels, SAMPLE_TFLITE, scratchFolder } from '../../../test/unit/support';
import { openModel } from '../../formats/index';
import { decodeModel } from '../../formats/tflite/decode';
import { writeTables } from '../../formats/tflite/encode';
import { withOutputs } from '../../formats/tflite/outputs';
import { present } from '../../model/assert';
import type { Engine, Feeds, Session } from '../engine';
import { modelInputs } from '../inputs';
import { litert } from '../litert';
import { realValues } from '../quantizedValues';
import { randomFeeds } from '../randomInputs';
import { sizedEngine } from '../sizedEngine';
import { chooseLiteRt, type OpenLiteRt } from './choice';
import { loadNative, nativeEngine } from './engine';
import { KERNEL_EVENT, XNNPACK_EVENT } from './profilerEvent';

const library = nativeLibrary();
const folder = scratchFolder();
const SEED = 21;

/** What the library is not given, and why. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'basic_pitch_nmp.tflite': /the shape of ".+" is only known once the model runs/,
  'tflm_mnist_lstm_float.tflite': /it keeps a state from run to run/,
  'ultraface_version-RFB-320_without_postprocessing.tflite': /the shape of ".+" is only known once/,
};

// ../shared/models holds real models of others and what TensorFlow's interpreter says of them; without it these pass.
const expectedPath = resolve('../shared/models/expected-tflite.json');
const expected: Record<string, { runs: true | string }> = existsSync(expectedPath)
  ? JSON.parse(readFileSync(expectedPath, 'utf8'))
  : {};
const runnable = realTfliteModels().filter(
  (path) => path === SAMPLE_TFLITE || expected[`tflite/${basename(path)}`]?.runs === true,
);

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

function numbers(feeds: Feeds, name: string): Float32Array {
  const tensor = feeds[name];
  if (tensor === undefined) throw new Error(`There is no ${name}.`);
  return realValues(tensor, { scale: 1, zeroPoint: 0 });
}

function decibels(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let at = 0; at < a.length; at++) {
    signal += Number(a[at]) ** 2;
    noise += (Number(a[at]) - Number(b[at])) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe.skipIf(library === null)('LiteRT’s own library', () => {
  let open: OpenLiteRt;
  let native: Engine;

  beforeAll(() => {
    open = present(chooseLiteRt({ library, environments: [] }).litert, 'library that can be used');
    native = nativeEngine(open);
  });

  it.each(runnable)('runs %s as WebAssembly does', async (path) => {
    const reason = REFUSED[basename(path)];
    if (reason !== undefined) {
      await expect(native.load(path, { threads: 1 })).rejects.toThrow(reason);
      return;
    }
    const feeds = feedsFor(path);
    const [outputs, others] = [await runOn(native, path, feeds), await runOn(litert, path, feeds)];
    expect(Object.keys(outputs)).toEqual(Object.keys(others));
    for (const [name, { type, shape }] of Object.entries(outputs)) {
      expect([type, shape]).toEqual([others[name]?.type, others[name]?.shape]);
      const [a, b] = [numbers(outputs, name), numbers(others, name)];
      if (type === 'float32') expect(decibels(b, a), `${name}, seed ${SEED}`).toBeGreaterThan(90);
      else expect(a, `${name}, seed ${SEED}`).toEqual(b);
    }
  });

  it('gives the same again, with what changed in place, and on the same where that is all that is asked', async () => {
    const feeds = feedsFor(SAMPLE_TFLITE);
    const [{ data } = { data: null }] = Object.values(feeds);
    if (!(data instanceof Float32Array)) throw new Error('The sample takes floats.');
    const before = data.slice();
    await withSession(native, SAMPLE_TFLITE, async (session) => {
      const first = await session.run(feeds);
      data.fill(0.5);
      expect(await session.run(feeds)).not.toEqual(first);
      data.set(before);
      await session.invoke?.(feeds);
      for (let run = 0; run < 20; run++) expect(await session.run(feeds)).toEqual(first);
    });
  });

  it('runs several models in turns', async () => {
    const [one, two] = runnable.filter((path) => REFUSED[basename(path)] === undefined);
    if (one === undefined || two === undefined) return;
    const feeds = [feedsFor(one), feedsFor(two)] as const;
    await withSession(native, one, (first) =>
      withSession(native, two, async (second) => {
        const expected = [await first.run(feeds[0]), await second.run(feeds[1])];
        for (let turn = 0; turn < 5; turn++)
          expect([await first.run(feeds[0]), await second.run(feeds[1])]).toEqual(expected);
      }),
    );
  });

  it('reads what layers give, and the rest stays the same', async () => {
    const file = openModel(SAMPLE_TFLITE);
    const tensors = file.model.graph.nodes.flatMap(({ outputs }) => outputs);
    const copy = join(folder, 'outputs.tflite');
    withOutputs(file, tensors, copy);
    const feeds = feedsFor(SAMPLE_TFLITE);
    const all = await runOn(native, copy, feeds);
    const others = await runOn(litert, copy, feeds);
    expect(Object.keys(all).sort()).toEqual([...new Set(tensors)].sort());
    for (const tensor of tensors)
      expect(decibels(numbers(others, tensor), numbers(all, tensor))).toBeGreaterThan(90);
    for (const [name, { data }] of Object.entries(await runOn(native, SAMPLE_TFLITE, feeds)))
      expect(all[name]?.data).toEqual(data);
  });

  it('runs open inputs with the sizes that the file states, and with those that were chosen', async () => {
    const { root } = decodeModel(SAMPLE_TFLITE);
    const [main = {}] = root.subgraphs ?? [];
    const input = main.inputs?.[0] ?? 0;
    const tensors = main.tensors?.map((tensor, at) =>
      at === input ? { ...tensor, shape: [1, 96, 96, 3], shapeSignature: [-1, -1, -1, 3] } : tensor,
    );
    const path = join(folder, 'open.tflite');
    writeTables({ ...root, subgraphs: [{ ...main, ...(tensors && { tensors }) }] }, path);
    const name = openModel(path).model.graph.inputs[0]?.name ?? '';
    for (const shape of [
      [1, 96, 96, 3],
      [2, 64, 64, 3],
    ]) {
      const sized = sizedEngine(native, [{ name, shape }], folder);
      const data = new Float32Array(shape.reduce((count, size) => count * size, 1)).fill(0.25);
      const outputs = await runOn(sized, path, { [name]: { type: 'float32', shape, data } });
      expect(Object.values(outputs)[0]?.shape).toEqual([shape[0], 10]);
    }
  });

  it('refuses inputs that are missing or of another size', async () => {
    await withSession(native, SAMPLE_TFLITE, async (session) => {
      await expect(session.run({})).rejects.toThrow(/The input ".+" was not given/);
      const shape = [1, 64, 64, 3];
      const name = session.inputs[0]?.name ?? '';
      const small = { [name]: { type: 'float32' as const, shape, data: new Float32Array(64 * 64 * 3) } };
      await expect(session.run(small)).rejects.toThrow(/was given as float32 1×64×64×3/);
    });
  });

  it('says which operator it does not have, which the library prints alone', async () => {
    const { root } = decodeModel(SAMPLE_TFLITE);
    const custom = { deprecatedBuiltinCode: 32, builtinCode: 32, customCode: 'no-such-operator', version: 1 };
    const [, ...others] = root.operatorCodes ?? [];
    const path = join(folder, 'custom.tflite');
    writeTables({ ...root, operatorCodes: [custom, ...others] }, path);
    await expect(native.load(path, { threads: 1 })).rejects.toThrow(
      /LiteRT.* cannot run custom\.tflite: it uses the custom operator no-such-operator, which/,
    );
    // Standard error is the process's again, and other models run.
    await runOn(native, SAMPLE_TFLITE, feedsFor(SAMPLE_TFLITE));
  });

  it('says what it is', () => {
    expect(native.name).toMatch(/^LiteRT.* \(native, libLiteRt\.\w+\)$/);
    expect(native.reports).toEqual([
      { name: 'LiteRT', version: null, webAssembly: false, library, from: 'named' },
    ]);
  });

  it('profiles a run row by row', async () => {
    const session = loadNative(open, SAMPLE_TFLITE, { threads: 1, profile: true });
    const profiler = session.profiler();
    const feeds = feedsFor(SAMPLE_TFLITE);
    profiler.start();
    await session.invoke(feeds);
    const events = profiler.stop().filter(({ type }) => type === KERNEL_EVENT || type === XNNPACK_EVENT);
    // A convolution of 1×1 is a matrix product to XNNPACK.
    const { nodes } = openModel(SAMPLE_TFLITE).model.graph;
    const products = nodes.filter(({ op }) => /CONV_2D|FULLY_CONNECTED/.test(op));
    expect(events.filter(({ tag }) => /^(Convolution|Fully)/.test(tag))).toHaveLength(products.length);
    profiler.start();
    expect(profiler.stop()).toEqual([]);
    await session.close();
  });
});
