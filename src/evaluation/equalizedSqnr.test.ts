import { describe, expect, it } from 'vitest';
import { seededNormal } from '../runtime/random';
import { EqualizedSqnr } from './equalizedSqnr';

const normal = seededNormal(5);
const [channels, inner] = [3, 400];
const float = Float32Array.from({ length: 2 * channels * inner }, normal);
const factors = [1, 7, 0.2];
const shifts = [0, -3, 5];
const channelOf = (i: number) => Math.floor(i / inner) % channels;
const changed = (i: number, value: number) =>
  ((factors[channelOf(i)] ?? 1) * (value + (shifts[channelOf(i)] ?? 0))) as number;

describe('SQNR of an equalized tensor', () => {
  it('is that of the noise alone, whatever its channels were multiplied by and moved to', () => {
    const noisy = float.map((value, i) => changed(i, value + 0.01 * normal()));
    const sqnr = new EqualizedSqnr('channels first');
    sqnr.add(float, noisy, [2, channels, 20, 20]);
    // 10·log10(1 / 0.01²) = 40 dB.
    expect(sqnr.decibels).toBeGreaterThan(39.5);
    expect(sqnr.decibels).toBeLessThan(40.5);
  });

  it('knows channels that come last', () => {
    const turned = Float32Array.from(
      float,
      (_, i) => float[(i % channels) * inner + Math.floor(i / channels)] ?? 0,
    );
    const noisy = turned.map((value, i) => (factors[i % channels] ?? 1) * value);
    const sqnr = new EqualizedSqnr('channels last');
    sqnr.add(turned, noisy, [2, 20, 20, channels]);
    expect(sqnr.decibels).toBeGreaterThan(100);
  });

  it('is what least squares over all pairs say, however far from zero they are, without those that are not finite', () => {
    const far = float.map((value, i) => 1000 * (1 + channelOf(i)) + value);
    const noisy = far.map((value, i) => changed(i, value + 0.1 * normal()));
    far[7] = Number.NaN;
    noisy[inner + 3] = Number.POSITIVE_INFINITY;
    const sqnr = new EqualizedSqnr('channels first');
    const half = channels * inner;
    for (const from of [0, half])
      sqnr.add(far.subarray(from, from + half), noisy.subarray(from, from + half), [1, channels, 20, 20]);
    let [signal, noise] = [0, 0];
    for (let channel = 0; channel < channels; channel++) {
      const pairs = Array.from(far, (a, i) => ({ a, b: noisy[i] ?? 0, channel: channelOf(i) })).filter(
        (one) => one.channel === channel && Number.isFinite(one.a) && Number.isFinite(one.b),
      );
      const mean = (of: 'a' | 'b') => pairs.reduce((sum, one) => sum + one[of], 0) / pairs.length;
      const [meanA, meanB] = [mean('a'), mean('b')];
      const slope =
        pairs.reduce((sum, { a, b }) => sum + (a - meanA) * (b - meanB), 0) /
        pairs.reduce((sum, { b }) => sum + (b - meanB) ** 2, 0);
      signal += pairs.reduce((sum, { a }) => sum + a * a, 0);
      noise += pairs.reduce((sum, { a, b }) => sum + (a - meanA - slope * (b - meanB)) ** 2, 0);
    }
    expect(sqnr.decibels).toBeCloseTo(10 * Math.log10(signal / noise), 6);
  });

  it('is nothing where nothing was compared', () => {
    expect(new EqualizedSqnr('channels first').decibels).toBeNull();
  });
});
