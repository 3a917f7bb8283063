import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../runtime/random';
import { isSameDirection } from './sameDirection';
import { digestOf, distance, isAlike } from './weightDigest';

const [O, I, H, W] = [16, 8, 3, 3];

function weights(seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: O * I * H * W }, () => random() + random() + random() - 1.5);
}

/** Output channels times factors of any sign, as a folded normalization does. */
function scaledByChannel(values: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed);
  const factors = Array.from({ length: O }, () => (random() < 0.5 ? -1 : 1) * (0.1 + 5 * random()));
  return values.map((value, index) => value * (factors[Math.floor(index / (I * H * W))] ?? 0));
}

/** As so many bits hold it, with a scale for each output channel. */
function rounded(values: Float64Array, bits: number): Float64Array {
  const slice = I * H * W;
  return values.map((value, index) => {
    const first = Math.floor(index / slice) * slice;
    const largest = values
      .subarray(first, first + slice)
      .reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const scale = largest / (2 ** (bits - 1) - 1);
    return Math.round(value / scale) * scale;
  });
}

/** [O, I, H, W] as [H, W, I, O]. */
function reordered(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  values.forEach((value, index) => {
    const [w, h] = [index % W, Math.floor(index / W) % H];
    const [i, o] = [Math.floor(index / W / H) % I, Math.floor(index / W / H / I)];
    result[((h * W + w) * I + i) * O + o] = value;
  });
  return result;
}

describe('the digest of a weight', () => {
  it('stays the same in another layout, scaled by channel and rounded, and tells others', () => {
    for (let seed = 0; seed < 40; seed++) {
      const own = digestOf(weights(seed), [O, I, H, W]);
      const scaled = scaledByChannel(weights(seed), seed + 1000);
      for (const [bits, least] of [
        [53, 1e-9],
        [8, 0.02],
        [4, 0.15],
      ] as const) {
        const other = reordered(bits === 53 ? scaled : rounded(scaled, bits));
        expect(distance(own, digestOf(other, [H, W, I, O])), `seed ${seed}, ${bits} bits`).toBeLessThan(
          least,
        );
        expect(isSameDirection(weights(seed), [O, I, H, W], other, [H, W, I, O])).toBe(true);
      }
      const another = weights(seed + 500);
      expect(isAlike(distance(own, digestOf(another, [O, I, H, W]))), `seed ${seed}`).toBe(false);
      expect(isSameDirection(weights(seed), [O, I, H, W], another, [O, I, H, W])).toBe(false);
    }
  });

  it('does not change with the order of what is multiplied, which a Flatten changes', () => {
    const values = weights(1);
    const slice = I * H * W;
    const turned = values.map(
      (_, index) => values[Math.floor(index / slice) * slice + ((index * 5) % slice)] ?? 0,
    );
    expect(distance(digestOf(values, [O, slice]), digestOf(turned, [O, slice]))).toBeLessThan(1e-9);
  });

  it('is finite for zeros, and for what is not finite', () => {
    const zeros = digestOf(new Float32Array(32), [4, 8]);
    expect(distance(zeros, zeros)).toBe(0);
    const odd = digestOf(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1, 2), [2, 2]);
    expect(distance(odd, odd)).toBe(0);
  });
});
