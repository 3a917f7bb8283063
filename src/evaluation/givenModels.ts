import { basename } from 'node:path';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { checkRoom } from '../files/scratch';
import { openComplete, openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { sizeOf } from '../formats/inputFiles';
import { itemAt, present } from '../model/assert';
import type { InferredGraph } from '../model/inference';
import { ModelError, UsageError } from '../model/modelError';
import { modelsComparison } from '../protocol/modelTables';
import type { CompareOptions } from '../protocol/options';
import type { Comparison, MeasuredComparison, ModelsComparison } from '../protocol/reports';
import { adaptedEngine } from '../runtime/adaptedEngine';
import { adaptFeeds } from '../runtime/adaptFeeds';
import type { Engine } from '../runtime/engine';
import { engineFor, engineThatRuns } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { sizedEngine } from '../runtime/sizedEngine';
import { type Bench, numberedPaths } from './bench';
import { samplesOf } from './chooseData';
import { openDataset } from './data/openDataset';
import { readableSamples } from './data/readable';
import { elsewhereOf } from './elsewhere';
import type { JobContext } from './jobContext';
import { KeptOutputs } from './keptOutputs';
import { measureModels, type OtherModel } from './measureModels';
import { compareOutputs } from './outputAgreement';
import { randomSamples } from './randomSamples';
import { cachedSamples } from './samples';

/** Random samples that the outputs are compared on. */
const RANDOM_SAMPLES = 8;

/**
 * Sets given models, of several formats even, against the first of them. One that cannot be run on the first one's
 * inputs is not run: its report holds what the files say, and a warning that says why. Data or a device that was given
 * is a wish to run them, so that then it is an error.
 *
 * @throws ModelError where one of the files cannot be read, or they cannot be run on the data that was given.
 */
export async function compareGivenModels(
  options: CompareOptions,
  around: JobContext,
): Promise<ModelsComparison> {
  const [first, ...others] = options.models;
  if (first === undefined || others.length === 0) throw new Error('Fewer than two models were given.');
  const reports = new Map<number, Comparison>();
  let left = [...others.keys()];
  while (left.length > 0) {
    const models = [first, ...left.map((index) => itemAt(others, index))];
    try {
      const measured = await compareRunning(options, models, around);
      for (const [place, index] of left.entries()) reports.set(index, itemAt(measured, place));
      left = [];
    } catch (error) {
      const wished = options.data !== null || options.device;
      if (!(error instanceof ModelError) || error instanceof UsageError || wished) throw error;
      // Where it is not one of the others that is at fault, none of them can be run with the first.
      const own = left.filter((index) => others[index] === error.file && error.file !== first);
      const unrun = own.length > 0 ? own : left;
      for (const index of unrun) {
        const report = compareFiles({ before: first, after: itemAt(others, index), choice: options });
        const why = `The models were not run: ${error.message}`;
        reports.set(index, { ...report, warnings: [why, ...report.warnings] });
      }
      left = left.filter((index) => !unrun.includes(index));
    }
  }
  return modelsComparison(others.map((_, index) => present(reports.get(index), 'report')));
}

/** Throws ModelError where one takes inputs of another kind than the first, or does not run. */
async function compareRunning(
  options: CompareOptions,
  models: readonly string[],
  around: JobContext,
): Promise<MeasuredComparison[]> {
  const start = performance.now();
  const files: ModelFile[] = [];
  try {
    for (const path of models) files.push(openComplete(path));
    const [first, ...others] = files;
    if (first === undefined) throw new Error('No model was given.');
    const elsewhere = options.measure ? await elsewhereOf(options, around) : null;
    const largest = files.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
    checkRoom(
      around.scratch,
      sizeOf(largest),
      `A copy of ${basename(largest.model.file)}, whose layers are observed,`,
    );
    const inferred = first.infer(options).graph;
    const given = modelInputs(inferred);
    const sizes = [...given, ...others.flatMap((file) => modelInputs(file.infer(options).graph))];
    const engines = await enginesOf(files, options.threads, (engine) =>
      sizedEngine(engine, sizes, around.scratch),
    );
    const engineOf = ({ format }: ModelFile) => engines.get(format.id) ?? engineFor(format.id);
    const bench: Bench = {
      engine: adaptedEngine(given, [...engines.values()], (path) =>
        engines.size === 1 ? engineOf(first) : engineOfFile(path, engineOf),
      ),
      open: openModel,
      threads: options.threads,
      newPath: numberedPaths(around.scratch, itemAt(models, 0)),
    };
    const data = await openData(options, first, inferred);
    const { samples } = data;
    // The first one's outputs are kept for the next comparison, if there is one.
    const kept = new KeptOutputs(bench, itemAt(models, 0), samples, others.length === 1 ? 0 : undefined);
    const answers: OtherModel[] = [];
    for (const [index, file] of others.entries()) {
      const output = itemAt(models, index + 1);
      const answer = await compareOutputs(bench, kept, output, (done) =>
        around.progress({
          message: `Comparing the outputs (${done} of ${samples.size})`,
          fraction: (0.3 * (index + done / samples.size)) / others.length,
        }),
      );
      answers.push({ file, output, answer, kept: new Map() });
    }
    return await measureModels(bench, {
      first,
      others: answers,
      cleaned: null,
      input: itemAt(models, 0),
      dims: options,
      samples,
      measure: options.measure ? options : null,
      elsewhere,
      scratch: around.scratch,
      warnings: data.warnings,
      start,
      onProgress: (message, fraction) => around.progress({ message, fraction: 0.3 + 0.7 * fraction }),
      log: around.log,
      each: {
        engineOf,
        feedsOf: (file, graph, feeds) => adaptFeeds(feeds, given, modelInputs(graph), file.model.file),
      },
    });
  } finally {
    for (const file of files) file.close();
  }
}

/** What runs a file of any of the formats. */
function engineOfFile(path: string, engineOf: (file: ModelFile) => Engine): Engine {
  const file = openModel(path);
  try {
    return engineOf(file);
  } finally {
    file.close();
  }
}

/** By format. One engine runs all models of a format: two engines would be compared, not two models. */
async function enginesOf(
  files: readonly ModelFile[],
  threads: number,
  adapted: (engine: Engine) => Engine,
): Promise<Map<string, Engine>> {
  const engines = new Map<string, Engine>();
  for (const { format } of files) {
    if (engines.has(format.id)) continue;
    const same = files.filter((file) => file.format === format);
    const paths = same.map(({ model }) => model.file);
    engines.set(format.id, await engineThatRuns(format.id, paths, threads, adapted));
  }
  return engines;
}

async function openData(options: CompareOptions, file: ModelFile, inferred: InferredGraph) {
  if (options.data === null) {
    const samples = cachedSamples(randomSamples(file, inferred, options.seed)(0, RANDOM_SAMPLES));
    return {
      samples,
      warnings: ['Accuracy was measured on random numbers, because no data was given.'],
    };
  }
  const dataset = await readableSamples(
    await openDataset(options.data, options.preprocessing, modelInputs(inferred)),
  );
  return { samples: samplesOf(dataset), warnings: dataset.warnings };
}
