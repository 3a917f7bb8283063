import type { Samples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { ModelPlan, PlannedLayer, Range } from '../formats/plan';
import { type IntegerType, limitsOf } from '../formats/uniform';
import type { DimensionChoice } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { Assignment } from '../model/precision';
import { type Extremes, observeExtremes, rangesFrom } from './calibrate';
import { type Histogram, observeHistograms } from './histograms';
import { layOut, tensorsToObserve } from './layout';
import { type RangeMethod, rangesByMethod } from './rangeMethods';
import type { Workbench } from './workbench';

/** What its values are observed on, and who is told of it. */
interface Observation {
  readonly dims: DimensionChoice;
  readonly calibration: Samples;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
}

/** What is known of a float model that int8 models are to be made of. */
interface GivenBase {
  readonly file: ModelFile;
  readonly plan: ModelPlan;
  /** In which all is in int8 that can be. */
  readonly assignment: Assignment;
  readonly activations: IntegerType;
  /** Tensors that models are judged by. */
  readonly judged: readonly string[];
  readonly equalized: boolean;
  /** Extremes over all samples, as far as they are known already. */
  readonly known: ReadonlyMap<string, Range>;
}

/**
 * A float model that int8 models are made of, and the ranges of its values. What takes runs of the model is found when it
 * is first asked for.
 */
export class Int8Base {
  readonly file: ModelFile;
  readonly plan: ModelPlan;
  readonly equalized: boolean;
  /** All that can be in int8. */
  readonly layers: readonly PlannedLayer[];
  private readonly roots: ReadonlyMap<string, string>;
  private readonly ranges = new Map<RangeMethod, ReadonlyMap<string, Range>>();
  private extremes: ReadonlyMap<string, Extremes> | null = null;
  private histograms: ReadonlyMap<string, Histogram> | null = null;

  constructor(
    private readonly bench: Workbench,
    private readonly task: Observation,
    private readonly given: GivenBase,
  ) {
    const { file, plan, assignment, equalized } = given;
    this.file = file;
    this.plan = plan;
    this.equalized = equalized;
    const { layers, roots } = layOut(plan, assignment);
    this.layers = layers;
    this.roots = roots;
  }

  /** By tensor. @throws ModelError where a copy of the model does not run */
  async rangesBy(method: RangeMethod): Promise<ReadonlyMap<string, Range>> {
    const found = this.ranges.get(method) ?? (await this.found(method));
    this.ranges.set(method, found);
    return found;
  }

  /** The ranges of all in int8 by extremes, where they are known without a run; else null. */
  get known(): ReadonlyMap<string, Range> | null {
    const { known } = this.given;
    const { constants } = this.file.model.graph;
    const roots = [...this.roots.values()].filter((name) => !constants.has(name));
    return roots.every((name) => known.has(name)) ? known : null;
  }

  private async found(method: RangeMethod): Promise<ReadonlyMap<string, Range>> {
    const { judged, activations } = this.given;
    this.extremes ??= await this.observeExtremes();
    const { extremes } = this;
    if (method === 'percentile' || method === 'least error') await this.observeHistograms(extremes);
    const { low, high } = limitsOf(activations);
    const whole = judged.map((name) => this.roots.get(name) ?? name);
    return rangesByMethod(method, extremes, this.histograms ?? new Map(), high - low, whole);
  }

  private async observeHistograms(extremes: ReadonlyMap<string, Extremes>): Promise<void> {
    if (this.histograms !== null) return;
    const { bench, task, file } = this;
    task.onProgress('Looking at how values are distributed', 0.4);
    const minmax = rangesFrom(extremes, 'minmax');
    this.histograms = await observeHistograms(bench, file, task.dims, minmax, task.calibration);
  }

  private async observeExtremes(): Promise<ReadonlyMap<string, Extremes>> {
    const { task, bench, file } = this;
    const { size } = task.calibration;
    const observe = (tensors: readonly string[]) =>
      observeExtremes(bench, file, tensors, task.calibration, (done) =>
        task.onProgress(`Calibrating (${done} of ${size})`, 0.1 + (0.2 * done) / size),
      );
    const { floats, unknown } = this.observed();
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
  private observed(): { floats: string[]; unknown: string[] } {
    const { file, plan, task, given } = this;
    const layout = layOut(plan, given.assignment);
    const tensors = new Set(tensorsToObserve(plan, layout));
    const inferred = file.infer(task.dims).graph.tensors;
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
}
