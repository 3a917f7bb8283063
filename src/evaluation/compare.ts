import { basename } from 'node:path';
import { compareFiles } from '../analysis/difference/compareFiles';
import { checkRoom } from '../files/scratch';
import { openComplete, openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { sizeOf } from '../formats/inputFiles';
import type { InferredGraph } from '../model/inference';
import { ModelError, UsageError } from '../model/modelError';
import type { CompareOptions } from '../protocol/options';
import type { Comparison, MeasuredComparison } from '../protocol/reports';
import { adaptedEngine } from '../runtime/adaptedEngine';
import { adaptFeeds } from '../runtime/adaptFeeds';
import type { Engine } from '../runtime/engine';
import { engineFor, engineThatRuns } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { sizedEngine } from '../runtime/sizedEngine';
import { type Bench, numberedPaths } from './bench';
import { compareOutputs } from './check';
import { samplesOf } from './chooseData';
import { compareModels } from './compareModels';
import { openDataset } from './data/openDataset';
import { readableSamples } from './data/readable';
import { elsewhereOf } from './elsewhere';
import type { JobContext } from './jobContext';
import { KeptOutputs } from './keptOutputs';
import { randomSamples } from './randomSamples';
import { cachedSamples } from './samples';

/** Random samples that the outputs are compared on. */
const RANDOM_SAMPLES = 8;

/**
 * Compares two given models, of two formats even. Where they cannot be run on the same inputs the report holds what
 * the files say, and a warning that says why; data or a device that was given is a wish to run them, so that then it is
 * an error.
 *
 * @throws ModelError where one of the files cannot be read, or they cannot be run on the data that was given.
 */
export async function compare(options: CompareOptions, around: JobContext): Promise<Comparison> {
  try {
    return await compareRunning(options, around);
  } catch (error) {
    const wished = options.data !== null || options.device;
    if (!(error instanceof ModelError) || error instanceof UsageError || wished) throw error;
    const { before, after } = options;
    const report = compareFiles({ before, after, choice: options });
    return { ...report, warnings: [`The models were not run: ${error.message}`, ...report.warnings] };
  }
}

/** Throws ModelError where the other one takes inputs of another kind, or one does not run. */
async function compareRunning(options: CompareOptions, around: JobContext): Promise<MeasuredComparison> {
  const start = performance.now();
  const before = openComplete(options.before);
  const after = openComplete(options.after);
  try {
    const elsewhere = options.measure ? await elsewhereOf(options, around) : null;
    const larger = sizeOf(before) > sizeOf(after) ? before : after;
    checkRoom(
      around.scratch,
      sizeOf(larger),
      `A copy of ${basename(larger.model.file)}, whose layers are observed,`,
    );
    const inferred = before.infer(options).graph;
    const given = modelInputs(inferred);
    const sizes = [...given, ...modelInputs(after.infer(options).graph)];
    const engines = await enginesOf([before, after], options.threads, (engine) =>
      sizedEngine(engine, sizes, around.scratch),
    );
    const engineOf = ({ format }: ModelFile) => engines.get(format.id) ?? engineFor(format.id);
    const bench: Bench = {
      engine: adaptedEngine(given, [...engines.values()], (path) =>
        engineOf(before.format === after.format ? before : openModel(path)),
      ),
      open: openModel,
      threads: options.threads,
      newPath: numberedPaths(around.scratch, options.before),
    };
    const data = await openData(options, before, inferred);
    const { size } = data.samples;
    const outputs = new KeptOutputs(bench, options.before, data.samples, 0);
    const answer = await compareOutputs(bench, outputs, options.after, (done) =>
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
      elsewhere,
      scratch: around.scratch,
      kept: new Map(),
      warnings: data.warnings,
      start,
      onProgress: (message, fraction) => around.progress({ message, fraction: 0.3 + 0.7 * fraction }),
      log: around.log,
      layerTiming: (file, graph, feeds) => ({
        engine: engineOf(file),
        feeds: adaptFeeds(feeds, given, modelInputs(graph), file.model.file),
      }),
    });
  } finally {
    before.close();
    after.close();
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
