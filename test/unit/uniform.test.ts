import { describe, expect, it } from 'vitest';
import {
  affineOf,
  limitsOf,
  quantize,
  quantizeBias,
  quantizeWeights,
  scaleCount,
  smallestScales,
  weightGroups,
} from '../../src/formats/uniform';
import { seededNormal, seededRandom } from '../../src/runtime/random';

const SEED = 21;
const ROUNDS = 500;

describe('scale and zero point', () => {
  it.each(['uint8', 'int8', 'int16'] as const)(
    '%s cover the range, hold zero exactly, err by half a step at most',
    (type) => {
      const random = seededRandom(SEED);
      const { low, high } = limitsOf(type);
      for (let round = 0; round < ROUNDS; round++) {
        const [a, b] = [random(), random()].map(
          (value) => (value - 0.5) * 10 ** Math.round(random() * 12 - 6),
        );
        const range = { min: Math.min(a ?? 0, b ?? 0), max: Math.max(a ?? 0, b ?? 0) };
        const affine = affineOf(range, type);
        const message = `seed ${SEED}, round ${round}, ${JSON.stringify({ range, affine })}`;
        expect(Number.isInteger(affine.zeroPoint), message).toBe(true);
        expect(affine.zeroPoint >= low && affine.zeroPoint <= high, message).toBe(true);
        for (const value of [range.min, range.max, 0, range.min + random() * (range.max - range.min)]) {
          const [quantized = 0] = quantize([value], affine, type);
          const error = Math.abs((quantized - affine.zeroPoint) * affine.scale - value);
          // The ends may lose half a step more, since the zero point is rounded.
          expect(error, message).toBeLessThanOrEqual(affine.scale * (value === 0 ? 0 : 1.001));
        }
      }
    },
  );

  it('are harmless for a tensor that is zero throughout', () => {
    expect(affineOf({ min: 0, max: 0 }, 'uint8')).toEqual({ scale: 1, zeroPoint: 0 });
    expect(affineOf({ min: 0, max: 0 }, 'int8')).toEqual({ scale: 1, zeroPoint: -128 });
  });
});

describe('weights', () => {
  it('are within half a step, channel by channel, along any axis', () => {
    const normal = seededNormal(SEED);
    const random = seededRandom(SEED);
    for (let round = 0; round < ROUNDS / 10; round++) {
      const shape = [1, 2, 3].map(() => 1 + Math.floor(random() * 5));
      const axis = Math.floor(random() * 3);
      const count = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: count }, normal);
      const { values: quantized, scales } = quantizeWeights(values, weightGroups(shape, axis), 'int8', null);
      const [, second = 1, third = 1] = shape;
      for (let i = 0; i < count; i++) {
        // The channel by plain coordinates.
        const position = [Math.floor(i / (second * third)), Math.floor(i / third) % second, i % third];
        const scale = scales[position[axis] ?? 0] ?? 0;
        const error = Math.abs((quantized[i] ?? 0) * scale - (values[i] ?? 0));
        expect(error, `seed ${SEED}, round ${round}`).toBeLessThanOrEqual(scale * 0.50001);
      }
      expect(Math.max(...Array.from(quantized, Math.abs))).toBe(127);
    }
  });

  it('are the same whether they are read at once or part by part', () => {
    const normal = seededNormal(SEED);
    const shape = [61, 63];
    const values = Float32Array.from({ length: 61 * 63 }, normal);
    for (const [axis, block] of [
      [0, null],
      [1, null],
      [null, null],
      [0, 32],
      [1, 32],
    ] as const) {
      const groups = weightGroups(shape, axis, block);
      const source = {
        length: values.length,
        // Rows do not divide it.
        atOnce: 500,
        read: (start: number, end: number) => values.subarray(start, end),
      };
      for (const limit of ['int8', 'int4 full'] as const) {
        const whole = quantizeWeights(values, groups, limit, null);
        const parts = quantizeWeights(source, groups, limit, null);
        expect(Buffer.compare(Buffer.from(parts.values.buffer), Buffer.from(whole.values.buffer))).toBe(0);
        expect(Buffer.compare(Buffer.from(parts.scales.buffer), Buffer.from(whole.scales.buffer))).toBe(0);
      }
    }
  });

  it('of 4 bits are nearer with all 16 integers than without −8', () => {
    const normal = seededNormal(SEED);
    const values = Float32Array.from({ length: 64 * 320 }, normal);
    const groups = weightGroups([64, 320], 1, 32);
    const errorOf = (limit: 'int4' | 'int4 full') => {
      const { values: integers, scales } = quantizeWeights(values, groups, limit, null);
      return values.reduce(
        (sum, value, i) => sum + ((integers[i] ?? 0) * (scales[Math.floor(i / 32)] ?? 0) - value) ** 2,
        0,
      );
    };
    expect(errorOf('int4 full')).toBeLessThan(0.9 * errorOf('int4'));
  });

  it('are within half a step, block by block, along any axis', () => {
    const normal = seededNormal(SEED);
    const random = seededRandom(SEED);
    for (let round = 0; round < ROUNDS / 10; round++) {
      const shape = [1, 2, 3].map(() => 1 + Math.floor(random() * 7));
      const axis = Math.floor(random() * 3);
      const block = 1 + Math.floor(random() * 4);
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal);
      const groups = weightGroups(shape, axis, block);
      const { values: quantized, scales } = quantizeWeights(values, groups, 'int4', null);
      const sizes = shape.map((size, at) => (at === axis ? Math.ceil(size / block) : size));
      expect(scaleCount(groups)).toBe(sizes.reduce((a, b) => a * b, 1));
      expect(scales).toHaveLength(scaleCount(groups));
      const largest = new Array<number>(scales.length).fill(0);
      const [, second = 1, third = 1] = shape;
      for (const [i, value] of values.entries()) {
        const position = [Math.floor(i / (second * third)), Math.floor(i / third) % second, i % third];
        const [a = 0, b = 0, c = 0] = position.map((at, one) => (one === axis ? Math.floor(at / block) : at));
        const place = (a * (sizes[1] ?? 1) + b) * (sizes[2] ?? 1) + c;
        const scale = scales[place] ?? 0;
        const message = `seed ${SEED}, round ${round}`;
        expect(Math.abs((quantized[i] ?? 0) * scale - value), message).toBeLessThanOrEqual(scale * 0.50001);
        largest[place] = Math.max(largest[place] ?? 0, Math.abs(quantized[i] ?? 0));
      }
      expect(largest.every((size) => size === 7)).toBe(true);
    }
  });

  it('leave their bias room in 32 bits', () => {
    const bias = [1e6, 0, -3];
    const inputScale = 1e-6;
    const { scales } = quantizeWeights(
      [1e-8, 0, 5],
      weightGroups([3], 0),
      'int8',
      smallestScales(bias, inputScale),
    );
    const quantized = quantizeBias(bias, inputScale, scales);
    for (const [c, value] of quantized.values.entries()) {
      expect(Math.abs(value)).toBeLessThanOrEqual(2 ** 30 + 2 ** 7);
      expect(value * (quantized.scales[c] ?? 0)).toBeCloseTo(bias[c] ?? 0, 3);
    }
  });
});
