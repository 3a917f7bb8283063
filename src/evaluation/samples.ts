import { itemAt } from '../model/assert';
import type { Feeds } from '../runtime/engine';

/** Inputs that a model is run on, one sample after the other; the same every time. */
export interface Samples {
  /** What they are, for reports: `random` or a path. */
  readonly name: string;
  readonly size: number;
  /** Class index of each; null when unknown. */
  readonly labels: readonly number[] | null;
  feeds(index: number): Promise<Feeds>;
}

/**
 * Decoding an image costs more than running a small model on it; this much of them is kept: all that calibrate a model
 * of 224 × 224 pixels, and as many as alternatives are compared on for one of 640 × 640 almost.
 */
const CACHE_BYTES = 128 * 2 ** 20;

/** Those at the given places, in their order. */
export function samplesAt(samples: Samples, indices: readonly number[]): Samples {
  const { name, labels } = samples;
  return {
    name,
    size: indices.length,
    labels: labels === null ? null : indices.map((index) => itemAt(labels, index)),
    feeds: (index) => samples.feeds(itemAt(indices, index)),
  };
}

/** Every place among so many. */
export function places(size: number): number[] {
  return Array.from({ length: size }, (_, index) => index);
}

/** `count` of them, spread evenly: data sets are in the order of their classes. All, where there are no more. */
export function spread(indices: readonly number[], count: number): number[] {
  if (count >= indices.length) return [...indices];
  return Array.from({ length: count }, (_, i) => itemAt(indices, Math.floor((i * indices.length) / count)));
}

/** Two parts of so many places that have none in common, spread evenly: every third, and the others. Both are all where that leaves too few. */
export function splitPlaces(size: number, least: number): { third: number[]; others: number[] } {
  const all = places(size);
  if (size < 3 * least) return { third: all, others: all };
  return { third: all.filter((index) => index % 3 === 0), others: all.filter((index) => index % 3 !== 0) };
}

/** `count` of them, spread evenly; all, where there are no more. */
export function someSamples(samples: Samples, count: number): Samples {
  return count >= samples.size ? samples : samplesAt(samples, spread(places(samples.size), count));
}

/** Two parts of them, as `splitPlaces` has it. */
export function splitSamples(samples: Samples, least: number): { third: Samples; others: Samples } {
  const { third, others } = splitPlaces(samples.size, least);
  return { third: samplesAt(samples, third), others: samplesAt(samples, others) };
}

/** Remembers samples as they are read, as far as they fit. */
export function cachedSamples(samples: Samples): Samples {
  const cache = new Map<number, Feeds>();
  let room = CACHE_BYTES;
  return {
    ...samples,
    async feeds(index) {
      const known = cache.get(index);
      if (known !== undefined) return known;
      const feeds = await samples.feeds(index);
      room -= byteLength(feeds);
      if (room >= 0) cache.set(index, feeds);
      return feeds;
    },
  };
}

/** Bytes of tensors; a string counts one. */
export function byteLength(feeds: Feeds): number {
  return Object.values(feeds).reduce(
    (sum, { data }) => sum + (Array.isArray(data) ? data.length : data.byteLength),
    0,
  );
}
