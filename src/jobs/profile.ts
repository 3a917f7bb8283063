import { openComplete } from '../formats/index';
import type { ProfileOptions } from '../protocol/options';
import type { ProfileReport } from '../protocol/reports';
import { openDataset } from '../runtime/data/dataset';
import { engineThatRuns } from '../runtime/engines';
import { modelInputs, withOpenSizes } from '../runtime/inputs';
import { profileModel } from '../runtime/profile';
import { randomFeeds } from '../runtime/randomInputs';
import { sizedEngine } from '../runtime/sizedEngine';
import type { JobContext } from './context';

/** Latency of a model and of each of its layers, with random inputs or the first sample of the user's data. */
export async function run(options: ProfileOptions, context: JobContext): Promise<ProfileReport> {
  const { data, seed } = options;
  const file = openComplete(options.model);
  try {
    const inference = file.infer({ dims: options.dims, shapes: options.shapes });
    const inferred = inference.graph;
    const inputs = modelInputs(inferred);
    const dataset = data === null ? null : await openDataset(data, options.preprocessing, inputs);
    for (const warning of dataset?.warnings ?? []) context.log(warning);
    const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
    const feeds = dataset === null ? randomFeeds(inputs, roles, seed) : await dataset.feeds(0);
    const engine = await engineThatRuns(file.format.id, [options.model], options.threads, (one) =>
      sizedEngine(one, inputs, context.scratch),
    );
    const report = await profileModel(engine, file, inferred, feeds, {
      threads: options.threads,
      runs: options.runs,
      seed,
      scratch: context.scratch,
      trace: options.trace,
      inputs: dataset?.name ?? 'random',
      onProgress: (message, fraction) => context.progress({ message, fraction }),
    }).catch((error: unknown) => {
      throw withOpenSizes(error, inference);
    });
    const inputShapes = Object.entries(feeds).map(([name, { shape }]) => ({ name, shape: [...shape] }));
    return { ...report, inputShapes };
  } finally {
    file.close();
  }
}
