import { rmSync } from 'node:fs';
import type { ModelFile } from '../formats/format';
import type { Range } from '../formats/rewriter';
import { floatValues } from './floats';
import type { Samples } from './samples';
import { type Workbench, withSession } from './workbench';

/** Smallest and largest values of a tensor, one entry a sample. */
export interface Extremes {
  readonly min: number[];
  readonly max: number[];
}

/**
 * Runs a cleaned model on every sample and notes the extremes of `tensors`. They are found inside the graph, so
 * that two numbers a tensor leave the engine and not its activations. Extremes that are not finite are left out.
 */
export async function observeExtremes(
  bench: Workbench,
  cleaned: ModelFile,
  tensors: readonly string[],
  samples: Samples,
  onSample: (done: number) => void,
): Promise<Map<string, Extremes>> {
  const extremes = new Map<string, Extremes>();
  if (tensors.length === 0) return extremes;
  const path = bench.newPath('ranges');
  const outputs = bench.rewriter.withRanges(cleaned, tensors, path);
  const fetches = [...outputs.values()].flatMap(({ min, max }) => [min, max]);
  await withSession(bench, path, async (session) => {
    for (let index = 0; index < samples.size; index++) {
      const results = await session.run(await samples.feeds(index), fetches);
      for (const [tensor, names] of outputs) {
        const low = results[names.min];
        const high = results[names.max];
        const min = low === undefined ? undefined : floatValues(low)?.[0];
        const max = high === undefined ? undefined : floatValues(high)?.[0];
        if (min === undefined || max === undefined || !Number.isFinite(min) || !Number.isFinite(max))
          continue;
        const seen = extremes.get(tensor) ?? { min: [], max: [] };
        seen.min.push(min);
        seen.max.push(max);
        extremes.set(tensor, seen);
      }
      onSample(index + 1);
    }
  });
  rmSync(path, { force: true });
  return extremes;
}

/**
 * How ranges follow from the samples' extremes.
 * `minmax`: everything that was seen fits. `average`: the mean of the samples' extremes, so that the rare sample
 * that reaches farthest is clipped and all others are resolved more finely.
 */
export type RangeMethod = 'minmax' | 'average';

export function rangesFrom(extremes: ReadonlyMap<string, Extremes>, method: RangeMethod): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const [tensor, { min, max }] of extremes) {
    ranges.set(tensor, method === 'minmax' ? widest(min, max) : { min: mean(min), max: mean(max) });
  }
  return ranges;
}

function widest(min: readonly number[], max: readonly number[]): Range {
  return { min: min.reduce((a, b) => Math.min(a, b)), max: max.reduce((a, b) => Math.max(a, b)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
