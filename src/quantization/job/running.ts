import type { Bench } from '../../evaluation/bench';
import { type ChosenData, chooseData } from '../../evaluation/chooseData';
import { KeptOutputs } from '../../evaluation/keptOutputs';
import { randomSamples } from '../../evaluation/randomSamples';
import type { ModelFile } from '../../formats/format';
import type { QuantizeOptions } from '../../protocol/options';
import { isCalibrated } from '../../protocol/recipes';
import type { Engine, Feeds } from '../../runtime/engine';
import { engineThatRuns } from '../../runtime/engines';
import { modelInputs, withOpenSizes } from '../../runtime/inputs';
import { sizedEngine, statesSizes } from '../../runtime/sizedEngine';
import type { Workbench } from '../workbench';
import { roundsBySamples, tell, type Work, workbenchOf } from './work';

/** What a job has where an engine runs the model. */
export interface Running {
  readonly bench: Bench;
  /** null: the format has no copies that can be observed. */
  readonly workbench: Workbench | null;
  readonly data: ChosenData;
  /** Of the first sample that is measured on. */
  readonly feeds: Feeds;
  /** What the model gives on the samples that are measured on. */
  readonly original: KeptOutputs;
}

/** The first engine of the format that runs the model as it is to be fed. */
export function engineOf(source: ModelFile, options: QuantizeOptions, scratch: string): Promise<Engine> {
  const { format, model } = source;
  const inputs = modelInputs(source.infer(options).graph);
  // To look for open sizes in each copy of a model takes longer than to load it.
  const stated = statesSizes(source, inputs);
  return engineThatRuns(format.id, [model.file], options.threads, (engine) =>
    stated ? engine : sizedEngine(engine, inputs, scratch),
  );
}

/**
 * Reads the data and runs the model once; null where nothing runs it.
 * @throws ModelError where the model does not run
 */
export async function startRunning(work: Work): Promise<Running | null> {
  const { engine, unrun, files, options, source, recipe } = work;
  if (engine === null || unrun !== null) return null;
  const bench: Bench = { ...files, engine };
  tell(work, 0, 1)('Reading the data', 0);
  const inference = source.infer(options);
  const inferred = inference.graph;
  const random = randomSamples(source, inferred, options.seed);
  const fits = isCalibrated(recipe) || roundsBySamples(work);
  const data = await chooseData(options, modelInputs(inferred), random, fits);
  const feeds = await data.validation.feeds(0);
  // A model that does not run has nothing to be compared with; say so before any work is done.
  const original = new KeptOutputs(bench, options.model, data.validation);
  await keepFirst(original).catch((error: unknown) => {
    throw withOpenSizes(error, inference);
  });
  return {
    bench,
    workbench: workbenchOf(work),
    data,
    feeds,
    original,
  };
}

/** Runs of a model at once, so that it need not be loaded again for its outputs on a few samples. */
const RUNS_AT_ONCE = 8;

/** Runs a model on the first sample, and where there are few on the others. */
async function keepFirst(original: KeptOutputs): Promise<void> {
  const { size } = original.samples;
  const runs = size > RUNS_AT_ONCE ? 1 : size;
  await original.read(async (_, outputsOf) => {
    for (let index = 0; index < runs; index++) await outputsOf(index);
  });
}
