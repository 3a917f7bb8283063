import { discard } from '../evaluation/copies';
import { isNearer, Judge, type Score } from '../evaluation/judge';
import { type Samples, someSamples, splitSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { ModelPlan, PlannedLayer } from '../formats/plan';
import type { WriteSettings } from '../formats/rewriter';
import { type IntegerType, limitsOf, type QuantizedWeights } from '../formats/uniform';
import { itemAt } from '../model/assert';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import { type Assignment, schemeOf } from '../model/precision';
import {
  correctionsFrom,
  type LayerShifts,
  SHIFT_METHODS,
  type ShiftMethod,
  ShiftObserver,
} from './biasCorrection';
import { type Extremes, observeExtremes, rangesFrom } from './calibrate';
import { equalize } from './equalization/equalize';
import { observeHistograms } from './histograms';
import type { Int8Model, Int8Task } from './int8';
import { layOut, rangesOf, schemesOf, tensorsToObserve } from './layout';
import {
  differingTensors,
  RANGE_METHODS,
  type RangeMethod,
  type RangesByMethod,
  rangesByMethod,
} from './rangeMethods';
import { roundCarefully } from './rounding/roundCarefully';
import type { Built, Delivered, Mix } from './searchTask';
import { causesOf } from './sensitivity/causes';
import { errorOf } from './sensitivity/layerErrors';
import { storeAlternative } from './storeAlternative';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Alternatives are compared on as many samples. */
const TRIAL_SAMPLES = { most: 64, least: 8 };
/** Multiplications that comparing one alternative may take: a large model is compared on fewer samples. */
const TRIAL_MACS = 1e10;
/** Samples that equalization looks at: what a channel reaches is in the few that reach farthest. */
const EQUALIZATION_SAMPLES = 100;
/** Samples that corrections are made of once everything is chosen. */
const REFITTING_SAMPLES = 100;
/** Corrections that stand for all while ranges and weights are chosen. */
const USUAL_CORRECTIONS: readonly ShiftMethod[] = ['median'];

/**
 * Samples on which errors of single layers are measured, and multiplications that this may take a time. What a layer
 * cuts off is in the few samples that reach farthest: by 8 of them FastestDet's mixes were to have 20 dB and had 16.
 */
const ERROR_SAMPLES = { most: 32, least: 8 };
const ERROR_MACS = 4e9;

/** A float model that int8 models are made of, and what is known of its values. */
interface Base {
  readonly file: ModelFile;
  readonly plan: ModelPlan;
  /** All that can be in int8. */
  readonly layers: readonly PlannedLayer[];
  readonly shifts: ShiftObserver;
  /** On more samples, once what is chosen by the others is chosen. */
  refit: ShiftObserver | null;
  readonly ranges: RangesByMethod;
  readonly equalized: boolean;
}

/** How an int8 model is made of a base. */
interface Choice {
  readonly base: Base;
  readonly ranges: RangeMethod;
  /** Weights rounded with error compensation; null: to the nearest. */
  readonly weights: ReadonlyMap<string, QuantizedWeights> | null;
}

const UNCORRECTED = { correction: null, biasCorrections: new Map<NodeId, Float32Array>() };

/** A choice as it was written. */
interface Attempt extends Choice {
  readonly path: string;
  readonly score: Score;
  /** How its biases were corrected; null: they were not. */
  readonly correction: ShiftMethod | null;
  readonly biasCorrections: ReadonlyMap<NodeId, Float32Array>;
}

/**
 * Builds int8 models of one cleaned model that differ in their assignments, ranges, rounding and biases. What is tried
 * begins with what is right by theory; another choice is taken only where samples that it was not made of say so with
 * significance.
 */
export class Int8Builder {
  readonly cleanedPath: string;
  private readonly judge: Judge;
  /** On fewer samples. */
  private readonly errors: Judge;
  /** Samples that corrections are made of; those that judge are others. */
  private readonly fitting: Samples;
  /** All that corrections are made of in the end. */
  private readonly refitting: Samples;
  private choice: Choice | null = null;
  /** Why biases could not be corrected, the first time. */
  private uncorrected: string | null = null;
  private readonly opened: ModelFile[] = [];

  /**
   * @param plan of the cleaned model
   * @param layers all of it that can be in int8
   */
  constructor(
    private readonly bench: Workbench,
    private readonly task: Int8Task,
    private readonly plan: ModelPlan,
    private readonly layers: readonly PlannedLayer[],
    private readonly activations: IntegerType,
    private readonly reduceRange: boolean,
  ) {
    const { cleaned, dims, calibration } = task;
    this.cleanedPath = cleaned.model.file;
    const macs = cleaned.infer(dims).graph.nodes.reduce((sum, node) => sum + (node.macs ?? 0), 1);
    const { least, most } = TRIAL_SAMPLES;
    const { third, others } = splitSamples(calibration, least);
    this.fitting = third;
    const judging = someSamples(others, Math.min(most, Math.max(least, Math.floor(TRIAL_MACS / macs))));
    this.judge = new Judge(bench, cleaned, dims, judging);
    this.refitting = someSamples(
      calibration,
      Math.min(REFITTING_SAMPLES, Math.max(least, Math.floor(TRIAL_MACS / macs))),
    );
    const several = Math.min(
      ERROR_SAMPLES.most,
      Math.max(ERROR_SAMPLES.least, Math.floor(ERROR_MACS / macs)),
    );
    this.errors = new Judge(bench, cleaned, dims, someSamples(calibration, several));
  }

  /** Writes a model by what was found to be best, its biases as they are. */
  build(assignment: Assignment): Built {
    return this.write(assignment, this.chosen, {});
  }

  /**
   * Observes values of tensors, and finds the channels' factors, the ranges and the rounding of weights by which the
   * outputs come nearest to the float model's.
   */
  async calibrate(assignment: Assignment): Promise<void> {
    const { task } = this;
    const equalized = await this.equalized(assignment);
    const base = await this.baseOf(equalized ?? task.cleaned, assignment, equalized !== null);
    this.refuseEmpty(this.written(assignment, { base, ranges: 'minmax', weights: null }));
    task.onProgress('Rounding weights', 0.35);
    const weights = await this.rounded(base, assignment);
    task.onProgress('Comparing ranges', 0.4);
    let best = await this.attempt(assignment, { base, ranges: 'minmax', weights }, USUAL_CORRECTIONS);
    task.log(described(best));
    discard(best.path);
    const consider = async (choice: Choice) => {
      const attempt = await this.attempt(assignment, choice, USUAL_CORRECTIONS);
      discard(attempt.path);
      task.log(described(attempt));
      if (isNearer(attempt.score, best.score)) best = attempt;
      return attempt;
    };
    const { minmax } = base.ranges;
    for (const ranges of RANGE_METHODS.slice(1)) {
      // Where nothing is known of distributions, percentiles are extremes.
      const same = differingTensors(base.ranges[ranges], minmax, minmax.keys()).length === 0;
      if (!same) await consider({ base, weights, ranges });
    }
    const { ranges } = best;
    const nearest = weights === null ? best : await consider({ base, ranges, weights: null });
    if (equalized !== null) {
      const plain = await this.baseOf(task.cleaned, assignment, false);
      const other = await consider({ base: plain, ranges, weights: null });
      if (weights !== null && isNearer(other.score, nearest.score))
        await consider({ base: plain, ranges, weights: await this.rounded(plain, assignment) });
    }
    this.choice = { base: best.base, ranges: best.ranges, weights: best.weights };
  }

  /** Makes a model by an assignment without static integers of the float model as it is. */
  store(assignment: Assignment): Promise<Built & Delivered> {
    const { bench, task, plan } = this;
    // Of an equalized base other tensors are known: of the others it is not known that they fit in float16.
    return storeAlternative(bench, task, plan, assignment, this.chosen.base.ranges.minmax);
  }

  /** The error at what models are judged by, as a part of its energy, with this assignment. */
  async error(assignment: Assignment): Promise<number> {
    const { path } = this.build(assignment);
    try {
      return errorOf((await this.errors.score(path)).decibels);
    } finally {
      discard(path);
    }
  }

  /** Why layers lose what they lose, by index; empty where it cannot be told. */
  async causes(
    assignment: Assignment,
    indices: readonly number[],
    errors: readonly number[],
  ): Promise<Map<number, string | null>> {
    const { bench, task, judge, activations } = this;
    const { base, ranges } = this.chosen;
    const layout = layOut(base.plan, assignment);
    const wanted = indices.flatMap((index) => {
      const { id } = itemAt(this.layers, index);
      const layer = layout.layers.find((one) => one.id === id);
      return layer === undefined ? [] : [{ index, layer, error: itemAt(errors, index) }];
    });
    try {
      const causes = await causesOf(
        bench,
        {
          cleaned: base.file,
          dims: task.dims,
          plan: base.plan,
          layout,
          ranges: rangesOf(layout, base.ranges[ranges]),
          type: activations,
          judged: judge.tensors,
          samples: task.calibration,
        },
        wanted,
      );
      return new Map(wanted.map(({ index }, place) => [index, itemAt(causes, place)]));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      task.log(`causes of what layers lose: ${error.message}`);
      return new Map();
    }
  }

  /** Corrects the biases of a mix where that brings the outputs nearer. */
  async finish(mix: Mix, onProgress: (fraction: number) => void): Promise<Int8Model> {
    const inFloat = new Map([...mix.impossible, ...mix.kept]);
    const quantized = this.layers.filter(({ id }) => !inFloat.has(id)).length;
    const attempt = await this.refitted(
      mix.assignment,
      await this.attempt(mix.assignment, this.chosen, SHIFT_METHODS, onProgress),
    );
    this.task.log(described(attempt));
    const result = this.withPorts(mix, attempt.path, attempt);
    const { uncorrected } = this;
    const warnings = uncorrected === null ? [] : [`Biases were not corrected: ${uncorrected}`];
    const scoreDb = attempt.score.decibels;
    return { kept: inFloat, quantized, scoreDb, ...result, warnings: [...result.warnings, ...warnings] };
  }

  /** The model with the inputs and outputs that were asked for; `path` has float ones. */
  private withPorts(
    { assignment }: Mix,
    path: string,
    made: Omit<Attempt, 'path' | 'score'>,
  ): Pick<Int8Model, 'path' | 'steps' | 'warnings'> {
    const { ports } = this.task;
    const steps = stepsOf(made);
    if (ports === 'float') return { path, steps, warnings: [] };
    const { biasCorrections } = made;
    const built = this.write(assignment, made, { biasCorrections, ports }).path;
    const file = this.bench.open(built);
    const { inputs, outputs } = file.model.graph;
    file.close();
    const left = [...inputs, ...outputs].filter(({ type }) => type === 'float32');
    const names = left.map(({ name }) => `'${name}'`).join(', ');
    const warnings =
      left.length === 0 ? [] : [`No integer layer reads or gives ${names}, so float it is and not ${ports}.`];
    return { path: built, steps, warnings };
  }

  close(): void {
    for (const file of this.opened) file.close();
  }

  private get chosen(): Choice {
    if (this.choice === null) throw new Error('Nothing was calibrated.');
    return this.choice;
  }

  private write(
    assignment: Assignment,
    { base, ranges, weights }: Choice,
    settings: Pick<Partial<WriteSettings>, 'biasCorrections' | 'ports'>,
  ): Built {
    const { bench, reduceRange } = this;
    const path = bench.newPath('int8');
    const { origins, kept } = writeAssigned(
      bench.rewriter,
      base.file,
      base.plan,
      assignment,
      {
        ...settings,
        reduceRange,
        ranges: base.ranges[ranges],
        quantizedWeights: weightsFor(base.plan, assignment, weights ?? new Map()),
        asked: schemesOf('int8'),
      },
      path,
    );
    return { path, origins, impossible: kept };
  }

  /** Layers that could not be quantized. */
  private written(assignment: Assignment, choice: Choice): Mix['impossible'] {
    const { path, impossible } = this.write(assignment, choice, {});
    discard(path);
    return impossible;
  }

  /** The model with its channels equalized; null where nothing can be. */
  private async equalized(assignment: Assignment): Promise<ModelFile | null> {
    const { bench, task, plan, judge } = this;
    task.onProgress('Equalizing channels', 0.02);
    const path = bench.newPath('equalized');
    try {
      const changed = await equalize(
        bench,
        {
          cleaned: task.cleaned,
          dims: task.dims,
          plan,
          quantized: new Set(layOut(plan, assignment).roots.keys()),
          fixed: judge.tensors,
          samples: someSamples(task.calibration, EQUALIZATION_SAMPLES),
        },
        path,
      );
      if (changed === 0) return null;
      task.log(`equalization: ${changed} tensors`);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      task.log(`equalization: ${error.message}`);
      return null;
    }
    const file = bench.open(path);
    this.opened.push(file);
    return file;
  }

  private async baseOf(file: ModelFile, assignment: Assignment, equalized: boolean): Promise<Base> {
    const { bench, task } = this;
    const plan = equalized ? bench.rewriter.plan(file) : this.plan;
    const { layers, roots } = layOut(plan, assignment);
    const extremes = await this.extremes(file, plan, assignment);
    task.onProgress('Looking at how values are distributed', 0.3);
    const { low, high } = limitsOf(this.activations);
    const minmax = rangesFrom(extremes, 'minmax');
    const histograms = await observeHistograms(bench, file, task.dims, minmax, task.calibration);
    return {
      file,
      plan,
      equalized,
      ranges: rangesByMethod(
        extremes,
        histograms,
        high - low,
        this.judge.tensors.map((name) => roots.get(name) ?? name),
      ),
      layers,
      shifts: new ShiftObserver(bench, file.model.file, correctable(layers), this.fitting),
      refit: null,
    };
  }

  /** Weights whose errors make up for each other; null where no layer is a product that is known. */
  private async rounded({ file, plan }: Base, assignment: Assignment): Promise<Choice['weights']> {
    const { bench, task, reduceRange } = this;
    const layers = plan.nodes.flatMap((node) => {
      const precision = assignment.get(node.id);
      const rounds = precision !== undefined && schemeOf(precision) === 'static' && node.product !== null;
      return rounds ? [{ node, precision }] : [];
    });
    if (layers.length === 0) return null;
    return roundCarefully(bench, {
      cleaned: file,
      dims: task.dims,
      layers,
      samples: task.calibration,
      reduceRange,
      onProgress: (fraction) => task.onProgress('Rounding weights', 0.35 + 0.05 * fraction),
    });
  }

  /**
   * A model with the first of these corrections of its biases, or with another one or none where that brings its outputs
   * nearer to the float model's.
   */
  private async attempt(
    assignment: Assignment,
    choice: Choice,
    corrections: readonly ShiftMethod[],
    onProgress: (fraction: number) => void = () => {},
  ): Promise<Attempt> {
    const { base } = choice;
    const { path, impossible } = this.write(assignment, choice, {});
    const uncorrected: Attempt = { ...choice, path, score: await this.judge.score(path), ...UNCORRECTED };
    const layers = layOut(base.plan, assignment).layers.filter(({ id }) => !impossible.has(id));
    const shifts = await this.shiftsOf(base.shifts, path, layers, onProgress);
    let best: Attempt | null = null;
    for (const correction of corrections) {
      const biasCorrections: ReadonlyMap<NodeId, Float32Array> = correctionsFrom(shifts, correction);
      if (biasCorrections.size === 0) continue;
      const built = this.write(assignment, choice, { biasCorrections });
      const score = await this.judge.score(built.path);
      const own: Attempt = { ...choice, path: built.path, score, correction, biasCorrections };
      best = best === null ? own : this.nearer(own, best);
    }
    // That corrected biases are the right ones needs no proof; that they do harm does.
    return best === null ? uncorrected : this.nearer(uncorrected, best);
  }

  /** The other one, unless the first is nearer to the float model with significance; the file of the one that is not taken is gone. */
  private nearer(one: Attempt, other: Attempt): Attempt {
    const [taken, left] = isNearer(one.score, other.score) ? [one, other] : [other, one];
    discard(left.path);
    return taken;
  }

  /**
   * The same correction of the biases from more samples. What was kept back to choose by is of use once that is chosen: it
   * gave MobileNetV1 0.3 dB and the sample 0.5 dB on samples that neither had seen.
   */
  private async refitted(assignment: Assignment, attempt: Attempt): Promise<Attempt> {
    const { correction, base } = attempt;
    if (correction === null || this.refitting.size <= base.shifts.size) return attempt;
    const { path, impossible } = this.write(assignment, attempt, {});
    const layers = layOut(base.plan, assignment).layers.filter(({ id }) => !impossible.has(id));
    base.refit ??= new ShiftObserver(
      this.bench,
      base.file.model.file,
      correctable(base.layers),
      this.refitting,
      REFITTING_SAMPLES,
    );
    const shifts = await this.shiftsOf(base.refit, path, layers, () => {});
    discard(path);
    const biasCorrections = correctionsFrom(shifts, correction);
    if (biasCorrections.size === 0) return attempt;
    discard(attempt.path);
    return { ...attempt, path: this.write(assignment, attempt, { biasCorrections }).path, biasCorrections };
  }

  /** None, which is noted, where they cannot be observed: the model is whole without corrections, if less accurate. */
  private async shiftsOf(
    observer: ShiftObserver,
    path: string,
    layers: readonly PlannedLayer[],
    onProgress: (fraction: number) => void,
  ): Promise<LayerShifts> {
    try {
      return await observer.observe(path, correctable(layers), onProgress);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.uncorrected ??= error.message;
      this.task.log(`bias correction: ${error.message}`);
      return new Map();
    }
  }

  private async extremes(
    file: ModelFile,
    plan: ModelPlan,
    assignment: Assignment,
  ): Promise<ReadonlyMap<string, Extremes>> {
    const { task, bench } = this;
    const { size } = task.calibration;
    const observe = (tensors: readonly string[]) =>
      observeExtremes(bench, file, tensors, task.calibration, (done) =>
        task.onProgress(`Calibrating (${done} of ${size})`, 0.1 + (0.2 * done) / size),
      );
    const { floats, unknown } = this.observed(file, plan, assignment);
    try {
      return await observe([...floats, ...unknown]);
    } catch (error) {
      // One of unknown type may be a sequence, or booleans, which have no extremes.
      if (!(error instanceof ModelError) || unknown.length === 0) throw error;
      task.log(`calibration of tensors of unknown type: ${error.message}`);
      return await observe(floats);
    }
  }

  /** All tensors at which float and int8 could meet, whatever layers stay in float. */
  private observed(
    file: ModelFile,
    plan: ModelPlan,
    assignment: Assignment,
  ): { floats: string[]; unknown: string[] } {
    const layout = layOut(plan, assignment);
    const tensors = new Set(tensorsToObserve(plan, layout));
    const inferred = file.infer(this.task.dims).graph.tensors;
    const layers = new Set(layout.layers.map(({ id }) => id));
    const { nodes, constants } = file.model.graph;
    for (const { id, inputs, outputs } of nodes)
      if (layers.has(id)) for (const name of [...inputs, ...outputs]) tensors.add(name);
    for (const { output } of layout.layers) tensors.add(output);
    // What is constant by the sizes that open dimensions are assumed to have changes with them; only what is stored does not.
    const names = [...tensors].filter((name) => name !== '' && !constants.has(name));
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

function correctable(layers: readonly PlannedLayer[]): PlannedLayer[] {
  return layers.filter(({ role }) => role.biasAxis !== null);
}

const RANGE_NAMES: Readonly<Record<RangeMethod, string>> = {
  minmax: 'min/max',
  average: 'mean of the samples’ extremes',
  percentile: '99.99th percentile',
  'least error': 'least square error',
};

/** What was done besides rounding to 8 bits, for people. */
function stepsOf({ base, ranges, weights, correction }: Choice & Pick<Attempt, 'correction'>): string[] {
  return [
    `channels: ${base.equalized ? 'equalized' : 'as they are'}`,
    `ranges: ${RANGE_NAMES[ranges]}`,
    `rounding: ${weights === null ? 'nearest' : 'error-compensating'}`,
    `biases: ${correction === null ? 'as they are' : correction}`,
  ];
}

function described(attempt: Attempt): string {
  return `${stepsOf(attempt).join('; ')}: ${attempt.score.decibels.toFixed(2)} dB`;
}

/** Those of the weights that have the scales that an assignment asks for: they were rounded for static integers. */
function weightsFor(
  { nodes }: ModelPlan,
  assignment: Assignment,
  weights: ReadonlyMap<string, QuantizedWeights>,
): ReadonlyMap<string, QuantizedWeights> {
  const fitting = new Map(weights);
  for (const { id, product } of nodes) {
    const precision = assignment.get(id);
    const given = product === null ? undefined : weights.get(product.weights);
    if (product === null || precision === undefined || given === undefined) continue;
    const channels = precision.weights === 'int8' && precision.granularity === 'channel';
    const fits = channels && given.scales.length === itemAt(product.shape, product.output);
    if (schemeOf(precision) === 'weights' && !fits) fitting.delete(product.weights);
  }
  return fitting;
}
