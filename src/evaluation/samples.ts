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

/** `count` of them, spread evenly: data sets are in the order of their classes. All, where there are no more. */
export function someSamples(samples: Samples, count: number): Samples {
  if (count >= samples.size) return samples;
  const original = (index: number): number => Math.floor((index * samples.size) / count);
  const { labels } = samples;
  return {
    name: samples.name,
    size: count,
    labels: labels === null ? null : Array.from({ length: count }, (_, i) => itemAt(labels, original(i))),
    feeds: (index) => samples.feeds(original(index)),
  };
}

/** Two parts of them that have no sample in common, spread evenly: every third, and the others. Both are all where that leaves too few. */
export function splitSamples(samples: Samples, least: number): { third: Samples; others: Samples } {
  if (samples.size < 3 * least) return { third: samples, others: samples };
  const indices = Array.from({ length: samples.size }, (_, index) => index);
  const part = (own: readonly number[]): Samples => ({
    name: samples.name,
    size: own.length,
    labels: samples.labels === null ? null : own.map((index) => itemAt(samples.labels ?? [], index)),
    feeds: (index) => samples.feeds(itemAt(own, index)),
  });
  return {
    third: part(indices.filter((index) => index % 3 === 0)),
    others: part(indices.filter((index) => index % 3 !== 0)),
  };
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
