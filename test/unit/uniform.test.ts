import { describe, expect, it } from 'vitest';
import {
  affineOf,
  limitsOf,
  quantize,
  quantizeBias,
  quantizeWeights,
  smallestScales,
} from '../../src/formats/uniform';
import { seededNormal, seededRandom } from '../../src/runtime/random';

const SEED = 21;
const ROUNDS = 500;

describe('scale and zero point', () => {
  it.each(['uint8', 'int8'] as const)(
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
      const channels = shape[axis] ?? 1;
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const count = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: count }, normal);
      const { values: quantized, scales } = quantizeWeights(values, { channels, inner }, false, null);
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

  it('leave their bias room in 32 bits', () => {
    const bias = [1e6, 0, -3];
    const inputScale = 1e-6;
    const { scales } = quantizeWeights(
      [1e-8, 0, 5],
      { channels: 3, inner: 1 },
      false,
      smallestScales(bias, inputScale),
    );
    const quantized = quantizeBias(bias, inputScale, scales);
    for (const [c, value] of quantized.values.entries()) {
      expect(Math.abs(value)).toBeLessThanOrEqual(2 ** 30 + 2 ** 7);
      expect(value * (quantized.scales[c] ?? 0)).toBeCloseTo(bias[c] ?? 0, 3);
    }
  });
});
