import { ModelError } from '../../model/modelError';
import type { Feeds } from '../../runtime/engine';
import type { Dataset } from './dataset';
import { leftOut } from './labels';
import { subset } from './split';

/**
 * The samples that can be read: a cut-off picture shows only when it is decoded, and should cost a warning at the
 * beginning rather than a long job at its end. Reads every sample once, so choose samples first.
 * @throws ModelError when none is left.
 */
export async function readableSamples(dataset: Dataset): Promise<Dataset> {
  const good: number[] = [];
  let first: ModelError | undefined;
  for (let index = 0; index < dataset.size; index++) {
    try {
      await dataset.feeds(index);
      good.push(index);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      first ??= error;
    }
  }
  if (first === undefined) return dataset;
  if (good.length === 0) throw first;
  const left = dataset.size - good.length;
  return { ...subset(dataset, good), warnings: [...dataset.warnings, leftOut(left, sentence(first))] };
}

/**
 * The first sample that can be read, and what is to be said of those before it.
 * @throws ModelError when there is none.
 */
export async function firstReadable(dataset: Dataset): Promise<{ feeds: Feeds; warnings: string[] }> {
  let first: ModelError | undefined;
  for (let index = 0; index < dataset.size; index++) {
    try {
      const feeds = await dataset.feeds(index);
      return { feeds, warnings: first === undefined ? [] : [leftOut(index, sentence(first))] };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      first ??= error;
    }
  }
  throw first ?? new ModelError(`There are no samples in ${dataset.name}.`, { file: dataset.name });
}

function sentence(error: ModelError): string {
  return error.message.replace(/\.$/, '');
}
