import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { differencesOf } from '../analysis/difference/differences';
import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { DimensionChoice, InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import type { ComparedLatency, MeasuredComparison } from '../protocol/reports';
import { cpuName } from '../runtime/cpuName';
import type { DeviceMeasurement } from '../runtime/devices/measurement';
import type { Engine, Feeds } from '../runtime/engine';
import { compareLatency, crowdedNote, fewSessions, speedup } from '../runtime/measure';
import { type LayerProfile, profileLayers } from '../runtime/profile';
import { fitNote } from '../runtime/rowFit';
import { unlessBusy } from '../runtime/stopwatch';
import type { Bench } from './bench';
import type { Elsewhere } from './elsewhere';
import { inChunks, sqnrByTensor } from './layerSqnr';
import { measuredComparison, type Times } from './measuredReport';
import type { Answer } from './outputAgreement';
import type { Samples } from './samples';
import { scoresSqnr } from './scoresSqnr';
import { tensorPairs } from './tensorPairs';

export interface MeasureChoice {
  readonly threads: number;
  readonly runs: number;
  readonly seed: number;
}

export interface MeasureTask {
  /** What the others are set against. */
  readonly first: ModelFile;
  /** One or more. */
  readonly others: readonly OtherModel[];
  /** Path of the cleaned float model, which is timed with them. */
  readonly cleaned: string | null;
  /** As the reports name the first file. */
  readonly input: string;
  readonly dims: DimensionChoice;
  readonly samples: Samples;
  /** null: nothing is timed. */
  readonly measure: MeasureChoice | null;
  /** A folder for temporary files. */
  readonly scratch: string;
  readonly warnings: readonly string[];
  /** When the work began, by `performance.now()`. */
  readonly start: number;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
  /** What runs each model, and on what, where that is another way than the bench's. */
  readonly each?: EachModel;
  /** Latencies are measured there instead of on this computer. */
  readonly elsewhere?: Elsewhere | null;
}

/** A model that is set against the first one. */
export interface OtherModel {
  readonly file: ModelFile;
  /** As the report names it. */
  readonly output: string;
  /** Of both on the same samples. */
  readonly answer: Answer;
  /** Why layers stayed in float, by name. */
  readonly kept: ReadonlyMap<NodeId, string>;
}

/** Of models that are run in different ways. */
export interface EachModel {
  engineOf(file: ModelFile): Engine;
  /** The samples' inputs as this model takes them. */
  feedsOf(file: ModelFile, graph: InferredGraph, feeds: Feeds): Feeds;
}

/**
 * Everything that is reported of models: sizes, latency in alternation, accuracy, and layer by layer. All are timed in
 * one run.
 *
 * @returns the first model with each of the others, in their order
 */
export async function measureModels(bench: Bench, task: MeasureTask): Promise<MeasuredComparison[]> {
  const { first, others, measure, onProgress } = task;
  const timingNotes: string[] = [];
  const firstNotes: string[] = [];
  const feeds = await task.samples.feeds(0);
  const there =
    measure === null || !task.elsewhere
      ? null
      : await task.elsewhere([first, ...others.map(({ file }) => file)], (message, fraction) =>
          onProgress(message, 0.6 * fraction),
        );
  const latencies =
    measure === null
      ? null
      : there === null
        ? await race(bench, task, feeds, measure, timingNotes)
        : raced(there);
  timingNotes.push(...(there?.notes ?? []));
  const engineOf = (file: ModelFile) => task.each?.engineOf(file) ?? bench.engine;
  const timesOf = async (file: ModelFile, graph: InferredGraph, warnings: string[]): Promise<Times> =>
    measure === null || latencies === null
      ? null
      : attempt(task, 'The latency of single layers', warnings, async () => {
          const own = task.each?.feedsOf(file, graph, feeds) ?? feeds;
          const times = await profile(engineOf(file), file, graph, own, measure, task.scratch);
          const { sum, medianMs } = times;
          const fit = sum === null || medianMs === null ? null : fitNote(sum, medianMs);
          const notes = [...(times.notes ?? []), ...(fit === null ? [] : [fit])];
          warnings.push(...notes.map((note) => `${basename(file.model.file)}: ${note}`));
          return times;
        });
  let firstTimes: Times = null;
  const reports: MeasuredComparison[] = [];
  for (const [index, { file, output, answer, kept }] of others.entries()) {
    const tell = (message: string, part: number) =>
      onProgress(message, 0.6 + (0.4 * (index + part)) / others.length);
    tell('Comparing the files', 0);
    const warnings = [...task.warnings, ...answer.warnings, ...timingNotes];
    const engines = [engineOf(first), engineOf(file)];
    if (latencies !== null && there === null) warnings.push(...engines.flatMap(({ notes = [] }) => notes));
    const differences = differencesOf(first, file, task.dims);
    const graphs = {
      before: differences.before.analysis.inference.graph,
      after: differences.after.analysis.inference.graph,
    };
    const sqnr = await attempt(task, 'The SQNR of single layers', warnings, () => {
      const chunks = inChunks(tensorPairs(differences), graphs.before);
      const paths = [first.model.file, file.model.file] as const;
      return sqnrByTensor(bench, ...paths, chunks, task.samples, (part) =>
        tell('Comparing the layers', 0.5 * part),
      );
    });
    const scores = await attempt(task, 'The SQNR before the last operators', warnings, () =>
      scoresSqnr(bench, first, file, task.dims, task.samples),
    );
    tell('Profiling the layers', 0.5);
    if (index === 0)
      firstTimes = there === null ? await timesOf(first, graphs.before, firstNotes) : itemAt(there.models, 0);
    warnings.push(...firstNotes);
    tell('Profiling the layers', 0.75);
    const after =
      there === null ? await timesOf(file, graphs.after, warnings) : itemAt(there.models, index + 1);
    const measured = {
      before: firstTimes,
      after,
      latencyMs: latencies === null ? null : itemAt(latencies, index),
      // Some engines know their version only once they were used.
      engine: [...new Set(engines.map(({ name }) => name))].join(' and '),
      engines: [...new Set(engines.flatMap(({ reports = [] }) => reports))],
      cpu: cpuName(),
      threads: bench.threads,
      accuracy: { ...answer.accuracy, ...scores },
      seconds: (performance.now() - task.start) / 1000,
      sqnr: sqnr ?? new Map(),
      kept,
      warnings,
    };
    const report = measuredComparison(differences, { input: task.input, output }, measured);
    reports.push(there === null ? report : { ...report, device: there.device });
  }
  return reports;
}

/** What another device measured of each of the others; the cleaned model is not measured there. */
function raced({ models, speedups }: DeviceMeasurement): ComparedLatency[] {
  return speedups.map((speedup, index) => ({
    before: itemAt(models, 0).latency,
    after: itemAt(models, index + 1).latency,
    speedup,
  }));
}

/** Of each of the others; null, and a warning, where the computer is too busy to measure. */
async function race(
  bench: Bench,
  task: MeasureTask,
  feeds: Feeds,
  measure: MeasureChoice,
  warnings: string[],
): Promise<ComparedLatency[] | null> {
  const { first, others, cleaned } = task;
  const paths = [first, ...others.map(({ file }) => file)].map(({ model }) => model.file);
  if (cleaned !== null) paths.push(cleaned);
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
  const before = itemAt(timings, 0);
  for (const note of [fewSessions(before), crowdedNote(before)]) if (note !== null) warnings.push(note);
  const float = cleaned === null ? null : itemAt(timings, others.length + 1);
  return timings.slice(1, others.length + 1).map((after) => ({
    before: before.latency,
    ...(float === null ? {} : { cleaned: float.latency }),
    after: after.latency,
    speedup: speedup(before, after, measure.seed),
    ...(float === null ? {} : { speedupOverCleaned: speedup(float, after, measure.seed) }),
  }));
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
  task: MeasureTask,
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
