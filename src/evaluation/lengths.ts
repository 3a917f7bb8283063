import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { DimensionChoice } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { LatencyAtLength } from '../protocol/reports';
import { compareLatency, speedup } from '../runtime/measure';
import { unlessBusy } from '../runtime/stopwatch';
import type { Bench } from './bench';
import type { MeasureChoice } from './measureModels';
import { randomSamples } from './randomSamples';

/** Lengths at which a model is timed unless somebody names others: a token at a time, and a paragraph at once. */
export const DEFAULT_LENGTHS: readonly number[] = [1, 128];

/** Names that exporters give the dimension of a sequence's positions, where its input is not one of token ids. */
const SEQUENCE = /seq|past|length|token/i;

/** The symbolic dimension along which positions of a sequence lie, where nobody gave it a size; null: there is none. */
export function sequenceDimension(file: ModelFile, { dims, shapes }: DimensionChoice): string | null {
  for (const { name, type, declaredShape } of file.model.graph.inputs) {
    if (name in shapes) continue;
    for (const [axis, size] of (declaredShape ?? []).entries()) {
      if (axis === 0 || typeof size !== 'string' || size in dims) continue;
      const ofTokens = axis === 1 && (type === 'int64' || type === 'int32');
      if (ofTokens || SEQUENCE.test(size)) return size;
    }
  }
  return null;
}

/**
 * Latency of two models in alternation at each length of a dimension, on random inputs.
 * @param warn is told why a length has no figure
 */
export async function latencyAtLengths(
  bench: Bench,
  before: ModelFile,
  after: string,
  dim: string,
  lengths: readonly number[],
  choice: DimensionChoice,
  measure: MeasureChoice,
  warn: (sentence: string) => void,
): Promise<LatencyAtLength[]> {
  const results: LatencyAtLength[] = [];
  for (const length of lengths) {
    try {
      const { graph } = before.infer({ ...choice, dims: { ...choice.dims, [dim]: length } });
      const feeds = await randomSamples(before, graph, measure.seed)(0, 1).feeds(0);
      const models = [before.model.file, after].map((path) => ({ path, feeds }));
      const timings = await unlessBusy(compareLatency(bench.engine, models, measure), (sentence) =>
        warn(`At ${dim} = ${length}: ${sentence}`),
      );
      if (timings === null) continue;
      const [first, second] = [itemAt(timings, 0), itemAt(timings, 1)];
      results.push({
        dim,
        length,
        before: first.latency,
        after: second.latency,
        speedup: speedup(first, second, measure.seed),
      });
    } catch (error) {
      // A length that the model does not take.
      if (!(error instanceof ModelError)) throw error;
      warn(`At ${dim} = ${length} the latency could not be measured: ${error.message}`);
    }
  }
  return results;
}
