import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { differencesOf } from '../analysis/difference/differences';
import { comparisonReport } from '../analysis/difference/report';
import { aboutTheModel, type Bench, numberedPaths, withSession } from '../evaluation/bench';
import { checkAnswer } from '../evaluation/check';
import { type ChosenData, chooseData } from '../evaluation/chooseData';
import { discard, linkOrWrite } from '../evaluation/copies';
import { filesOfData } from '../evaluation/data/files';
import type { JobContext } from '../evaluation/jobContext';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { type MeasureChoice, measureModels, profile } from '../evaluation/measureModels';
import { type Answer, compareOutputs } from '../evaluation/outputAgreement';
import { randomSamples } from '../evaluation/randomSamples';
import { someSamples } from '../evaluation/samples';
import { place } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets } from '../files/targets';
import { openWithWeights } from '../formats';
import type { ModelFile } from '../formats/format';
import { inputFiles, sizeOf } from '../formats/inputFiles';
import type { ModelPlan, Range } from '../formats/plan';
import type { Origins, Rewriter } from '../formats/rewriter';
import { itemAt, present } from '../model/assert';
import { ModelError, UsageError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import { type Assignment, schemeOf } from '../model/precision';
import type { QuantizeOptions } from '../protocol/options';
import { factsOf, isCalibrated, type Recipe } from '../protocol/recipes';
import type { Comparison, QuantizeReport } from '../protocol/reports';
import type { Engine, Feeds } from '../runtime/engine';
import { engineFor } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { compareLatency, speedup } from '../runtime/measure';
import { observeExtremes, rangesFrom } from './calibrate';
import { evaluateWith } from './foldedConstants';
import { type Int8Model, quantizeInt8 } from './int8';
import { assignRecipe, schemesOf } from './layout';
import { pairName, reducedRange } from './pair';
import { warningsOf, whyRefused } from './resultWarnings';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Timed runs a session while searching: a slow model is timed many times, and only the last time is reported. */
const SEARCH_RUNS = 20;

const NOT_LOOKED_FOR =
  'Only weights were looked at for values that float16 cannot hold: activations are not known without a run.';

const LOOKED_FOR_ON_RANDOM =
  'Values that float16 cannot hold were looked for on random numbers: those of real data may be larger.';

/** Samples on which values are looked for that float16 cannot hold: what overflows does so on most inputs. */
const FLOAT16_SAMPLES = 32;
/**
 * Copies of the model that lie beside each other at least: the cleaned one and one that is observed, of which recipes
 * without samples make none before the cleaned one is a quarter; with timing those that profiling takes.
 */
function copiesOf(recipe: Recipe, measure: boolean): number {
  if (measure) return 3;
  return recipe !== 'float32' && factsOf(recipe).samples === 'none' ? 1.25 : 2;
}

/**
 * `written`: the output has its name. `refused`: nothing was written, because every mix is slower than float
 * on this computer; `report` says how much, and the two files lie in the scratch folder until the user decides.
 */
export type QuantizeOutcome =
  | { status: 'written'; report: QuantizeReport }
  | {
      status: 'refused';
      reason: string;
      report: QuantizeReport;
      candidates: { quantized: string; cleaned: string };
    };

/** What a job has where an engine runs the model. */
interface Running {
  readonly bench: Bench;
  /** null: the format has no copies that can be observed. */
  readonly workbench: Workbench | null;
  readonly data: ChosenData;
  /** Of the first sample that is measured on. */
  readonly feeds: Feeds;
  /** What the model gives on the samples that are measured on. */
  readonly original: KeptOutputs;
}

/** A model that a recipe made, and what is to be said of it. */
interface Product {
  readonly path: string;
  /** Why nodes of the cleaned model are in float. */
  readonly kept: ReadonlyMap<NodeId, string>;
  readonly pair?: string;
  /** What a reader must know of how it was chosen. */
  readonly warnings?: readonly string[];
  /** `int8` only: what there is to keep when the product is slower than float. */
  readonly all?: () => Promise<Int8Model>;
}

/**
 * Makes a quantized copy of a model: cleans and folds it, applies the recipe, checks the result, measures it
 * beside the original, and only then gives it its name.
 * @throws UsageError, ModelError with a sentence for people; CheckError when the result is no good.
 */
export async function quantize(options: QuantizeOptions, around: JobContext): Promise<QuantizeOutcome> {
  const start = performance.now();
  const source = openWithWeights(options.model);
  try {
    const { rewriter } = source.format;
    if (rewriter === null)
      throw new ModelError(`${source.format.name} models cannot be quantized yet.`, { file: options.model });
    const recipe = options.recipe ?? rewriter.suggest(source).recipe;
    const data = [options.calibration, options.validation].filter((one) => one !== null);
    const inputs = [...inputFiles(source), ...data.flatMap(filesOfData)];
    const targets = [options.output, ...(source.format.companionsOf?.(options.output) ?? [])];
    checkTargets({ targets, inputs, force: options.force });
    const keep = nodesNamed(source, options.keep);
    const refusal = rewriter.refusal(source, recipe) ?? refusalOf(source, recipe);
    if (refusal !== null) throw new ModelError(refusal, { file: options.model });
    const engine = source.format.cannotRun === undefined ? engineFor(source.format.id) : null;
    return await new Quantizing(options, around, source, keep, rewriter, engine, recipe, inputs, start).run();
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

/** Why a recipe makes no file of a format, in a sentence for people; null where it does. */
function refusalOf({ format }: ModelFile, recipe: Recipe): string | null {
  return factsOf(recipe).formats.includes(format.id)
    ? null
    : `${format.name} models cannot be quantized by the recipe ${recipe}.`;
}

/** All nodes of the main graph that bear these names: people name layers, everything behind this knows ids. */
function nodesNamed({ model }: ModelFile, names: readonly string[]): Set<NodeId> {
  const ids = new Set<NodeId>();
  for (const name of names) {
    const bearers = model.graph.nodes.filter((node) => node.name === name);
    if (bearers.length === 0)
      throw new UsageError(`There is no layer ${name} in ${model.file}.`, { node: name });
    for (const { id } of bearers) ids.add(id);
  }
  return ids;
}

class Quantizing {
  /** Files are read and written by it, whether an engine runs them or not. */
  private readonly files: Omit<Bench, 'engine'>;
  private readonly measure: MeasureChoice;
  /** Nodes of the source, by those of the cleaned model. */
  private origins: Origins = new Map();

  constructor(
    private readonly options: QuantizeOptions,
    private readonly around: JobContext,
    private readonly source: ModelFile,
    /** Nodes of the source that stay in float. */
    private readonly keep: ReadonlySet<NodeId>,
    private readonly rewriter: Rewriter,
    /** null: nothing here runs the model, so that nothing is calibrated, checked or measured. */
    private readonly engine: Engine | null,
    private readonly recipe: Recipe,
    /** Files that must stay as they are. */
    private readonly inputs: readonly string[],
    private readonly start: number,
  ) {
    const { threads, runs, seed } = options;
    const newPath = numberedPaths(around.scratch, options.model);
    this.files = { open: (path) => source.format.open(path), threads, newPath };
    this.measure = { threads, runs, seed };
  }

  async run(): Promise<QuantizeOutcome> {
    const { engine, files, options, source } = this;
    checkRoom(
      this.around.scratch,
      copiesOf(this.recipe, options.measure) * sizeOf(source),
      `Copies of ${basename(options.model)}, while it is quantized,`,
    );
    const running = engine === null ? null : await this.startRunning({ ...files, engine });
    this.tell(0, 1)('Cleaning and folding the model', 0.02);
    const cleaned = files.newPath('cleaned');
    this.origins = await this.rewriter.clean(
      source,
      cleaned,
      engine === null ? async () => new Map() : evaluateWith(engine),
    );
    const product = await this.make(cleaned, running);
    if (!options.measure && product.path !== cleaned) discard(cleaned);
    return this.finish(product, cleaned, running);
  }

  private async startRunning(bench: Bench): Promise<Running> {
    const { options, source, rewriter } = this;
    const { observing } = rewriter;
    this.tell(0, 1)('Reading the data', 0);
    const inferred = source.infer(options).graph;
    const random = randomSamples(source, inferred, options.seed);
    const data = await chooseData(options, modelInputs(inferred), random, isCalibrated(this.recipe));
    const feeds = await data.validation.feeds(0);
    // A model that does not run has nothing to be compared with; say so before any work is done.
    await withSession(bench, options.model, (session) => session.run(feeds));
    const workbench = observing === null ? null : { ...bench, rewriter, observing };
    return {
      bench,
      workbench,
      data,
      feeds,
      original: new KeptOutputs(bench, options.model, data.validation),
    };
  }

  /** Applies the recipe to the cleaned model. */
  private async make(cleaned: string, running: Running | null): Promise<Product> {
    if (this.recipe === 'float32') return { path: cleaned, kept: new Map() };
    const file = this.files.open(cleaned);
    try {
      this.tell(0, 1)('Quantizing', 0.05);
      const kept = [...this.origins].filter(([, source]) => this.keep.has(source)).map(([id]) => id);
      return isCalibrated(this.recipe)
        ? await this.makeInt8(file, new Set(kept), running)
        : await this.makeDirectly(file, kept, running);
    } finally {
      file.close();
    }
  }

  /** What needs no calibration: at most a look at the values that float16 must hold. */
  private async makeDirectly(
    cleaned: ModelFile,
    keep: readonly NodeId[],
    running: Running | null,
  ): Promise<Product> {
    const { rewriter, recipe } = this;
    const plan = rewriter.plan(cleaned);
    const assignment = assignRecipe(plan, recipe, keep);
    const schemes = new Set([...assignment.values()].map(schemeOf));
    const workbench = running?.workbench ?? null;
    const dynamic = schemes.has('dynamic');
    const reduceRange = dynamic && workbench !== null && (await reducedRange(workbench, 'uint8'));
    const warnings: string[] = [];
    let ranges = new Map<string, Range>();
    if (schemes.has('float16')) {
      if (running === null || workbench === null) warnings.push(NOT_LOOKED_FOR);
      else {
        ranges = await this.rangesInFloat16(workbench, cleaned, plan, assignment, running.data);
        if (!this.hasData) warnings.push(LOOKED_FOR_ON_RANDOM);
      }
    }
    const target = this.files.newPath(recipe);
    const settings = { reduceRange, ranges, asked: schemesOf(recipe) };
    const { kept } = writeAssigned(rewriter, cleaned, plan, assignment, settings, target);
    return { path: target, kept, warnings, ...(dynamic ? { pair: pairName('uint8', reduceRange) } : {}) };
  }

  /** By tensor that a layer in float16 reads or gives, so that what overflows or vanishes stays in float32. */
  private async rangesInFloat16(
    workbench: Workbench,
    cleaned: ModelFile,
    plan: ModelPlan,
    assignment: Assignment,
    data: ChosenData,
  ): Promise<Map<string, Range>> {
    const { tensors } = cleaned.infer({ dims: {}, shapes: {} }).graph;
    const names = new Set<string>();
    for (const { id, inputs, outputs } of plan.nodes) {
      const precision = assignment.get(id);
      if (precision === undefined || schemeOf(precision) !== 'float16') continue;
      for (const name of [...inputs, ...outputs])
        if (tensors.get(name)?.type === 'float32' && !cleaned.model.graph.constants.has(name))
          names.add(name);
    }
    const samples = someSamples(data.calibration, FLOAT16_SAMPLES);
    const extremes = await observeExtremes(workbench, cleaned, [...names], samples, (done) =>
      this.tell(0.05, 0.7)(
        `Looking for values that float16 cannot hold (${done} of ${samples.size})`,
        done / samples.size,
      ),
    );
    return rangesFrom(extremes, 'minmax');
  }

  private async makeInt8(
    cleaned: ModelFile,
    keep: ReadonlySet<NodeId>,
    running: Running | null,
  ): Promise<Product> {
    const { options, around } = this;
    const { cannotRun, name } = this.source.format;
    if (running === null || running.workbench === null)
      throw new ModelError(
        `The recipe ${this.recipe} takes the ranges of values from runs of the model. ${cannotRun ?? `Runs of ${name} models cannot be observed.`}`,
        { file: options.model },
      );
    const { bench, workbench, data, feeds } = running;
    const searches = this.recipe === 'int8' && options.measure;
    const result = await quantizeInt8(workbench, {
      cleaned,
      dims: options,
      calibration: data.calibration,
      keep,
      activations: options.activations,
      memory: around.memory,
      timing: searches
        ? {
            profile: (path) => this.rowsOf(bench, path, feeds),
            race: (paths) => this.race(bench, paths, feeds),
          }
        : null,
      onProgress: this.tell(0.05, 0.7),
      log: around.log,
    });
    const { best, pair, warnings } = result;
    return {
      path: best.path,
      kept: best.kept,
      warnings: [...warnings, ...best.warnings],
      pair,
      ...(searches ? { all: result.all } : {}),
    };
  }

  private async rowsOf(bench: Bench, path: string, feeds: Feeds) {
    const file = bench.open(path);
    try {
      const graph = file.infer(this.options).graph;
      const { layers, added } = await profile(
        bench.engine,
        file,
        graph,
        feeds,
        this.measure,
        this.around.scratch,
      );
      return [...layers, ...added];
    } finally {
      file.close();
    }
  }

  private async race(bench: Bench, paths: readonly string[], feeds: Feeds) {
    const timings = await compareLatency(
      bench.engine,
      paths.map((path) => ({ path, feeds })),
      { ...this.measure, runs: Math.min(this.measure.runs, SEARCH_RUNS) },
    );
    const last = itemAt(timings, timings.length - 1);
    return timings.slice(0, -1).map((timing) => speedup(timing, last, this.measure.seed));
  }

  /** Checks, measures and names what was made; or says why it is not worth a name. */
  private async finish(product: Product, cleaned: string, running: Running | null): Promise<QuantizeOutcome> {
    const { options } = this;
    const result = this.underItsName(product.path, 'result');
    // What a refusal offers is made of it.
    if (product.all === undefined && product.path !== cleaned) discard(product.path);
    const report = await this.reportOf(product, result, cleaned, running);
    const verdict = report.latencyMs?.speedupOverCleaned?.verdict;
    const gainsNothing = () => verdict !== 'faster' && report.bytes.after >= this.sizeOf(cleaned);
    if (product.all !== undefined && (verdict === 'slower' || gainsNothing())) {
      const all = await product.all();
      const quantized = this.underItsName(all.path, 'quantized');
      const refused =
        all.path === product.path
          ? report
          : await this.reportOf({ ...product, ...all }, quantized, cleaned, running);
      const float = this.underItsName(cleaned, 'cleaned');
      return {
        status: 'refused',
        reason: whyRefused(refused.latencyMs),
        report: refused,
        candidates: { quantized, cleaned: float },
      };
    }
    const placed = this.files.open(result);
    const companions = placed.model.externalFiles.map(({ path }) => path);
    placed.close();
    place(result, companions, options.output, { inputs: this.inputs, force: options.force });
    return { status: 'written', report };
  }

  private async reportOf(
    product: Product,
    path: string,
    cleaned: string,
    running: Running | null,
  ): Promise<QuantizeReport> {
    const after = this.files.open(path);
    try {
      const { pair } = product;
      const comparison =
        running === null
          ? this.unmeasured(product, after)
          : await this.measured(product, after, cleaned, running);
      const warnings = [...comparison.warnings, ...warningsOf(comparison, this.recipe, this.hasData)];
      return { ...comparison, warnings, recipe: this.recipe, ...(pair === undefined ? {} : { pair }) };
    } finally {
      after.close();
    }
  }

  private unmeasured(product: Product, after: ModelFile): Comparison {
    const { options, source } = this;
    const seconds = (performance.now() - this.start) / 1000;
    const names = { input: options.model, output: options.output };
    const report = comparisonReport(differencesOf(source, after, options), names, seconds);
    const kept = this.keptInSource(product.kept);
    const layers = report.layers.map((layer) => {
      const id = layer.before?.layer?.id;
      const reason = id === undefined ? undefined : kept.get(id);
      return reason === undefined ? layer : { ...layer, kept: reason };
    });
    const unrun = `The result was not run: ${source.format.cannotRun}`;
    return { ...report, layers, warnings: [...report.warnings, ...(product.warnings ?? []), unrun] };
  }

  private async measured(
    product: Product,
    after: ModelFile,
    cleaned: string,
    { bench, data, original }: Running,
  ): Promise<Comparison> {
    const { options, source, recipe } = this;
    const { size } = data.validation;
    const tell = this.tell(0.7, 1);
    const answer: Answer = await compareOutputs(bench, original, after.model.file, (done) =>
      tell(`Measuring the accuracy (${done} of ${size})`, (0.3 * done) / size),
    );
    checkAnswer(answer, options.model, recipe, this.hasData);
    const [comparison] = await measureModels(bench, {
      first: source,
      others: [{ file: after, output: options.output, answer, kept: this.keptInSource(product.kept) }],
      cleaned: options.measure && recipe !== 'float32' ? cleaned : null,
      input: options.model,
      dims: options,
      samples: data.validation,
      measure: options.measure ? this.measure : null,
      scratch: this.around.scratch,
      warnings: [...data.warnings, ...(product.warnings ?? [])],
      start: this.start,
      onProgress: (message, fraction) => tell(message, 0.3 + 0.7 * fraction),
      log: this.around.log,
    });
    return present(comparison, 'report of the result');
  }

  /** By the nodes that people know: those of the source. */
  private keptInSource(kept: ReadonlyMap<NodeId, string>): Map<NodeId, string> {
    const reasons = new Map<NodeId, string>();
    for (const [id, reason] of kept) {
      const source = this.origins.get(id);
      if (source !== undefined) reasons.set(source, reason);
    }
    for (const id of this.keep) reasons.set(id, 'asked for');
    return reasons;
  }

  /** A copy in a folder of its own, called as the result will be: weights beside it are named after it. */
  private underItsName(path: string, folder: string): string {
    const target = join(this.around.scratch, folder, basename(this.options.output));
    mkdirSync(join(this.around.scratch, folder), { recursive: true });
    const file = this.files.open(path);
    try {
      linkOrWrite(file, target);
    } finally {
      file.close();
    }
    return target;
  }

  private sizeOf(path: string): number {
    const file = this.files.open(path);
    file.close();
    return sizeOf(file);
  }

  private get hasData(): boolean {
    return this.options.calibration !== null || this.options.validation !== null;
  }

  private tell(from: number, to: number): (message: string, fraction: number) => void {
    return (message, fraction) =>
      this.around.progress({ message, fraction: from + (to - from) * Math.min(1, Math.max(0, fraction)) });
  }
}
