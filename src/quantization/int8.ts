import type { Samples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { Ports } from '../formats/rewriter';
import type { IntegerType } from '../formats/uniform';
import type { DimensionChoice } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import type { Assignment } from '../model/precision';
import type { Speedup } from '../protocol/reports';
import { Int8Builder } from './int8Builder';
import { assignRecipe, layOut } from './layout';
import { mixProblem, type TimedRow } from './mix';
import { fasterPair, pairName, reducedRange } from './pair';
import { everything, type Mix, searchMix } from './search';
import type { Workbench } from './workbench';

/** A cleaned model, and how its layers are to be quantized. */
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
  readonly timing: {
    readonly profile: (path: string) => Promise<readonly TimedRow[]>;
    readonly race: (paths: readonly string[]) => Promise<Speedup[]>;
  } | null;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
}

/** A file with static int8 layers. */
export interface Int8Model {
  readonly path: string;
  /** Every layer that is in float, and why, by the cleaned model's nodes. */
  readonly kept: ReadonlyMap<NodeId, string>;
  /** Layers in int8. */
  readonly quantized: number;
  /** What was done besides rounding, for people: `ranges: min/max`. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
}

/** What static quantization came to. */
export interface Int8Result {
  readonly best: Int8Model;
  /** With everything in int8 that can be; the same as `best` when that is the fastest. */
  readonly all: () => Promise<Int8Model>;
  /** As the reports name it: `uint8/int8`. */
  readonly pair: string;
  /** What a reader must know of how it was chosen. */
  readonly warnings: readonly string[];
}

/**
 * The recipes `int8` (with `timing`) and `int8-all`: static quantization of a cleaned model.
 * @throws ModelError where no layer can be computed in int8, or a copy does not run.
 */
export async function quantizeInt8(bench: Workbench, task: Int8Task): Promise<Int8Result> {
  const { cleaned, keep, onProgress } = task;
  onProgress('Finding the faster int8 types', 0);
  const activations = task.activations === 'auto' ? null : task.activations;
  const warnings: string[] = [];
  const warn = (sentence: string) => warnings.push(sentence);
  const pair = activations === null ? await fasterPair(bench, task.memory, warn) : null;
  const type = activations ?? pair?.activations ?? 'uint8';
  const reduceRange = pair === null ? await reducedRange(bench, type) : pair.reduceRange[pair.activations];
  const plan = bench.rewriter.plan(cleaned);
  const assignment = assignRecipe(plan, 'int8-all', keep, type);
  const { layers } = layOut(plan, assignment);
  const builder = new Int8Builder(bench, task, plan, layers, type, reduceRange);
  await builder.calibrate(assignment);
  const build = (own: Assignment) => builder.build(own);
  let mix: Mix;
  let all: Mix;
  if (task.timing === null) {
    mix = all = everything({ assignment, build });
  } else {
    const inferred = cleaned.infer(task.dims).graph;
    const result = await searchMix({
      ...task.timing,
      problem: mixProblem(layers, inferred, cleaned.parameterTensors(cleaned.model.graph)),
      cleaned: builder.cleanedPath,
      assignment,
      build,
      onProgress: (message, fraction) => onProgress(message, 0.5 + 0.3 * fraction),
    });
    ({ best: mix, all } = result);
    warnings.push(...result.warnings);
    const { overCleaned } = result;
    const speed =
      overCleaned === null
        ? 'not timed'
        : `${overCleaned.ratio.toFixed(2)} times as fast as float (${overCleaned.verdict})`;
    task.log(
      `int8 search: ${result.rounds} rounds, ${mix.kept.size} of ${layers.length} layers in float, ${speed}`,
    );
  }
  const best = await builder.finish(mix, (fraction) => onProgress('Correcting biases', 0.8 + 0.2 * fraction));
  return {
    best,
    all: async () => (all === mix ? best : builder.finish(all, () => {})),
    pair: pairName(type, reduceRange),
    warnings,
  };
}
