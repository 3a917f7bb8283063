import { discard } from '../evaluation/copies';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { compareOutputs } from '../evaluation/outputAgreement';
import { type Samples, someSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { ModelPlan, PlannedLayer, Range } from '../formats/plan';
import type { Ports } from '../formats/rewriter';
import type { IntegerType } from '../formats/uniform';
import type { DimensionChoice } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import type { Assignment } from '../model/precision';
import type { Speedup } from '../protocol/reports';
import { correctBiases } from './biasCorrection';
import { type Extremes, observeExtremes, type RangeMethod, rangesFrom } from './calibrate';
import { assignRecipe, layOut, schemesOf, tensorsToObserve } from './layout';
import { mixProblem, type TimedRow } from './mix';
import { fasterPair, pairName, reducedRange } from './pair';
import { type Built, everything, type Mix, searchMix } from './search';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Alternatives are compared on as many samples: what differs by less than they can tell does not matter. */
const TRIAL_SAMPLES = 32;

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
  const builder = new Builder(bench, task, plan, layers, reduceRange);
  await builder.calibrate(assignment);
  const build = (own: Assignment) => builder.build(own, new Map());
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
      onProgress: (message, fraction) => onProgress(message, 0.3 + 0.4 * fraction),
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
  const best = await builder.finish(mix, (fraction) => onProgress('Correcting biases', 0.7 + 0.3 * fraction));
  return {
    best,
    all: async () => (all === mix ? best : builder.finish(all, () => {})),
    pair: pairName(type, reduceRange),
    warnings,
  };
}

/** Builds int8 models of one cleaned model that differ in their assignments and biases. */
class Builder {
  readonly cleanedPath: string;
  private ranges: ReadonlyMap<string, Range> = new Map();
  /** The float model's outputs on the samples that alternatives are compared on. */
  private readonly trial: KeptOutputs;

  constructor(
    private readonly bench: Workbench,
    private readonly task: Int8Task,
    private readonly plan: ModelPlan,
    /** All that can be in int8. */
    private readonly layers: readonly PlannedLayer[],
    private readonly reduceRange: boolean,
  ) {
    this.cleanedPath = task.cleaned.model.file;
    this.trial = new KeptOutputs(bench, this.cleanedPath, someSamples(task.calibration, TRIAL_SAMPLES));
  }

  build(
    assignment: Assignment,
    biasCorrections: ReadonlyMap<NodeId, Float32Array>,
    ports: Ports = 'float',
  ): Built {
    const { bench, task, plan, ranges, reduceRange } = this;
    const path = bench.newPath('int8');
    const settings = { reduceRange, ranges, biasCorrections, ports, asked: schemesOf('int8') };
    const { origins, kept } = writeAssigned(bench.rewriter, task.cleaned, plan, assignment, settings, path);
    return { path, origins, impossible: kept };
  }

  /** Observes ranges, and takes the method by which the outputs come nearest to the float model's. */
  async calibrate(assignment: Assignment): Promise<void> {
    const { task, bench } = this;
    const { size } = task.calibration;
    const observe = (tensors: readonly string[]) =>
      observeExtremes(bench, task.cleaned, tensors, task.calibration, (done) =>
        task.onProgress(`Calibrating (${done} of ${size})`, 0.05 + (0.2 * done) / size),
      );
    const { floats, unknown } = this.observed(assignment);
    let extremes: Map<string, Extremes>;
    try {
      extremes = await observe([...floats, ...unknown]);
    } catch (error) {
      // One of unknown type may be a sequence, or booleans, which have no extremes.
      if (!(error instanceof ModelError) || unknown.length === 0) throw error;
      task.log(`calibration of tensors of unknown type: ${error.message}`);
      extremes = await observe(floats);
    }
    const results: { ranges: ReadonlyMap<string, Range>; decibels: number }[] = [];
    for (const method of METHODS) {
      this.ranges = rangesFrom(extremes, method);
      const { path, impossible } = this.build(assignment, new Map());
      this.refuseEmpty(impossible);
      const decibels = await this.decibels(path);
      discard(path);
      task.log(`ranges by ${method}: ${decibels.toFixed(2)} dB`);
      results.push({ ranges: this.ranges, decibels });
    }
    this.ranges = results.reduce((a, b) => (b.decibels > a.decibels ? b : a)).ranges;
  }

  /** Corrects the biases of a mix, and keeps the correction where it brings the outputs nearer. */
  async finish(mix: Mix, onProgress: (fraction: number) => void): Promise<Int8Model> {
    const { task, bench } = this;
    const inFloat = new Map([...mix.impossible, ...mix.kept]);
    const inInt8 = this.layers.filter(({ id }) => !inFloat.has(id));
    const model = { kept: inFloat, quantized: inInt8.length };
    try {
      const corrections = await correctBiases(bench, {
        cleaned: this.cleanedPath,
        quantized: mix.path,
        layers: inInt8.filter(({ role }) => role.biasAxis !== null),
        samples: task.calibration,
        onProgress,
      });
      const corrected = this.build(mix.assignment, corrections).path;
      const before = await this.decibels(mix.path);
      const after = await this.decibels(corrected);
      task.log(`bias correction: ${before.toFixed(2)} dB to ${after.toFixed(2)} dB`);
      return after > before
        ? { ...model, ...this.withPorts(mix, corrected, corrections) }
        : { ...model, ...this.withPorts(mix, mix.path, new Map()) };
    } catch (error) {
      // The model is whole without it, if less accurate.
      if (!(error instanceof ModelError)) throw error;
      task.log(`bias correction: ${error.message}`);
      const { path, warnings } = this.withPorts(mix, mix.path, new Map());
      return { ...model, path, warnings: [...warnings, `Biases were not corrected: ${error.message}`] };
    }
  }

  /** The model with the inputs and outputs that were asked for; `path` has float ones. */
  private withPorts(
    { assignment }: Mix,
    path: string,
    corrections: ReadonlyMap<NodeId, Float32Array>,
  ): Pick<Int8Model, 'path' | 'warnings'> {
    const { ports } = this.task;
    if (ports === 'float') return { path, warnings: [] };
    const built = this.build(assignment, corrections, ports).path;
    const file = this.bench.open(built);
    const { inputs, outputs } = file.model.graph;
    file.close();
    const left = [...inputs, ...outputs].filter(({ type }) => type === 'float32');
    const names = left.map(({ name }) => `'${name}'`).join(', ');
    return {
      path: built,
      warnings:
        left.length === 0
          ? []
          : [`No integer layer reads or gives ${names}, so float it is and not ${ports}.`],
    };
  }

  /** On calibration data, against the cleaned float model; −Infinity where there is nothing to tell by. */
  private async decibels(path: string): Promise<number> {
    const answer = await compareOutputs(this.bench, this.trial, path);
    return answer.becameNonFinite ? Number.NEGATIVE_INFINITY : (answer.decibels ?? Number.NEGATIVE_INFINITY);
  }

  /** All tensors at which float and int8 could meet, whatever layers stay in float. */
  private observed(assignment: Assignment): { floats: string[]; unknown: string[] } {
    const { cleaned } = this.task;
    const tensors = new Set(tensorsToObserve(this.plan, layOut(this.plan, assignment)));
    const inferred = cleaned.infer(this.task.dims).graph.tensors;
    const layers = new Set(this.layers.map(({ id }) => id));
    for (const node of cleaned.model.graph.nodes) {
      if (layers.has(node.id)) for (const name of [...node.inputs, ...node.outputs]) tensors.add(name);
    }
    for (const { output } of this.layers) tensors.add(output);
    // What is constant by the sizes that open dimensions are assumed to have changes with them; only what is stored does not.
    const names = [...tensors].filter((name) => name !== '' && !cleaned.model.graph.constants.has(name));
    const typeOf = (name: string) => inferred.get(name)?.type ?? null;
    return {
      floats: names.filter((name) => typeOf(name) === 'float32'),
      unknown: names.filter((name) => typeOf(name) === null),
    };
  }

  private refuseEmpty(impossible: Mix['impossible']): void {
    if (this.layers.some(({ id }) => !impossible.has(id))) return;
    const reason = [...new Set(impossible.values())][0];
    throw new ModelError(
      `No layer of the model can be computed in int8${reason === undefined ? '' : `: ${reason}`}.`,
    );
  }
}

const METHODS: readonly RangeMethod[] = ['minmax', 'average'];
