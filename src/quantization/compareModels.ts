import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inspect } from '../analysis/inspect';
import type { ModelFile } from '../formats/format';
import { isFloat } from '../model/dataType';
import type { DimensionChoice, InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { ComparedLatency, Comparison } from '../protocol/reports';
import type { Engine, Feeds } from '../runtime/engine';
import { compareLatency, speedup } from '../runtime/measure';
import { cpuName, type LayerProfile, profileLayers } from '../runtime/profile';
import type { Answer } from './check';
import { comparisonOf, type Side } from './comparison';
import { inChunks, sqnrByTensor, type TensorPair } from './layerSqnr';
import type { Samples } from './samples';
import type { Bench } from './workbench';

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
  readonly kept: ReadonlyMap<string, string>;
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
export async function compareModels(bench: Bench, task: CompareTask): Promise<Comparison> {
  const { before, after, measure, onProgress } = task;
  const warnings = [...task.warnings, ...task.answer.warnings];
  const feeds = await task.samples.feeds(0);
  const latencyMs = measure === null ? null : await race(bench, task, feeds, measure);
  if (measure !== null) warnings.push(...(bench.engine.notes ?? []));
  const inferred = [before.infer(task.dims).graph, after.infer(task.dims).graph] as const;
  const sqnr = await attempt(task, 'The SQNR of single layers', warnings, () => {
    const chunks = inChunks(commonTensors(...inferred), inferred[0]);
    const paths = [before.model.file, after.model.file] as const;
    return sqnrByTensor(bench, ...paths, chunks, task.samples, (fraction) =>
      onProgress('Comparing the layers', 0.6 + 0.2 * fraction),
    );
  });
  const side = async (file: ModelFile, graph: InferredGraph): Promise<Side> => ({
    file,
    report: inspect(file, task.dims),
    profile:
      measure === null
        ? null
        : await attempt(task, 'The latency of single layers', warnings, async () => {
            const timing = task.layerTiming?.(file, graph, feeds) ?? { engine: bench.engine, feeds };
            const times = await profile(timing.engine, file, graph, timing.feeds, measure, task.scratch);
            warnings.push(...(times.notes ?? []).map((note) => `${basename(file.model.file)}: ${note}`));
            return times;
          }),
  });
  onProgress('Profiling the layers', 0.8);
  const first = await side(before, inferred[0]);
  onProgress('Profiling the layers', 0.9);
  const second = await side(after, inferred[1]);
  return comparisonOf({
    ...task.names,
    before: first,
    after: second,
    latencyMs,
    engine: bench.engine.name,
    cpu: cpuName(),
    threads: bench.threads,
    accuracy: task.answer.accuracy,
    seconds: Math.round((performance.now() - task.start) / 10) / 100,
    sqnr: sqnr ?? new Map(),
    kept: task.kept,
    warnings,
  });
}

async function race(
  bench: Bench,
  task: CompareTask,
  feeds: Feeds,
  measure: MeasureChoice,
): Promise<ComparedLatency> {
  const paths = [task.before.model.file, task.after.model.file];
  if (task.cleaned !== null) paths.push(task.cleaned);
  const [before, after, cleaned] = await compareLatency(
    bench.engine,
    paths.map((path) => ({ path, feeds })),
    {
      ...measure,
      onProgress: (fraction) => task.onProgress('Timing the models in turns', 0.6 * fraction),
    },
  );
  if (before === undefined || after === undefined) throw new Error('The models were not timed.');
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

/** Tensors of real numbers, quantized or not, that nodes of both main graphs give. */
function commonTensors(before: InferredGraph, after: InferredGraph): TensorPair[] {
  const made = new Set(after.nodes.flatMap(({ node }) => node.outputs));
  const floats = ({ graph, tensors }: InferredGraph, name: string) => {
    const tensor = tensors.get(name);
    if (tensor?.type == null || tensor.constant) return false;
    return isFloat(tensor.type) || graph.valueInfo.get(name)?.quantization !== undefined;
  };
  return before.nodes
    .flatMap(({ node }) => node.outputs)
    .filter((name) => name !== '' && made.has(name) && floats(before, name) && floats(after, name))
    .map((name) => ({ before: name, after: name }));
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
