import type { Samples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { ModelPlan, PlannedLayer } from '../formats/plan';
import type { Ports } from '../formats/rewriter';
import type { IntegerType } from '../formats/uniform';
import { itemAt } from '../model/assert';
import type { DimensionChoice, InferredGraph } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import type { Assignment } from '../model/precision';
import { LEAST_DB } from '../protocol/search';
import { alternativesOf, withStoredWeights } from './alternatives';
import { everything, withOnly } from './candidate';
import { Int8Builder } from './int8Builder';
import { assignRecipe, layOut } from './layout';
import { type MixProblem, mixProblem } from './mix';
import { fasterPair, pairName, reducedRange } from './pair';
import { searchMix } from './search';
import type { SearchResult, SearchTask } from './searchTask';
import { layerErrors } from './sensitivity/layerErrors';
import { type LayerSensitivity, mostSensitive, sensitivities } from './sensitivity/sensitivity';
import type { Workbench } from './workbench';

export interface Int8Task {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly calibration: Samples;
  /** Nodes of the cleaned model that stay in float. */
  readonly keep: ReadonlySet<NodeId>;
  readonly activations: IntegerType | 'auto';
  /** Of the result; alternatives are compared in float. */
  readonly ports: Ports;
  /** Where facts about this computer are remembered. */
  readonly memory: string;
  /** null: everything that can be is quantized, and nothing is timed. */
  readonly search: Int8Search | null;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
}

export interface Int8Model {
  readonly path: string;
  /** Every layer that is in float, and why, by the cleaned model's nodes. */
  readonly kept: ReadonlyMap<NodeId, string>;
  /** Layers in int8. */
  readonly quantized: number;
  /** What was done besides rounding, for people: `ranges: min/max`. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
  /** SQNR on calibration samples, before a final Softmax, Sigmoid or ArgMax. */
  readonly scoreDb: number;
}

/** How candidates between all in int8 and all in float are measured, and for how long they are looked for. */
export interface Int8Search
  extends Pick<SearchTask, 'profile' | 'race' | 'score' | 'within' | 'from' | 'shard'> {
  readonly seconds: number;
  /** The user wants no more than what was found until now. */
  readonly stopped: () => boolean;
}

export interface Int8Result {
  /** With everything in int8 that can be; null: candidates were searched. */
  readonly all: Int8Model | null;
  /** null: nothing was searched. */
  readonly search: SearchResult | null;
  /** As the reports name it: `uint8/int8`. */
  readonly pair: string;
  /** The layers that lose most, the most first; none where little is lost. */
  readonly sensitivity: readonly LayerSensitivity[];
  /** What a reader must know of how it was made. */
  readonly warnings: readonly string[];
}

/**
 * The recipes `int8` (with `search`) and `int8-all`: static quantization of a cleaned model.
 * @throws ModelError where no layer can be computed in int8, or a copy does not run.
 */
export async function quantizeInt8(bench: Workbench, task: Int8Task): Promise<Int8Result> {
  const { keep, onProgress } = task;
  onProgress('Finding the faster int8 types', 0);
  const activations = task.activations === 'auto' ? null : task.activations;
  const warnings: string[] = [];
  const warn = (sentence: string) => warnings.push(sentence);
  const pair = activations === null ? await fasterPair(bench, task.memory, warn) : null;
  const type = activations ?? pair?.activations ?? 'uint8';
  const reduceRange = pair === null ? await reducedRange(bench, type) : pair.reduceRange[pair.activations];
  const plan = bench.rewriter.plan(task.cleaned);
  const assignment = assignRecipe(plan, 'int8-all', keep, type);
  const { layers } = layOut(plan, assignment);
  const builder = new Int8Builder(bench, task, plan, layers, type, reduceRange);
  const named = { pair: pairName(type, reduceRange), warnings };
  try {
    await builder.calibrate(assignment);
    if (task.search !== null) {
      const search = await searched(task, task.search, { builder, layers, assignment, plan });
      return { ...named, all: null, search, sensitivity: search.sensitivity };
    }
    const { impossible } = builder;
    const mix = everything({ assignment, build: () => ({ impossible }) });
    const all = await builder.finish(mix, (fraction) =>
      onProgress('Correcting biases', 0.8 + 0.2 * fraction),
    );
    const poor = all.scoreDb < LEAST_DB;
    const sensitivity = poor ? await sensitivityOf(task, { builder, layers, assignment, plan }) : [];
    return { ...named, all, search: null, sensitivity };
  } finally {
    builder.close();
  }
}

/** What is searched, and by whom candidates are made. */
interface Searching {
  readonly builder: Int8Builder;
  readonly layers: readonly PlannedLayer[];
  readonly assignment: Assignment;
  readonly plan: ModelPlan;
}

/** What single layers lose of a model with everything in int8. */
async function sensitivityOf(
  task: Int8Task,
  { builder, layers, assignment }: Searching,
): Promise<LayerSensitivity[]> {
  task.onProgress('Finding the layers that lose most', 0.95);
  const errors = await layerErrors(
    layers.length,
    (some) => builder.error(withOnly(assignment, layers, some)),
    () => true,
  );
  const causes = await builder.causes(assignment, mostSensitive(errors), errors);
  return sensitivities(layers, errors, causes);
}

async function searched(
  task: Int8Task,
  { seconds, stopped, ...search }: Int8Search,
  { builder, layers, assignment, plan }: Searching,
): Promise<SearchResult> {
  const { cleaned, dims, keep } = task;
  const inferred = cleaned.infer(dims).graph;
  const problem = mixProblem(layers, inferred, cleaned.parameterTensors(cleaned.model.graph));
  const start = performance.now();
  const passed = () =>
    stopped() ? Number.POSITIVE_INFINITY : (performance.now() - start) / (1000 * seconds);
  const build = (own: Assignment) => builder.build(own);
  return searchMix({
    ...search,
    problem,
    cleaned: builder.cleanedPath,
    assignment,
    work: workOf(problem, inferred),
    build,
    aim: LEAST_DB,
    finish: (mix) => builder.finish(mix, () => {}),
    error: (own) => builder.error(own),
    alternatives: alternativesOf(plan, cleaned, dims, keep),
    store: (own) => builder.store(own),
    storing: (own, float) => withStoredWeights(plan, own, float),
    causes: (indices, errors) => builder.causes(assignment, indices, errors),
    passed,
    onProgress: (message) => {
      const done = Math.min(1, passed());
      const left = Math.ceil(seconds * (1 - done));
      task.onProgress(`${message} (at most ${left} s of the search left)`, 0.3 + 0.7 * done);
    },
    log: task.log,
  });
}

/** Multiplications by layer. */
function workOf({ layers, layerOfNode }: MixProblem, { nodes }: InferredGraph): number[] {
  const work = layers.map(() => 0);
  for (const { node, macs } of nodes) {
    const layer = layerOfNode.get(node.id);
    if (layer !== undefined) work[layer] = itemAt(work, layer) + (macs ?? 0);
  }
  return work;
}
