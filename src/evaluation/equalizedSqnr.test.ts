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

  it('is nothing where nothing was compared', () => {
    expect(new EqualizedSqnr('channels first').decibels).toBeNull();
  });
});
