import { discard } from '../evaluation/copies';
import { Judge } from '../evaluation/judge';
import { someSamples } from '../evaluation/samples';
import type { ModelPlan, PlannedLayer } from '../formats/plan';
import type { WriteSettings } from '../formats/rewriter';
import { limitsOf } from '../formats/uniform';
import { ModelError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import { type Assignment, schemeOf } from '../model/precision';
import { correctionsFrom, SHIFT_METHODS, ShiftObserver } from './biasCorrection';
import { type Extremes, observeExtremes, rangesFrom } from './calibrate';
import { observeHistograms } from './histograms';
import type { Int8Model, Int8Task } from './int8';
import { layOut, schemesOf, tensorsToObserve } from './layout';
import type { ActivationType } from './pair';
import {
  differingTensors,
  RANGE_METHODS,
  type RangeMethod,
  type RangesByMethod,
  rangesByMethod,
  withMethod,
} from './rangeMethods';
import { roundCarefully } from './rounding/roundCarefully';
import type { Built, Mix } from './search';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Alternatives are compared on as many samples: what differs by less than they can tell does not matter. */
const TRIAL_SAMPLES = { most: 32, least: 8 };
/** Multiplications that comparing one alternative may take: a large model is compared on fewer samples. */
const TRIAL_MACS = 1e10;
/** Alternatives of ranges, tensor by tensor, that are built and compared, and the multiplications for all of them. */
const RANGE_TRIALS = 40;
const RANGE_TRIAL_MACS = 2e11;
/** Decibels by which an alternative must be nearer to the float model: less is chance. */
const NOTICEABLE_DB = 0.05;

/** How an int8 model of an assignment is written, and how near it is to the float model then. */
interface Attempt {
  readonly settings: Partial<WriteSettings>;
  readonly path: string;
  readonly decibels: number;
  /** How its biases were corrected; null: they were not. */
  readonly correction: string | null;
}

/** Builds int8 models of one cleaned model that differ in their assignments, ranges, rounding and biases. */
export class Int8Builder {
  readonly cleanedPath: string;
  /** What is known to be best of ranges and rounded weights, without corrections, which are each model's own. */
  settings: Partial<WriteSettings>;
  private readonly judge: Judge;
  private readonly shifts: ShiftObserver;
  /** Multiplications to compare one alternative. */
  private readonly trialMacs: number;

  constructor(
    private readonly bench: Workbench,
    private readonly task: Int8Task,
    private readonly plan: ModelPlan,
    /** All that can be in int8. */
    private readonly layers: readonly PlannedLayer[],
    private readonly activations: ActivationType,
    reduceRange: boolean,
  ) {
    const { cleaned, dims, calibration } = task;
    this.cleanedPath = cleaned.model.file;
    this.settings = { reduceRange };
    const macs = cleaned.infer(dims).graph.nodes.reduce((sum, node) => sum + (node.macs ?? 0), 1);
    const { least, most } = TRIAL_SAMPLES;
    const samples = someSamples(calibration, Math.min(most, Math.max(least, Math.floor(TRIAL_MACS / macs))));
    this.trialMacs = macs * samples.size;
    this.judge = new Judge(bench, cleaned, dims, samples);
    this.shifts = new ShiftObserver(bench, this.cleanedPath, correctable(layers), samples);
  }

  build(assignment: Assignment, settings: Partial<WriteSettings>): Built {
    const { bench, task, plan } = this;
    const path = bench.newPath('int8');
    const { origins, kept } = writeAssigned(
      bench.rewriter,
      task.cleaned,
      plan,
      assignment,
      { ...settings, asked: schemesOf('int8') },
      path,
    );
    return { path, origins, impossible: kept };
  }

  /**
   * Observes the values of tensors, and finds the ranges and the rounding of weights by which the outputs come nearest
   * to the float model's, each with the correction of biases that suits it.
   */
  async calibrate(assignment: Assignment): Promise<void> {
    const { task, bench } = this;
    const extremes = await this.extremes(assignment);
    this.settings = { ...this.settings, ranges: rangesFrom(extremes, 'minmax') };
    this.refuseEmpty(this.build(assignment, this.settings).impossible);
    task.onProgress('Looking at how values are distributed', 0.25);
    const { low, high } = limitsOf(this.activations);
    const minmax = rangesFrom(extremes, 'minmax');
    const histograms = await observeHistograms(bench, task.cleaned, task.dims, minmax, task.calibration);
    const methods = rangesByMethod(extremes, histograms, high - low);
    const best = await this.bestRanges(assignment, methods);
    await this.withCarefulRounding(assignment, best);
  }

  /** Corrects the biases of a mix where that brings the outputs nearer. */
  async finish(mix: Mix, onProgress: (fraction: number) => void): Promise<Int8Model> {
    const inFloat = new Map([...mix.impossible, ...mix.kept]);
    const quantized = this.layers.filter(({ id }) => !inFloat.has(id)).length;
    const model = { kept: inFloat, quantized };
    try {
      const { path } = await this.attempt(mix.assignment, this.settings, onProgress);
      return { ...model, path, warnings: [] };
    } catch (error) {
      // The model is whole without it, if less accurate.
      if (!(error instanceof ModelError)) throw error;
      this.task.log(`bias correction: ${error.message}`);
      return { ...model, path: mix.path, warnings: [`Biases were not corrected: ${error.message}`] };
    }
  }

  /** The ranges of one method for all tensors, and then by another one for those for which that is nearer. */
  private async bestRanges(assignment: Assignment, methods: RangesByMethod): Promise<Attempt> {
    const { task } = this;
    const attempts = new Map<RangeMethod, Attempt>();
    for (const method of RANGE_METHODS) {
      task.onProgress('Comparing ranges', 0.27);
      const attempt = await this.attempt(assignment, { ...this.settings, ranges: methods[method] });
      discard(attempt.path);
      task.log(`ranges by ${method}: ${described(attempt)}`);
      attempts.set(method, attempt);
    }
    const ranked = [...attempts].sort(([, a], [, b]) => b.decibels - a.decibels);
    let [[, best]] = ranked as [[RangeMethod, Attempt]];
    const layout = layOut(this.plan, assignment);
    const roots = new Set(layout.roots.values());
    let trials = Math.min(RANGE_TRIALS, Math.floor(RANGE_TRIAL_MACS / this.trialMacs));
    // Half of the tensors at a time, then half of those, as long as that may help: most tensors are best alike.
    for (const [method] of ranked.slice(1)) {
      const queue = [differingTensors(best.settings.ranges ?? new Map(), methods[method], roots)];
      for (let group = queue.shift(); group !== undefined && trials > 0; group = queue.shift()) {
        if (group.length === 0) continue;
        trials--;
        const ranges = withMethod(best.settings.ranges ?? new Map(), group, methods[method]);
        const attempt = await this.attempt(assignment, { ...best.settings, ranges });
        discard(attempt.path);
        if (attempt.decibels > best.decibels + NOTICEABLE_DB) {
          best = attempt;
          task.log(`ranges of ${group.length} tensors by ${method}: ${described(best)}`);
        } else if (group.length > 1) {
          const middle = Math.ceil(group.length / 2);
          queue.push(group.slice(0, middle), group.slice(middle));
        }
      }
    }
    this.settings = { ...this.settings, ...(best.settings.ranges ? { ranges: best.settings.ranges } : {}) };
    return best;
  }

  /** Weights whose errors make up for each other, where that is nearer. */
  private async withCarefulRounding(assignment: Assignment, nearest: Attempt): Promise<void> {
    const { bench, task, plan } = this;
    task.onProgress('Rounding weights', 0.4);
    const layers = plan.nodes.flatMap((node) => {
      const precision = assignment.get(node.id);
      return precision === undefined || schemeOf(precision) !== 'static' ? [] : [{ node, precision }];
    });
    const quantizedWeights = await roundCarefully(bench, {
      cleaned: task.cleaned,
      dims: task.dims,
      layers,
      samples: task.calibration,
      reduceRange: this.settings.reduceRange ?? false,
      onProgress: (fraction) => task.onProgress('Rounding weights', 0.4 + 0.1 * fraction),
    });
    const attempt = await this.attempt(assignment, { ...this.settings, quantizedWeights });
    discard(attempt.path);
    task.log(`rounding with error compensation: ${described(attempt)}`);
    if (attempt.decibels > nearest.decibels + NOTICEABLE_DB)
      this.settings = { ...this.settings, quantizedWeights };
  }

  /** A model with the correction of its biases that brings its outputs nearest to the float model's. */
  private async attempt(
    assignment: Assignment,
    settings: Partial<WriteSettings>,
    onProgress: (fraction: number) => void = () => {},
  ): Promise<Attempt> {
    const { path, impossible } = this.build(assignment, settings);
    let best: Attempt = { settings, path, decibels: await this.judge.decibels(path), correction: null };
    const layers = this.layers.filter(
      ({ id }) => !impossible.has(id) && schemeOfLayer(assignment, id) === 'static',
    );
    const shifts = await this.shifts.observe(path, correctable(layers), onProgress);
    for (const method of SHIFT_METHODS) {
      const biasCorrections = correctionsFrom(shifts, method);
      if (biasCorrections.size === 0) continue;
      const corrected = { ...settings, biasCorrections };
      const built = this.build(assignment, corrected);
      const decibels = await this.judge.decibels(built.path);
      const worse = decibels > best.decibels ? best.path : built.path;
      if (decibels > best.decibels)
        best = { settings: corrected, path: built.path, decibels, correction: method };
      discard(worse);
    }
    return best;
  }

  private async extremes(assignment: Assignment): Promise<ReadonlyMap<string, Extremes>> {
    const { task, bench } = this;
    const { size } = task.calibration;
    const observe = (tensors: readonly string[]) =>
      observeExtremes(bench, task.cleaned, tensors, task.calibration, (done) =>
        task.onProgress(`Calibrating (${done} of ${size})`, 0.05 + (0.2 * done) / size),
      );
    const { floats, unknown } = this.observed(assignment);
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

function correctable(layers: readonly PlannedLayer[]): PlannedLayer[] {
  return layers.filter(({ role }) => role.biasAxis !== null);
}

function schemeOfLayer(assignment: Assignment, id: NodeId): string | null {
  const precision = assignment.get(id);
  return precision === undefined ? null : schemeOf(precision);
}

function described({ decibels, correction }: Attempt): string {
  return `${decibels.toFixed(2)} dB, ${correction === null ? 'biases as they are' : `biases corrected by the ${correction}`}`;
}
