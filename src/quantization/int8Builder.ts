import { discard } from '../evaluation/copies';
import { isNearer, Judge } from '../evaluation/judge';
import { places, type Samples, samplesAt, someSamples, splitPlaces, spread } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { ModelPlan, PlannedLayer, Range } from '../formats/plan';
import type { WriteSettings } from '../formats/rewriter';
import type { IntegerType, QuantizedWeights } from '../formats/uniform';
import { itemAt } from '../model/assert';
import { ModelError } from '../model/modelError';
import { type Assignment, schemeOf } from '../model/precision';
import { correctionsFrom, SHIFT_METHODS, type ShiftMethod, ShiftObserver } from './biasCorrection';
import { equalize } from './equalization/equalize';
import type { Int8Model, Int8Task } from './int8';
import { Int8Base } from './int8Base';
import {
  bestOf,
  type Choice,
  described,
  forget,
  isHopeless,
  type Shifts,
  stepsOf,
  type Trial,
} from './int8Trial';
import { layOut, rangesOf, schemesOf } from './layout';
import { differingTensors, RANGE_METHODS } from './rangeMethods';
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
/** Corrections over more samples than this hardly move: enough to choose by. */
const FITTING_SAMPLES = 32;
/** Samples that corrections are made of once everything is chosen. */
const REFITTING_SAMPLES = 100;
/**
 * Samples on which errors of single layers are measured, and multiplications that this may take a time. What a layer
 * cuts off is in the few samples that reach farthest: by 8 of them FastestDet's mixes were to have 20 dB and had 16.
 */
const ERROR_SAMPLES = { most: 16, least: 8 };
const ERROR_MACS = 4e9;
/**
 * A model as near to the float one as this is delivered as it is, unless somebody searches: on shared and held-out models
 * with so much, other ranges and roundings gained less than 1 dB, and to try them takes a third of the time.
 */
const ENOUGH_DB = 30;
/** Corrections that stand for all while ranges and weights are chosen. */
const USUAL_CORRECTIONS: readonly ShiftMethod[] = ['median'];

/** A mix, of which no file is needed. */
type Unwritten = Pick<Mix, 'assignment' | 'kept' | 'impossible'>;

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
  /** Samples that corrections are made of. */
  private readonly observed: Samples;
  /** Places among them of those that corrections are made of while there is something to choose: others judge. */
  private readonly fitting: readonly number[];
  private readonly observers = new Map<Int8Base, ShiftObserver>();
  private best: Trial | null = null;
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
    const affordable = Math.max(least, Math.floor(TRIAL_MACS / macs));
    const { third, others } = splitPlaces(calibration.size, least);
    this.judge = new Judge(
      bench,
      cleaned,
      dims,
      samplesAt(calibration, spread(others, Math.min(most, affordable))),
    );
    const several = Math.min(
      ERROR_SAMPLES.most,
      Math.max(ERROR_SAMPLES.least, Math.floor(ERROR_MACS / macs)),
    );
    const fitting = spread(third, FITTING_SAMPLES);
    const all = spread(places(calibration.size), Math.min(REFITTING_SAMPLES, affordable));
    const observed = [...new Set([...fitting, ...all])].sort((a, b) => a - b);
    this.observed = samplesAt(calibration, observed);
    this.fitting = fitting.map((index) => observed.indexOf(index));
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
    const { base, plain } = await this.bases(assignment);
    const minmax = await base.rangesBy('minmax');
    task.onProgress('Rounding weights', 0.35);
    const weights = await this.rounded(base, assignment);
    task.onProgress('Comparing ranges', 0.4);
    const first = await this.tried(assignment, { base, method: 'minmax', ranges: minmax, weights });
    this.refuseEmpty(first.impossible);
    const trial = await this.corrected(first, 'all');
    task.log(described(trial));
    const enough = task.search === null && bestOf(trial).score.decibels >= ENOUGH_DB;
    this.best = enough ? trial : await this.compared(trial, plain);
  }

  /** The nearest of a first trial, by extremes, and the alternatives to each of its choices. */
  private async compared(first: Trial, plain: Int8Base | null): Promise<Trial> {
    const { task } = this;
    const { assignment } = first;
    const { base, weights, ranges: minmax } = first.choice;
    let best = first;
    const consider = async (choice: Choice): Promise<Trial> => {
      const trial = await this.tried(assignment, choice);
      if (isHopeless(trial.uncorrected, best.uncorrected)) {
        forget(trial);
        task.log(described(trial));
        return trial;
      }
      const whole = await this.corrected(trial, 'fitting');
      task.log(described(whole));
      if (isNearer(bestOf(whole).score, bestOf(best).score)) best = whole;
      return whole;
    };
    for (const method of RANGE_METHODS.slice(1)) {
      const ranges = await base.rangesBy(method);
      // Where nothing is known of distributions, percentiles are extremes.
      const same = differingTensors(ranges, minmax, minmax.keys()).length === 0;
      if (!same) await consider({ base, weights, method, ranges });
    }
    const { method, ranges } = best.choice;
    const nearest = weights === null ? best : await consider({ base, method, ranges, weights: null });
    if (plain === null) return best;
    const known = method === 'minmax' ? plain.known : null;
    const own = { base: plain, method, weights: null };
    const other = await this.tried(assignment, { ...own, ranges: known ?? (await plain.rangesBy(method)) });
    forget(other);
    task.log(described(other));
    if (isNearer(other.uncorrected, nearest.uncorrected)) {
      const careful = weights === null ? null : await this.rounded(plain, assignment);
      await consider({ ...own, ranges: await plain.rangesBy(method), weights: careful });
    }
    return best;
  }

  /** Makes a model by an assignment without static integers of the float model as it is. */
  async store(assignment: Assignment): Promise<Built & Delivered> {
    const { bench, task, plan } = this;
    // Of an equalized base other tensors are known: of the others it is not known that they fit in float16.
    return storeAlternative(bench, task, plan, assignment, await this.chosen.base.rangesBy('minmax'));
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
          ranges: rangesOf(layout, ranges),
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
  async finish(
    { assignment, ...mix }: Unwritten,
    onProgress: (fraction: number) => void,
  ): Promise<Int8Model> {
    const inFloat = new Map([...mix.impossible, ...mix.kept]);
    const quantized = this.layers.filter(({ id }) => !inFloat.has(id)).length;
    const known = this.best !== null && isSame(this.best.assignment, assignment) ? this.best : null;
    const trial = await this.corrected(
      known ?? (await this.tried(assignment, this.chosen)),
      'all',
      SHIFT_METHODS,
      onProgress,
    );
    const { correction, score } = bestOf(trial);
    this.task.log(described(trial));
    // What was kept back to choose by is of use once that is chosen: it gave MobileNetV1 0.3 dB and the sample 0.5 dB on
    // samples that neither had seen.
    const all = trial.shifts?.all;
    const biasCorrections = correction === null || !all ? new Map() : correctionsFrom(all, correction);
    const { ports } = this.task;
    const { path } = this.write(assignment, trial.choice, { biasCorrections, ports });
    const warnings = this.unlike(ports, path);
    if (this.uncorrected !== null) warnings.push(`Biases were not corrected: ${this.uncorrected}`);
    const steps = stepsOf(trial.choice, correction);
    return { path, kept: inFloat, quantized, scoreDb: score.decibels, steps, warnings };
  }

  /** What must be said of inputs and outputs that are not as they were asked for. */
  private unlike(ports: Int8Task['ports'], path: string): string[] {
    if (ports === 'float') return [];
    const file = this.bench.open(path);
    const { inputs, outputs } = file.model.graph;
    file.close();
    const left = [...inputs, ...outputs].filter(({ type }) => type === 'float32');
    const names = left.map(({ name }) => `'${name}'`).join(', ');
    return left.length === 0
      ? []
      : [`No integer layer reads or gives ${names}, so float it is and not ${ports}.`];
  }

  close(): void {
    for (const file of this.opened) file.close();
  }

  /** Layers that could not be quantized where all were to be. */
  get impossible(): Mix['impossible'] {
    return this.calibrated.impossible;
  }

  private get calibrated(): Trial {
    if (this.best === null) throw new Error('Nothing was calibrated.');
    return this.best;
  }

  private get chosen(): Choice {
    return this.calibrated.choice;
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
        ranges,
        quantizedWeights: weightsFor(base.plan, assignment, weights ?? new Map()),
        asked: schemesOf('int8'),
      },
      path,
    );
    return { path, origins, impossible: kept };
  }

  /** The float models that int8 models are made of: with channels equalized where that can be, and beside it as they are. */
  private async bases(assignment: Assignment): Promise<{ base: Int8Base; plain: Int8Base | null }> {
    const { bench, task, plan, judge, activations } = this;
    const given = { assignment, activations, judged: judge.tensors };
    const baseOf = (own: Pick<Int8Base, 'file' | 'plan' | 'equalized'>, known: ReadonlyMap<string, Range>) =>
      new Int8Base(bench, task, { ...given, ...own, known });
    const asItIs = { file: task.cleaned, plan, equalized: false };
    const equalized = await this.equalized(assignment);
    if (equalized === null) return { base: baseOf(asItIs, new Map()), plain: null };
    const { file, ranges } = equalized;
    const base = baseOf({ file, plan: bench.rewriter.plan(file), equalized: true }, new Map());
    // What equalization did not change is the same in both.
    const whole = task.calibration.size <= EQUALIZATION_SAMPLES;
    const known = whole ? new Map([...(await base.rangesBy('minmax')), ...ranges]) : new Map();
    return { base, plain: baseOf(asItIs, known) };
  }

  /** The model with its channels equalized, and the ranges before; null where nothing can be. */
  private async equalized(
    assignment: Assignment,
  ): Promise<{ file: ModelFile; ranges: ReadonlyMap<string, Range> } | null> {
    const { bench, task, plan, judge } = this;
    task.onProgress('Equalizing channels', 0.02);
    const path = bench.newPath('equalized');
    try {
      const equalized = await equalize(
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
      if (equalized === null) return null;
      task.log(`equalization: ${equalized.changed} tensors`);
      const file = bench.open(path);
      this.opened.push(file);
      return { file, ranges: equalized.ranges };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      task.log(`equalization: ${error.message}`);
      return null;
    }
  }

  /** Weights whose errors make up for each other; null where no layer is a product that is known. */
  private async rounded({ file, plan }: Int8Base, assignment: Assignment): Promise<Choice['weights']> {
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

  /** What a choice gives with its biases as they are. */
  private async tried(assignment: Assignment, choice: Choice): Promise<Trial> {
    const { path, impossible } = this.write(assignment, choice, {});
    const uncorrected = await this.judge.score(path);
    return { path, choice, assignment, impossible, uncorrected, shifts: null, corrected: new Map() };
  }

  /**
   * The same trial with its biases corrected by these methods.
   * @param where shifts are observed: what is not going to be delivered needs those alone that it is chosen by
   */
  private async corrected(
    trial: Trial,
    where: 'fitting' | 'all',
    methods: readonly ShiftMethod[] = USUAL_CORRECTIONS,
    onProgress: (fraction: number) => void = () => {},
  ): Promise<Trial> {
    const { assignment, choice } = trial;
    const known = trial.shifts !== null && (where === 'fitting' || trial.shifts.all !== null);
    const shifts = known ? trial.shifts : await this.shiftsOf(trial, where, onProgress);
    forget(trial);
    const corrected = new Map(trial.corrected);
    for (const method of methods) {
      if (shifts === null || corrected.has(method)) continue;
      const biasCorrections = correctionsFrom(shifts.fitting, method);
      if (biasCorrections.size === 0) continue;
      const { path } = this.write(assignment, choice, { biasCorrections });
      corrected.set(method, await this.judge.score(path));
      discard(path);
    }
    return { ...trial, path: null, shifts, corrected };
  }

  /** null, which is noted, where they cannot be observed: the model is whole without corrections, if less accurate. */
  private async shiftsOf(
    { assignment, choice, impossible, path: written }: Trial,
    where: 'fitting' | 'all',
    onProgress: (fraction: number) => void,
  ): Promise<Shifts | null> {
    const { bench, observed, fitting } = this;
    const { base } = choice;
    const observer =
      this.observers.get(base) ??
      new ShiftObserver(bench, base.file.model.file, correctable(base.layers), observed);
    this.observers.set(base, observer);
    const layers = layOut(base.plan, assignment).layers.filter(({ id }) => !impossible.has(id));
    const path = written ?? this.write(assignment, choice, {}).path;
    try {
      const indices = where === 'all' ? places(observed.size) : fitting;
      const shifts = await observer.observe(path, correctable(layers), indices, onProgress);
      if (where === 'fitting') return { fitting: shifts, all: null };
      const part = [...shifts].map(
        ([id, samples]) => [id, fitting.map((at) => itemAt(samples, at))] as const,
      );
      return { fitting: new Map(part), all: shifts };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.uncorrected ??= error.message;
      this.task.log(`bias correction: ${error.message}`);
      return null;
    } finally {
      discard(path);
    }
  }

  private refuseEmpty(impossible: Mix['impossible']): void {
    if (this.layers.some(({ id }) => !impossible.has(id))) return;
    const reason = [...new Set(impossible.values())][0];
    throw new ModelError(
      `No layer of the model can be computed in int8${reason === undefined ? '' : `: ${reason}`}.`,
    );
  }
}

function isSame(one: Assignment, other: Assignment): boolean {
  return one.size === other.size && [...one].every(([id, precision]) => other.get(id) === precision);
}

function correctable(layers: readonly PlannedLayer[]): PlannedLayer[] {
  return layers.filter(({ role }) => role.biasAxis !== null);
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
