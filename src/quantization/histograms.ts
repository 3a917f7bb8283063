import { type Bench, withFile } from '../evaluation/bench';
import { withCopy } from '../evaluation/copies';
import { floatValues } from '../evaluation/floats';
import { type Samples, someSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { Range } from '../formats/plan';
import { itemAt } from '../model/assert';
import { elementCount } from '../model/dataType';
import type { DimensionChoice } from '../model/inference';

/** Of a tensor's range: eight for each step of 8 bits. */
const BINS = 2048;
/** How values are distributed is known after some samples; what is farthest out comes from all of them. */
const SAMPLES = 16;
/** Activations that leave the engine at a time. */
const CHUNK_BYTES = 32 * 2 ** 20;

/** How often the values of a tensor fell in each of equal parts of its range; zeros apart, which every scale has exactly. */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  /** Values other than zero. */
  total = 0;

  constructor(readonly range: Range) {}

  add(values: Float32Array | Float64Array): void {
    const { counts } = this;
    const { min, max } = this.range;
    const factor = BINS / (max - min);
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      // What is not finite has no difference from itself.
      if (value === 0 || value - value !== 0) continue;
      const place = (value - min) * factor;
      const bin = place >= BINS ? BINS - 1 : place > 0 ? Math.trunc(place) : 0;
      counts[bin] = (counts[bin] as number) + 1;
      total++;
    }
    this.total += total;
  }

  /** The value in the middle of a part. */
  centre(bin: number): number {
    const { min, max } = this.range;
    return min + ((bin + 0.5) * (max - min)) / BINS;
  }
}

/**
 * Runs a cleaned model and counts the values of tensors, some tensors at a time, so that memory grows neither with the
 * samples nor with the model.
 * @param ranges of all samples, by tensor; those that are empty or not finite are left out
 */
export async function observeHistograms(
  bench: Bench,
  cleaned: ModelFile,
  dims: DimensionChoice,
  ranges: ReadonlyMap<string, Range>,
  samples: Samples,
): Promise<Map<string, Histogram>> {
  // Where activations cannot be read their extremes must do.
  if (cleaned.format.withOutputs === undefined) return new Map();
  const few = someSamples(samples, SAMPLES);
  const result = new Map<string, Histogram>();
  const given = new Set(cleaned.model.graph.inputs.map(({ name }) => name));
  const wide = [...ranges].filter(([, { min, max }]) => Number.isFinite(max - min) && max > min);
  for (const chunk of inChunks(
    cleaned,
    dims,
    wide.map(([name]) => name),
  )) {
    const histograms = new Map(chunk.map((name) => [name, new Histogram(ranges.get(name) as Range)]));
    const wanted = chunk.filter((name) => !given.has(name));
    const path = bench.newPath('values');
    await withFile(bench, cleaned.model.file, (file) => file.format.withOutputs?.(file, wanted, path));
    await withCopy(bench, path, async (session) => {
      for (let index = 0; index < few.size; index++) {
        const feeds = await few.feeds(index);
        const results = wanted.length === 0 ? {} : await session.run(feeds, wanted);
        for (const [name, histogram] of histograms) {
          const tensor = results[name] ?? feeds[name];
          const values = tensor === undefined ? null : floatValues(tensor);
          if (values !== null) histogram.add(values);
        }
      }
    });
    for (const [name, histogram] of histograms) if (histogram.total > 0) result.set(name, histogram);
  }
  return result;
}

function inChunks(cleaned: ModelFile, dims: DimensionChoice, names: readonly string[]): string[][] {
  const { tensors } = cleaned.infer(dims).graph;
  const chunks: string[][] = [];
  let room = 0;
  for (const name of names) {
    const bytes = 4 * (elementCount(tensors.get(name)?.shape ?? null) ?? CHUNK_BYTES);
    if (bytes > room || chunks.length === 0) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    itemAt(chunks, chunks.length - 1).push(name);
    room -= bytes;
  }
  return chunks;
}

/** So many of all values lie outside of a range by percentile, at each end. */
const TAIL = 1e-4;

/** The range without the farthest values. */
export function percentileRange({ counts, total, range }: Histogram): Range {
  const allowed = TAIL * total;
  const step = (range.max - range.min) / BINS;
  let low = 0;
  for (let seen = itemAt(counts, 0); seen < allowed && low < BINS - 1; seen += itemAt(counts, ++low));
  let high = BINS - 1;
  for (let seen = itemAt(counts, high); seen < allowed && high > low; seen += itemAt(counts, --high));
  return {
    min: low === 0 ? range.min : range.min + low * step,
    max: high === BINS - 1 ? range.max : range.min + (high + 1) * step,
  };
}

/** Parts of a range by which its ends are tried nearer to zero. */
const TRIED = 48;

/**
 * The range with the least mean square error of rounding to `steps` steps and clipping what lies outside: rounding costs
 * each value within a twelfth of a squared step on average, clipping what it cuts off.
 */
export function leastErrorRange(histogram: Histogram, steps: number): Range {
  const { range, counts } = histogram;
  const beyond = tails(histogram);
  const least = Math.min(range.min, 0);
  const most = Math.max(range.max, 0);
  let best = { min: least, max: most };
  let bestError = Number.POSITIVE_INFINITY;
  const lows = least === 0 ? [0] : ends(least);
  const highs = most === 0 ? [0] : ends(most);
  const below = lows.map(beyond.below);
  const above = highs.map(beyond.above);
  const count = counts.reduce((sum, bin) => sum + bin, 0);
  for (const [i, min] of lows.entries()) {
    for (const [j, max] of highs.entries()) {
      const step = (max - min) / steps;
      const error = (count * step * step) / 12 + (below[i] as number) + (above[j] as number);
      if (error < bestError) {
        bestError = error;
        best = { min, max };
      }
    }
  }
  return best;
}

function ends(end: number): number[] {
  return Array.from({ length: TRIED - 1 }, (_, index) => (end * (TRIED - index)) / TRIED);
}

/** Σ (x − end)² of all values beyond an end, from sums of counts, x and x². */
function tails(histogram: Histogram): { below(end: number): number; above(end: number): number } {
  const { counts, range } = histogram;
  const sums = [new Float64Array(BINS + 1), new Float64Array(BINS + 1), new Float64Array(BINS + 1)] as const;
  const [ofCounts, ofValues, ofSquares] = sums;
  for (let bin = 0; bin < BINS; bin++) {
    const x = histogram.centre(bin);
    const n = counts[bin] as number;
    ofCounts[bin + 1] = (ofCounts[bin] as number) + n;
    ofValues[bin + 1] = (ofValues[bin] as number) + n * x;
    ofSquares[bin + 1] = (ofSquares[bin] as number) + n * x * x;
  }
  const binOf = (value: number) =>
    Math.min(BINS, Math.max(0, Math.round(((value - range.min) / (range.max - range.min)) * BINS)));
  const between = (from: number, to: number, end: number) => {
    const [n, x, xx] = sums.map((sum) => itemAt(sum, to) - itemAt(sum, from)) as [number, number, number];
    return Math.max(0, xx - 2 * end * x + n * end * end);
  };
  return {
    below: (end) => between(0, binOf(end), end),
    above: (end) => between(binOf(end), BINS, end),
  };
}
