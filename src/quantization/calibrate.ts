import { withCopy } from '../evaluation/copies';
import { floatValues } from '../evaluation/floats';
import type { Samples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { Range } from '../formats/plan';
import type { Workbench } from './workbench';

/** Smallest and largest values of a tensor in its own units, one entry a sample. */
export interface Extremes {
  readonly min: number[];
  readonly max: number[];
}

/**
 * Runs a cleaned model on every sample and notes the extremes of `tensors`. They are found inside the graph, so
 * that two numbers a tensor leave the engine and not its activations. Extremes that are not finite are left out, and
 * so is a tensor that turns out to hold integers.
 */
export async function observeExtremes(
  bench: Workbench,
  cleaned: ModelFile,
  tensors: readonly string[],
  samples: Samples,
  onSample: (done: number) => void,
): Promise<Map<string, Extremes>> {
  const extremes = new Map<string, Extremes>(tensors.map((tensor) => [tensor, { min: [], max: [] }]));
  if (tensors.length === 0) return extremes;
  const path = bench.newPath('ranges');
  const outputs = bench.observing.withRanges(cleaned, tensors, path);
  const fetches = [...outputs.values()].flatMap(({ min, max }) => [min, max]);
  await withCopy(bench, path, async (session) => {
    for (let index = 0; index < samples.size; index++) {
      const results = await session.run(await samples.feeds(index), fetches);
      for (const [tensor, names] of outputs) {
        const low = results[names.min];
        const high = results[names.max];
        if (low !== undefined && floatValues(low) === null) extremes.delete(tensor);
        const min = low === undefined ? undefined : floatValues(low)?.[0];
        const max = high === undefined ? undefined : floatValues(high)?.[0];
        if (min === undefined || max === undefined || !Number.isFinite(min) || !Number.isFinite(max))
          continue;
        extremes.get(tensor)?.min.push(min);
        extremes.get(tensor)?.max.push(max);
      }
      onSample(index + 1);
    }
  });
  return extremes;
}

/**
 * How ranges follow from the samples' extremes.
 * `minmax`: everything that was seen fits. `average`: the mean of the samples' extremes, so that the rare sample
 * that reaches farthest is clipped and all others are resolved more finely.
 */
export type ExtremesMethod = 'minmax' | 'average';

/** The range of each tensor over all samples. A tensor without a finite value has the range NaN to NaN, so that it stays in float. */
export function rangesFrom(
  extremes: ReadonlyMap<string, Extremes>,
  method: ExtremesMethod,
): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const [tensor, { min, max }] of extremes) {
    if (min.length === 0) ranges.set(tensor, { min: Number.NaN, max: Number.NaN });
    else if (method === 'average') ranges.set(tensor, { min: mean(min), max: mean(max) });
    else ranges.set(tensor, { min: least(min), max: -least(max.map((value) => -value)) });
  }
  return ranges;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
