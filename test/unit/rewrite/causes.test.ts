import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import type { Samples } from '../../../src/evaluation/samples';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { onnx } from '../../../src/formats/onnx/format';
import type { NodeProto } from '../../../src/formats/onnx/onnx_pb';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeNode } from '../../../src/formats/onnx/writing/make';
import type { Range } from '../../../src/formats/plan';
import { affineOf, type IntegerType } from '../../../src/formats/uniform';
import { itemAt, present } from '../../../src/model/assert';
import { layOut, rangesOf } from '../../../src/quantization/layout';
import { causesOf } from '../../../src/quantization/sensitivity/causes';
import { Roundings } from '../../../src/quantization/sensitivity/roundings';
import type { Feeds } from '../../../src/runtime/engine';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { seededNormal } from '../../../src/runtime/random';
import { randomTensors, workshop } from './small';
import { assigned, calibrate, observing, withSession } from './support';

const { model, fresh, folder } = workshop();
const { tensor, positive } = randomTensors(31);
const normal = seededNormal(9);
const feeds: Feeds[] = Array.from({ length: 4 }, () => ({
  x: { type: 'float32', shape: [1, 4, 6, 6], data: Float32Array.from({ length: 144 }, normal) },
}));
const samples: Samples = { name: 'test', size: 4, labels: null, feeds: async (i) => itemAt(feeds, i) };

/** The second convolution's third channel reaches far, and hardly anything reads it. */
function withOutlier() {
  const third = Float32Array.from({ length: 6 * 5 }, (_, i) => (i % 6 === 2 ? 1e-3 : normal()));
  const w2 = Float32Array.from({ length: 48 }, (_, i) => (Math.floor(i / 8) === 2 ? 60 : 1) * normal());
  return model({
    nodes: [
      makeNode('Conv', ['x', 'w1', 'b1'], ['a']),
      makeNode('Conv', ['a', 'w2', 'b2'], ['outlier']),
      makeNode('Conv', ['outlier', 'w3', 'b3'], ['c']),
      makeNode('Conv', ['c', 'w4', 'b4'], ['y']),
    ],
    initializers: [
      tensor('w1', [8, 4, 1, 1]),
      tensor('b1', [8]),
      makeFloatTensor('w2', [6, 8, 1, 1], w2),
      tensor('b2', [6]),
      makeFloatTensor('w3', [5, 6, 1, 1], third),
      tensor('b3', [5]),
      positive('w4', [3, 5, 1, 1]),
      tensor('b4', [3]),
    ],
  });
}

/** Layers by name with their causes, where each layer's error is as rounding makes it unless `errors` say otherwise. */
async function causes(
  file: OnnxFile,
  options: { ranges?: Record<string, Range>; error?: number; type?: IntegerType } = {},
): Promise<Map<string, string | null>> {
  const plan = rewriter.plan(file);
  const layout = layOut(plan, assigned(file, 'int8-all'));
  const measured = rangesOf(layout, await calibrate(file, feeds, fresh()));
  const bench = {
    engine: onnxRuntime,
    open: (path: string) => onnx.open(path),
    threads: 1,
    newPath: numberedPaths(folder, file.model.file),
    observing,
  };
  const { error = 0, type = 'uint8' } = options;
  const found = await causesOf(
    bench,
    {
      cleaned: file,
      dims: { dims: {}, shapes: {} },
      plan,
      layout,
      ranges: new Map([...measured, ...Object.entries(options.ranges ?? {})]),
      type,
      judged: file.model.graph.outputs.map(({ name }) => name),
      samples,
    },
    layout.layers.map((layer) => ({ layer, error })),
  );
  return new Map(layout.layers.map(({ rawOutput }, i) => [rawOutput, itemAt(found, i)]));
}

const DIMS: Record<string, number[]> = { w1: [8, 4, 1, 1], w2: [6, 8, 1, 1], w3: [5, 6, 1, 1] };

/** Three convolutions one after the other, and what stands between the last two. */
function chain(weights: Record<string, Float32Array> = {}, between: NodeProto[] = []) {
  const own = (name: string) =>
    makeFloatTensor(
      name,
      DIMS[name] ?? [],
      weights[name] ?? Float32Array.from({ length: (DIMS[name] ?? []).reduce((a, b) => a * b, 1) }, normal),
    );
  return model({
    nodes: [
      makeNode('Conv', ['x', 'w1'], ['a']),
      makeNode('Conv', ['a', 'w2'], ['b']),
      ...between,
      makeNode('Conv', [between.length === 0 ? 'b' : 'c', 'w3'], ['y']),
    ],
    initializers: ['w1', 'w2', 'w3'].map(own),
  });
}

describe('causes of what layers lose', () => {
  it('names the channel whose values reach far, where rounding the result costs most', async () => {
    const found = await causes(withOutlier());
    expect(found.get('outlier')).toMatch(/^channel 2 reaches /);
    expect(found.get('a')).toBeNull();
    // The layer behind it reads what it gives.
    expect(found.get('c')).toMatch(/^its input: channel 2 reaches /);
  });

  it('names the channel whose weights lose most, where rounding weights costs most', async () => {
    // One weight is so large that the others of its channel are a step or two.
    const w2 = Float32Array.from({ length: 48 }, (_, i) => {
      const [channel, at] = [Math.floor(i / 8), i % 8];
      return channel === 4 ? (at === 0 ? 1e-3 : at === 1 ? 300 : 1) : normal();
    });
    const w1 = Float32Array.from({ length: 32 }, (_, i) => (Math.floor(i / 4) === 1 ? 1e-4 : 1) * normal());
    const found = await causes(chain({ w1, w2 }), { type: 'int16' });
    expect(found.get('b')).toMatch(
      /weights costs more .*: half of the weights of channel 4 are 0\.4 steps or less, since one is 300 times/,
    );
  });

  it('says that values are clipped', async () => {
    const found = await causes(chain(), { ranges: { b: { min: -1, max: 1 } } });
    expect(found.get('b')).toMatch(/^values reach .* and are clipped to -1\.00 to 1\.00$/);
  });

  it('says that what follows makes an error larger', async () => {
    const w2 = Float32Array.from({ length: 48 }, () => 2 * normal());
    const found = await causes(chain({ w2 }, [makeNode('Exp', ['b'], ['c'])]));
    expect(found.get('a')).toMatch(/the Exp behind it makes its rounding error \d+ dB larger/);
  });

  it('says that sums saturate where rounding does not explain the error, and only there', async () => {
    const found = await causes(chain(), { error: 0.5 });
    expect([...found.values()].filter((cause) => /saturate/.test(cause ?? ''))).toHaveLength(3);
    const usual = await causes(chain(), { error: 1e-5 });
    expect([...usual.values()].filter((cause) => /saturate/.test(cause ?? ''))).toHaveLength(0);
  });

  it('reads what is judged inside of the model, before a last Softmax', async () => {
    const file = model({
      nodes: [makeNode('Conv', ['x', 'w1'], ['a']), makeNode('Softmax', ['a'], ['y'])],
      initializers: [tensor('w1', [8, 4, 1, 1])],
    });
    const plan = rewriter.plan(file);
    const layout = layOut(plan, assigned(file, 'int8-all'));
    const bench = {
      engine: onnxRuntime,
      open: (path: string) => onnx.open(path),
      threads: 1,
      newPath: numberedPaths(folder, file.model.file),
      observing,
    };
    const roundings = present(
      (await Roundings.of(bench, {
        cleaned: file,
        dims: { dims: {}, shapes: {} },
        plan,
        layout,
        ranges: new Map([['x', { min: -4, max: 4 }]]),
        type: 'uint8',
        judged: ['a'],
        samples,
      })) ?? undefined,
      'roundings',
    );
    const error = (await roundings.ofTensors(['x'])).get('x') ?? 0;
    // A step of 8/255 in values of N(0, 1), some of them clipped: about 41 dB.
    expect(-10 * Math.log10(error)).toBeGreaterThan(38);
    expect(-10 * Math.log10(error)).toBeLessThan(44);
  });

  it('rounds a tensor as the integers of its range do, and leaves the others', async () => {
    const file = withOutlier();
    const target = fresh();
    const names = present(observing.withRounding, 'rounding')(file, ['a', 'y', 'x'], target);
    // Nothing reads an output.
    expect([...names.keys()]).toEqual(['a', 'x']);
    const feed = itemAt(feeds, 0);
    const range = { min: -2, max: 3 };
    const { scale, zeroPoint } = affineOf(range, 'uint8');
    const scalar = (value: number) => ({ type: 'float32', shape: [], data: Float32Array.of(value) }) as const;
    const switches = (on: string | null) =>
      Object.fromEntries(
        [...names].flatMap(([tensor, own]) => [
          [own.min, scalar(-zeroPoint * scale)],
          [own.max, scalar((255 - zeroPoint) * scale)],
          [own.step, scalar(scale)],
          [own.share, scalar(tensor === on ? 1 : 0)],
        ]),
      );
    await withSession(target, async (session) => {
      const off = await session.run({ ...feed, ...switches(null) });
      const on = await session.run({ ...feed, ...switches('x') });
      const plain = await withSession(file.model.file, (own) => own.run(feed));
      expect(off['y']?.data).toEqual(plain['y']?.data);
      const rounded = {
        ...present(feed['x'], 'x'),
        data: Float32Array.from(feed['x']?.data as Float32Array, (value) => {
          const integer = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
          return (integer - zeroPoint) * scale;
        }),
      };
      const expected = await withSession(file.model.file, (own) => own.run({ x: rounded }));
      const values = expected['y']?.data as Float32Array;
      values.forEach((value, i) => {
        expect(Number(on['y']?.data[i])).toBeCloseTo(value, 1);
      });
    });
  });
});
