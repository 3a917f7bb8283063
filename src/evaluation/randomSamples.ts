import type { ModelFile } from '../formats/format';
import type { InferredGraph } from '../model/inference';
import { modelInputs } from '../runtime/inputs';
import { randomFeeds } from '../runtime/randomInputs';
import type { RandomSamples } from './chooseData';

/** Samples of random values for a model; the same for the same seed. */
export function randomSamples(file: ModelFile, inferred: InferredGraph, seed: number): RandomSamples {
  const inputs = modelInputs(inferred);
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  return (from, size) => ({
    name: 'random',
    size,
    labels: null,
    feeds: async (index) => randomFeeds(inputs, roles, seed + from + index),
  });
}
