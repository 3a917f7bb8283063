import { describe, expect, it } from 'vitest';
import { seededNormal } from '../../runtime/random';
import { ChannelStatistics } from './channelStatistics';

describe('statistics of channels', () => {
  it.each([
    ['last axis', 1],
    ['second axis', 4],
  ])('are those of each channel alone where it is the %s', (_, inner) => {
    const channels = 3;
    const next = seededNormal(5);
    const samples = [8, 24].map((places) => Float32Array.from({ length: places * channels }, next));
    const statistics = new ChannelStatistics(channels);
    for (const values of samples) statistics.add(values, inner);
    const all = samples.flatMap((values) => [...values].map((value, i) => ({ value, at: i })));
    for (let channel = 0; channel < channels; channel++) {
      const own = all
        .filter(({ at }) => Math.floor(at / inner) % channels === channel)
        .map(({ value }) => value);
      expect(statistics.min[channel]).toBe(Math.min(...own));
      expect(statistics.max[channel]).toBe(Math.max(...own));
      const energy = own.reduce((sum, value) => sum + value ** 2, 0) / own.length;
      expect(statistics.meanSquare[channel]).toBeCloseTo(energy, 12);
    }
  });
});
