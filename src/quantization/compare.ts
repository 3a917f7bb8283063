import { openComplete } from '../formats';
import type { ModelFile } from '../formats/format';
import type { InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { CompareOptions } from '../protocol/options';
import type { Comparison } from '../protocol/reports';
import { openDataset } from '../runtime/data/dataset';
import { engineFor } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { compareOutputs } from './check';
import { compareModels } from './compareModels';
import { samplesOf } from './data';
import type { Surroundings } from './quantize';
import { randomSamples } from './randomSamples';
import { cachedSamples } from './samples';
import { numberedPaths, type Workbench } from './workbench';

/** Random samples that the outputs are compared on. */
const RANDOM_SAMPLES = 8;

/** Compares two given models, whose inputs must be the same. Throws ModelError where they are not, or do not run. */
export async function compare(options: CompareOptions, around: Surroundings): Promise<Comparison> {
  const start = performance.now();
  const before = openComplete(options.before);
  const after = openComplete(options.after);
  try {
    const { format } = before;
    const { rewriter } = format;
    if (format !== after.format || rewriter === null)
      throw new ModelError('Only two models of one format that can be rewritten can be compared.');
    const bench: Workbench = {
      engine: engineFor(format.id),
      rewriter,
      open: (path) => format.open(path),
      threads: options.threads,
      newPath: numberedPaths(around.scratch, format.extensions[0] ?? ''),
    };
    const inferred = before.infer(options).graph;
    requireSameInputs(before, inferred, after, after.infer(options).graph);
    const data = await openData(options, before, inferred);
    const { size } = data.samples;
    const answer = await compareOutputs(bench, options.before, options.after, data.samples, (done) =>
      around.progress({
        message: `Comparing the outputs (${done} of ${size})`,
        fraction: (0.3 * done) / size,
      }),
    );
    return await compareModels(bench, {
      before,
      after,
      cleaned: null,
      names: { input: options.before, output: options.after },
      dims: options,
      answer,
      samples: data.samples,
      measure: options.measure ? options : null,
      scratch: around.scratch,
      kept: new Map(),
      warnings: data.warnings,
      start,
      onProgress: (message, fraction) => around.progress({ message, fraction: 0.3 + 0.7 * fraction }),
      log: around.log,
    });
  } finally {
    before.close();
    after.close();
  }
}

async function openData(options: CompareOptions, file: ModelFile, inferred: InferredGraph) {
  if (options.data === null) {
    const samples = cachedSamples(randomSamples(file, inferred, options.seed)(0, RANDOM_SAMPLES));
    return {
      samples,
      warnings: ['Accuracy was measured on random numbers, because no data was given.'],
    };
  }
  const dataset = await openDataset(options.data, options.preprocessing, modelInputs(inferred));
  return { samples: samplesOf(dataset), warnings: dataset.warnings };
}

function requireSameInputs(before: ModelFile, a: InferredGraph, after: ModelFile, b: InferredGraph): void {
  const describe = (graph: InferredGraph) =>
    graph.graph.inputs
      .map(({ name, type }) => {
        const tensor = graph.tensors.get(name);
        const shape = tensor?.shape?.map((size) => size ?? '?').join('×') ?? '?';
        return `${name} ${tensor?.type ?? type ?? '?'} ${shape}`;
      })
      .sort();
  const [first, second] = [describe(a), describe(b)];
  if (first.join() === second.join()) return;
  throw new ModelError(
    `The two models have different inputs, so they cannot be compared: ${first.join(', ')} in ${before.model.file}; ${second.join(', ')} in ${after.model.file}.`,
  );
}
