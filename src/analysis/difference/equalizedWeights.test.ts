import { describe, expect, it } from 'vitest';
import { seededNormal } from '../../runtime/random';
import { equalizedDecibels } from './equalizedWeights';

const [OUTPUTS, INPUTS, INNER] = [24, 16, 3];

/** A weight, and the same with its channels multiplied by factors that lie far apart and rounded in 8 bits. */
function multiplied(shape: readonly number[], noise: number) {
  const [outputs = 1, inputs = 1, ...rest] = shape;
  const inner = rest.reduce((all, size) => all * size, 1);
  const normal = seededNormal(7);
  const factor = () => 10 ** normal();
  const [a, b] = [Array.from({ length: outputs }, factor), Array.from({ length: inputs }, factor)];
  const float = Array.from({ length: outputs * inputs * inner }, () => normal());
  const noisy = float.map((value) => value + noise * normal());
  const other = noisy.map(
    (value, i) =>
      value * (a[Math.floor(i / (inputs * inner))] ?? 1) * (b[Math.floor(i / inner) % inputs] ?? 1),
  );
  const [signal, error] = [float, float.map((value, i) => value - (noisy[i] ?? 0))].map((all) =>
    all.reduce((sum, value) => sum + value * value, 0),
  );
  return { float, other, decibels: 10 * Math.log10((signal ?? 0) / (error ?? 1)) };
}

describe('a weight whose channels were multiplied', () => {
  it.each([
    ['a convolution', [OUTPUTS, INPUTS, INNER, INNER]],
    ['a product of matrices', [64, 48]],
    ['a depthwise convolution', [OUTPUTS, 1, INNER, INNER]],
  ])('is brought back: %s', (_, shape) => {
    for (const noise of [0.1, 0.01]) {
      const { float, other, decibels } = multiplied(shape, noise);
      // Not better than the noise that was put in, though the factors are fitted to it.
      expect(Math.abs((equalizedDecibels(float, other, shape) ?? 0) - decibels)).toBeLessThan(0.6);
    }
  });

  it('has no noise where only its channels differ', () => {
    const { float, other } = multiplied([OUTPUTS, INPUTS, INNER, INNER], 0);
    expect(equalizedDecibels(float, other, [OUTPUTS, INPUTS, INNER, INNER])).toBeGreaterThan(200);
  });

  it('is told from another weight', () => {
    const normal = seededNormal(3);
    const { float } = multiplied([64, 48], 0);
    expect(
      equalizedDecibels(
        float,
        float.map(() => normal()),
        [64, 48],
      ),
    ).toBeLessThan(2);
  });

  it('is not judged where factors would fit the noise away', () => {
    expect(equalizedDecibels([1, 2, 3], [2, 4, 5], [3])).toBeNull();
    expect(equalizedDecibels([1, 2, 3, 4], [2, 4, 5, 8], [2, 2])).toBeNull();
  });
});
