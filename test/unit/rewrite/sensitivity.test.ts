import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import type { Samples } from '../../../src/evaluation/samples';
import { onnx } from '../../../src/formats/onnx/format';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeFloatTensor, makeNode } from '../../../src/formats/onnx/writing/make';
import { affineOf } from '../../../src/formats/uniform';
import { itemAt, present } from '../../../src/model/assert';
import { layOut, rangesOf } from '../../../src/quantization/layout';
import { layerSensitivity } from '../../../src/quantization/sensitivity';
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

describe('sensitivity', () => {
  it('names the layer that breaks a model, and why', async () => {
    const file = withOutlier();
    const plan = rewriter.plan(file);
    const layout = layOut(plan, assigned(file, 'int8-all'));
    const ranges = rangesOf(layout, await calibrate(file, feeds, fresh()));
    const bench = {
      engine: onnxRuntime,
      open: (path: string) => onnx.open(path),
      threads: 1,
      newPath: numberedPaths(folder, file.model.file),
      observing,
    };
    const found = await layerSensitivity(bench, {
      cleaned: file,
      dims: { dims: {}, shapes: {} },
      plan,
      layout,
      ranges,
      type: 'uint8',
      judged: ['y'],
      samples,
    });
    expect(found).toHaveLength(4);
    const [worst, ...others] = found;
    expect(worst?.name).toBe('outlier');
    expect(worst?.reason).toMatch(/^channel 2 reaches /);
    expect(worst?.share).toBeGreaterThan(0.8);
    for (const { decibels } of others) expect(decibels).toBeGreaterThan((worst?.decibels ?? 0) + 6);
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
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
