import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { differencesOf } from '../analysis/difference/differences';
import type { ModelFile } from '../formats/format';
import type { DimensionChoice, InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import type { ComparedLatency, MeasuredComparison } from '../protocol/reports';
import type { Engine, Feeds } from '../runtime/engine';
import { compareLatency, crowdedNote, fewSessions, speedup } from '../runtime/measure';
import { cpuName, type LayerProfile, profileLayers } from '../runtime/profile';
import { fitNote } from '../runtime/rowFit';
import { unlessBusy } from '../runtime/stopwatch';
import type { Bench } from './bench';
import type { Answer } from './check';
import { comparableTensors } from './comparableTensors';
import { measuredComparison, type Times } from './comparison';
import { inChunks, sqnrByTensor } from './layerSqnr';
import type { Samples } from './samples';

export interface MeasureChoice {
  readonly threads: number;
  readonly runs: number;
  readonly seed: number;
}

export interface CompareTask {
  readonly before: ModelFile;
  readonly after: ModelFile;
  /** Path of the cleaned float model, which is timed with the two. */
  readonly cleaned: string | null;
  /** As the report names the two files. */
  readonly names: { readonly input: string; readonly output: string };
  readonly dims: DimensionChoice;
  /** Of both models on the same samples. */
  readonly answer: Answer;
  readonly samples: Samples;
  /** null: nothing is timed. */
  readonly measure: MeasureChoice | null;
  /** A folder for temporary files. */
  readonly scratch: string;
  /** Why layers stayed in float, by nodes of `before`. */
  readonly kept: ReadonlyMap<NodeId, string>;
  readonly warnings: readonly string[];
  /** When the work began, by `performance.now()`. */
  readonly start: number;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
  /** How a model's layers are timed, where that is another way than the bench's. */
  readonly layerTiming?: (file: ModelFile, inferred: InferredGraph, feeds: Feeds) => LayerTiming;
}

/** The engine that times the layers of a model, and what the model is fed. */
export interface LayerTiming {
  readonly engine: Engine;
  readonly feeds: Feeds;
}

/** Everything that is reported of two models: sizes, latency in alternation, accuracy, and layer by layer. */
export async function compareModels(bench: Bench, task: CompareTask): Promise<MeasuredComparison> {
  const { before, after, measure, onProgress } = task;
  const warnings = [...task.warnings, ...task.answer.warnings];
  const feeds = await task.samples.feeds(0);
  const latencyMs = measure === null ? null : await race(bench, task, feeds, measure, warnings);
  if (latencyMs !== null) warnings.push(...(bench.engine.notes ?? []));
  onProgress('Comparing the files', 0.6);
  const differences = differencesOf(before, after, task.dims);
  const graphs = {
    before: differences.before.analysis.inference.graph,
    after: differences.after.analysis.inference.graph,
  };
  const sqnr = await attempt(task, 'The SQNR of single layers', warnings, () => {
    const chunks = inChunks(comparableTensors(differences), graphs.before);
    const paths = [before.model.file, after.model.file] as const;
    return sqnrByTensor(bench, ...paths, chunks, task.samples, (fraction) =>
      onProgress('Comparing the layers', 0.6 + 0.2 * fraction),
    );
  });
  const timesOf = async (file: ModelFile, graph: InferredGraph): Promise<Times> =>
    measure === null || latencyMs === null
      ? null
      : attempt(task, 'The latency of single layers', warnings, async () => {
          const timing = task.layerTiming?.(file, graph, feeds) ?? { engine: bench.engine, feeds };
          const times = await profile(timing.engine, file, graph, timing.feeds, measure, task.scratch);
          const { sum, medianMs } = times;
          const fit = sum === null || medianMs === null ? null : fitNote(sum, medianMs);
          const notes = [...(times.notes ?? []), ...(fit === null ? [] : [fit])];
          warnings.push(...notes.map((note) => `${basename(file.model.file)}: ${note}`));
          return times;
        });
  onProgress('Profiling the layers', 0.8);
  const first = await timesOf(before, graphs.before);
  onProgress('Profiling the layers', 0.9);
  const second = await timesOf(after, graphs.after);
  return measuredComparison(differences, task.names, {
    before: first,
    after: second,
    latencyMs,
    engine: bench.engine.name,
    engines: bench.engine.reports ?? [],
    cpu: cpuName(),
    threads: bench.threads,
    accuracy: task.answer.accuracy,
    seconds: (performance.now() - task.start) / 1000,
    sqnr: sqnr ?? new Map(),
    kept: task.kept,
    warnings,
  });
}

/** null, and a warning, where the computer is too busy to measure. */
async function race(
  bench: Bench,
  task: CompareTask,
  feeds: Feeds,
  measure: MeasureChoice,
  warnings: string[],
): Promise<ComparedLatency | null> {
  const paths = [task.before.model.file, task.after.model.file];
  if (task.cleaned !== null) paths.push(task.cleaned);
  const settings = {
    ...measure,
    onProgress: (fraction: number) => task.onProgress('Timing the models in turns', 0.6 * fraction),
  };
  const models = paths.map((path) => ({ path, feeds }));
  const timings = await unlessBusy(compareLatency(bench.engine, models, settings), (sentence) => {
    task.log(sentence);
    warnings.push(sentence);
  });
  if (timings === null) return null;
  const [before, after, cleaned] = timings;
  if (before === undefined || after === undefined) throw new Error('The models were not timed.');
  for (const note of [fewSessions(before), crowdedNote(before)]) if (note !== null) warnings.push(note);
  return {
    before: before.latency,
    ...(cleaned === undefined ? {} : { cleaned: cleaned.latency }),
    after: after.latency,
    speedup: speedup(before, after, measure.seed),
    ...(cleaned === undefined ? {} : { speedupOverCleaned: speedup(cleaned, after, measure.seed) }),
  };
}

/** Times of a model's layers, and of rows that the engine added. */
export async function profile(
  engine: Engine,
  file: ModelFile,
  graph: InferredGraph,
  feeds: Feeds,
  { threads, runs }: MeasureChoice,
  scratch: string,
): Promise<LayerProfile> {
  const folder = mkdtempSync(join(scratch, 'profile-'));
  return profileLayers(engine, file, graph, feeds, { threads, runs, scratch: folder });
}

/** Details of single layers are worth less than the whole: what cannot be had is said, and the rest is reported. */
async function attempt<T>(
  task: CompareTask,
  what: string,
  warnings: string[],
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    task.log(`${what}: ${error.message}`);
    warnings.push(`${what} could not be measured: ${error.message}`);
    return null;
  }
}
