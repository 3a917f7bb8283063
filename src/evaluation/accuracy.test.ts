import { describe, expect, it } from 'vitest';
import { Sqnr } from '../analysis/sqnr';
import type { RuntimeTensor } from '../runtime/engine';
import { seededRandom } from '../runtime/random';
import { AccuracyMeter, argmax, classCount } from './accuracy';
import { floatValues } from './floats';

const float = (shape: number[], values: number[]): RuntimeTensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

describe('SQNR', () => {
  it('pools samples and outputs as one long vector does', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const sums = new Sqnr();
      const all: [number, number][] = [];
      for (let part = 0; part < 5; part++) {
        const a = Array.from({ length: 1 + Math.floor(random() * 50) }, () => random() * 4 - 2);
        const b = a.map((value) => value + (random() - 0.5) * 0.01);
        sums.add(a, b);
        a.forEach((value, i) => {
          all.push([value, b[i] as number]);
        });
      }
      const signal = all.reduce((sum, [a]) => sum + a ** 2, 0);
      const noise = all.reduce((sum, [a, b]) => sum + (a - b) ** 2, 0);
      expect(sums.decibels, `seed ${seed}`).toBeCloseTo(10 * Math.log10(signal / noise), 9);
    }
  });

  it('says Infinity without difference, -Infinity for noise on silence, null for nothing', () => {
    const same = new Sqnr();
    same.add([1, 2], [1, 2]);
    expect(same.decibels).toBe(Infinity);
    const noise = new Sqnr();
    noise.add([0], [1]);
    expect(noise.decibels).toBe(-Infinity);
    expect(new Sqnr().decibels).toBeNull();
  });

  it('leaves out and counts what is not finite', () => {
    const sums = new Sqnr();
    sums.add([1, NaN, 3, Infinity], [1.1, 2, Infinity, Infinity]);
    expect(sums.nonFinite).toBe(3);
    expect(sums.decibels).toBeCloseTo(20, 9);
  });
});

describe('AccuracyMeter', () => {
  it('counts the top class of the first output that scores classes', () => {
    const meter = new AccuracyMeter();
    const boxes = float([1, 2, 2], [0, 1, 2, 3]);
    const scores = (values: number[]) => float([1, 3], values);
    meter.add(
      [
        ['boxes', boxes],
        ['scores', scores([1, 5, 2])],
      ],
      [boxes, scores([1, 4, 2])],
      1,
    );
    meter.add(
      [
        ['boxes', boxes],
        ['scores', scores([1, 5, 2])],
      ],
      [boxes, scores([6, 4, 2])],
      0,
    );
    meter.add(
      [
        ['boxes', boxes],
        ['scores', scores([3, 1, 2])],
      ],
      [boxes, scores([3, 4, 2])],
      null,
    );
    const result = meter.result('images');
    expect(result).toMatchObject({ samples: 3, data: 'images', identical: false });
    expect(result.top1Agreement).toBeCloseTo(1 / 3);
    expect(result.top1).toEqual({ before: 0.5, after: 1 });
  });

  it('takes NaN for no class: of the first model it is not counted, of the second one it does not agree', () => {
    const meter = new AccuracyMeter();
    const rows = (values: number[]) => float([2, 2], values);
    meter.add([['y', rows([NaN, 1, NaN, NaN])]], [rows([NaN, 1, NaN, NaN])], 0);
    expect(meter.result('random')).toMatchObject({ top1Agreement: null, top1: { before: 0, after: 0 } });
    meter.add([['y', rows([1, 2, 3, 1])]], [rows([1, 2, NaN, 1])], null);
    expect(meter.result('random').top1Agreement).toBe(0.5);
  });

  it('says that nothing is finite, and which output never is', () => {
    const meter = new AccuracyMeter();
    const nan = float([1, 2], [NaN, Infinity]);
    meter.add([['a', nan]], [nan], null);
    expect(meter.result('random')).toMatchObject({ notFinite: true, sqnrDb: null, identical: false });
    meter.add([['a', float([1, 2], [NaN, 1])]], [nan], null);
    expect(meter.result('random')).not.toHaveProperty('notFinite');
    expect(meter.warnings.join()).not.toContain('output a held no finite number');
    const two = new AccuracyMeter();
    for (let sample = 0; sample < 2; sample++)
      two.add(
        [
          ['a', nan],
          ['b', float([1, 2], [1, 2])],
        ],
        [nan, float([1, 2], [1, 2])],
        null,
      );
    expect(two.warnings.join()).toContain('output a held no finite number');
    expect(two.result('random')).not.toHaveProperty('notFinite');
  });

  it('names the worst output where it is 6 dB or more below all of them', () => {
    const worst = (small: number) => {
      const meter = new AccuracyMeter();
      meter.add(
        [
          ['large', float([1, 1], [100])],
          ['small', float([1, 1], [1])],
        ],
        [float([1, 1], [101]), float([1, 1], [1 + small])],
        null,
      );
      return meter.result('random');
    };
    // 100² / 1.25 is 39.0 dB, 1 / 0.25 is 6.0 dB; 40 dB each where the noise is as small as the signal.
    expect(worst(0.5).worstOutput?.name).toBe('small');
    expect(worst(0.5).worstOutput?.sqnrDb).toBeCloseTo(10 * Math.log10(4), 5);
    expect(worst(0.01).worstOutput).toBeUndefined();
  });

  it.each([
    ['above the last', [0, 3]],
    ['below the first', [-1, 0]],
    ['between two', [0, 1.5]],
  ])('gives no top-1 accuracy where a label is no class: %s', (_, labels) => {
    const meter = new AccuracyMeter();
    const scores = float([1, 3], [5, 1, 2]);
    for (const label of labels) meter.add([['scores', scores]], [scores], label);
    const result = meter.result('images');
    expect(result.top1).toBeUndefined();
    expect(result.top1Agreement).toBe(1);
    const foreign = labels.find((label) => ![0, 1, 2].includes(label));
    expect(meter.warnings).toEqual([
      expect.stringMatching(
        `^1 of 2 labels are no class of the model, such as ${foreign} where classes go from 0 to 2`,
      ),
    ]);
    const good = new AccuracyMeter();
    for (const label of [0, 2]) good.add([['scores', scores]], [scores], label);
    expect([good.result('').top1, good.warnings]).toEqual([{ before: 0.5, after: 0.5 }, []]);
  });

  it('knows no classes where no output scores them', () => {
    const meter = new AccuracyMeter();
    const output = float([1, 1], [0.5]);
    meter.add([['y', output]], [output], 0);
    expect(meter.result('random')).toEqual({
      samples: 1,
      data: 'random',
      sqnrDb: null,
      identical: true,
      top1Agreement: null,
    });
  });

  it('notices values that became non-finite, and outputs of another size', () => {
    const meter = new AccuracyMeter();
    meter.add([['y', float([2], [1, 2])]], [float([2], [1, NaN])], null);
    expect(meter.becameNonFinite).toBe(true);
    meter.add([['y', float([2], [1, 2])]], [float([1], [1])], null);
    expect(meter.warnings.join()).toContain('Output y has another size');
    expect(meter.warnings.join()).toContain('1 output values that are not finite');
  });
});

it('counts the top class at every position of a sequence, and none of boxes', () => {
  const ids: RuntimeTensor = { type: 'int64', shape: [1, 3], data: new BigInt64Array(3) };
  const scores = (values: number[]) => float([1, 3, 2], values);
  const meter = new AccuracyMeter();
  // Of three positions the last one has another top class.
  meter.add([['s', scores([1, 0, 0, 1, 1, 0])]], [scores([2, 0, 0, 1, 0, 1])], null, { ids });
  expect(meter.result('x').top1Agreement).toBeCloseTo(2 / 3, 12);
  expect(meter.result('x').positions).toBe(3);
  const flat = new AccuracyMeter();
  flat.add([['s', float([3, 2], [1, 0, 0, 1, 1, 0])]], [float([3, 2], [2, 0, 0, 1, 0, 1])], null, { ids });
  expect(flat.result('x')).not.toHaveProperty('positions');
  const image = float([1, 3, 4, 4], Array(48).fill(0));
  expect(classCount(float([1, 3, 2], []), { image })).toBeNull();
  expect(classCount(float([1, 5, 2], []), { ids })).toBeNull();
});

it('classCount takes [N, C] and [N, C, 1, 1]', () => {
  expect(classCount(float([1, 10], []))).toBe(10);
  expect(classCount(float([2, 10, 1, 1], []))).toBe(10);
  expect(classCount(float([1, 10, 2, 1], []))).toBeNull();
  expect(classCount(float([1, 1], []))).toBeNull();
  expect(classCount(float([10], []))).toBeNull();
});

it('argmax takes the first of equals within its row', () => {
  expect(argmax([9, 1, 3, 3], 1, 3)).toBe(1);
});

it('floatValues decodes float16 and bfloat16 and refuses integers', () => {
  const half: RuntimeTensor = {
    type: 'float16',
    shape: [6],
    data: Uint16Array.from([0x3c00, 0xc000, 0x0001, 0x7c00, 0x7bff, 0x3555]),
  };
  expect([...(floatValues(half) ?? [])]).toEqual([1, -2, 2 ** -24, Infinity, 65504, 0.333251953125]);
  expect(floatValues({ type: 'float16', shape: [1], data: Uint16Array.from([0x7e00]) })?.[0]).toBeNaN();
  expect([
    ...(floatValues({ type: 'bfloat16', shape: [2], data: Uint16Array.from([0x3f80, 0xc040]) }) ?? []),
  ]).toEqual([1, -3]);
  expect(floatValues({ type: 'int8', shape: [1], data: Int8Array.from([1]) })).toBeNull();
  expect(floatValues({ type: 'uint16', shape: [1], data: Uint16Array.from([1]) })).toBeNull();
});
