import { describe, expect, it } from 'vitest';
import { places, type Samples, samplesAt, someSamples, splitPlaces, spread } from './samples';

const samples: Samples = {
  name: 'numbers',
  size: 40,
  labels: places(40).map((index) => index % 4),
  feeds: async (index) => ({ x: { type: 'float32', shape: [1], data: Float32Array.of(index) } }),
};

async function valuesOf(some: Samples): Promise<number[]> {
  const feeds = await Promise.all(places(some.size).map((index) => some.feeds(index)));
  return feeds.map(({ x }) => Number(x?.data[0]));
}

describe('parts of samples', () => {
  it('are taken at their places, with their labels', async () => {
    const some = samplesAt(samples, [7, 3, 39]);
    expect(await valuesOf(some)).toEqual([7, 3, 39]);
    expect(some.labels).toEqual([3, 3, 3]);
    expect(() => some.feeds(3)).toThrow(RangeError);
  });

  it('are spread evenly, and all where there are no more', async () => {
    expect(spread(places(40), 4)).toEqual([0, 10, 20, 30]);
    expect(spread([5, 6], 3)).toEqual([5, 6]);
    expect(await valuesOf(someSamples(samples, 4))).toEqual([0, 10, 20, 30]);
    expect(someSamples(samples, 40)).toBe(samples);
  });

  it('have nothing in common where there is enough for two', () => {
    const { third, others } = splitPlaces(40, 8);
    expect(third).toHaveLength(14);
    expect([...third, ...others].sort((a, b) => a - b)).toEqual(places(40));
    expect(splitPlaces(23, 8)).toEqual({ third: places(23), others: places(23) });
  });
});
