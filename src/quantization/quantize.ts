import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { differencesOf } from '../analysis/difference/differences';
import { comparisonReport } from '../analysis/difference/report';
import { aboutTheModel, numberedPaths, withSession } from '../evaluation/bench';
import { type Answer, checkAnswer, compareOutputs } from '../evaluation/check';
import { type ChosenData, chooseData } from '../evaluation/chooseData';
import { compareModels, type MeasureChoice, profile } from '../evaluation/compareModels';
import { discard, linkOrWrite } from '../evaluation/copies';
import { filesOfData } from '../evaluation/data/files';
import { type Elsewhere, elsewhereOf } from '../evaluation/elsewhere';
import type { JobContext } from '../evaluation/jobContext';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { randomSamples } from '../evaluation/randomSamples';
import { someSamples } from '../evaluation/samples';
import { place } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets } from '../files/targets';
import { openWithWeights } from '../formats';
import type { ModelFile } from '../formats/format';
import { inputFiles, sizeOf } from '../formats/inputFiles';
import type { Rewriter } from '../formats/rewriter';
import { ModelError, UsageError } from '../model/modelError';
import type { QuantizeOptions } from '../protocol/options';
import { isCalibrated, type Recipe } from '../protocol/recipes';
import type { Comparison, QuantizeReport } from '../protocol/reports';
import type { Engine, Feeds } from '../runtime/engine';
import { engineFor } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { compareLatency, speedup } from '../runtime/measure';
import { observeExtremes, rangesFrom } from './calibrate';
import { evaluateWith } from './foldedConstants';
import { type Int8Model, quantizeInt8 } from './int8';
import { assign } from './layout';
import { pairName, reducedRange } from './pair';
import { warningsOf, whyRefused } from './verdicts';
import type { Workbench } from './workbench';

/** Timed runs a session while searching: a slow model is timed many times, and only the last time is reported. */
const SEARCH_RUNS = 20;

const NOT_LOOKED_FOR =
  'Only weights were looked at for values that float16 cannot hold: activations are not known without a run.';

const NOT_SEARCHED =
  'No layer was left in float for being slow: that takes many measurements, which are made on this computer alone.';

/** Samples on which values are looked for that float16 cannot hold: what overflows does so on most inputs. */
const FLOAT16_SAMPLES = 32;
/**
 * Copies of the model that lie beside each other at least: the cleaned one and one that is observed, of which
 * int8-dynamic makes none before the cleaned one is a quarter; with timing those that profiling takes.
 */
function copiesOf(recipe: Recipe, measure: boolean): number {
  if (measure) return 3;
  return recipe === 'int8-dynamic' ? 1.25 : 2;
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
  readonly bench: Workbench;
  readonly data: ChosenData;
  /** Of the first sample that is measured on. */
  readonly feeds: Feeds;
  /** What the model gives on the samples that are measured on. */
  readonly original: KeptOutputs;
}

/** A model that a recipe made, and what is to be said of it. */
interface Product {
  readonly path: string;
  readonly kept: ReadonlyMap<string, string>;
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
    const names = new Set(source.model.graph.nodes.map(({ name }) => name));
    const unknown = options.keep.find((name) => !names.has(name));
    if (unknown !== undefined)
      throw new UsageError(`There is no layer ${unknown} in ${options.model}.`, { node: unknown });
    const refusal = rewriter.refusal(source, recipe);
    if (refusal !== null) throw new ModelError(refusal, { file: options.model });
    const engine = source.format.cannotRun === undefined ? engineFor(source.format.id) : null;
    const elsewhere = options.measure ? await elsewhereOf(options, around) : null;
    return await new Quantizing(
      options,
      around,
      source,
      rewriter,
      engine,
      recipe,
      inputs,
      start,
      elsewhere,
    ).run();
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

class Quantizing {
  /** Files are read and written by it, whether an engine runs them or not. */
  private readonly files: Omit<Workbench, 'engine'>;
  private readonly measure: MeasureChoice;

  constructor(
    private readonly options: QuantizeOptions,
    private readonly around: JobContext,
    private readonly source: ModelFile,
    private readonly rewriter: Rewriter,
    /** null: nothing here runs the model, so that nothing is calibrated, checked or measured. */
    private readonly engine: Engine | null,
    private readonly recipe: Recipe,
    /** Files that must stay as they are. */
    private readonly inputs: readonly string[],
    private readonly start: number,
    /** Where the result is measured, if not on this computer. */
    private readonly elsewhere: Elsewhere | null,
  ) {
    const { threads, runs, seed } = options;
    const newPath = numberedPaths(around.scratch, options.model);
    this.files = { rewriter, open: (path) => source.format.open(path), threads, newPath };
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
    await this.rewriter.clean(
      source,
      cleaned,
      engine === null ? async () => new Map() : evaluateWith(engine),
    );
    const product = await this.make(cleaned, running);
    if (!options.measure && product.path !== cleaned) discard(cleaned);
    return this.finish(product, cleaned, running);
  }

  private async startRunning(bench: Workbench): Promise<Running> {
    const { options, source } = this;
    this.tell(0, 1)('Reading the data', 0);
    const inferred = source.infer(options).graph;
    const random = randomSamples(source, inferred, options.seed);
    const data = await chooseData(options, modelInputs(inferred), random, isCalibrated(this.recipe));
    const feeds = await data.validation.feeds(0);
    // A model that does not run has nothing to be compared with; say so before any work is done.
    await withSession(bench, options.model, (session) => session.run(feeds));
    return { bench, data, feeds, original: new KeptOutputs(bench, options.model, data.validation) };
  }

  /** Applies the recipe to the cleaned model. */
  private async make(cleaned: string, running: Running | null): Promise<Product> {
    const file = this.files.open(cleaned);
    try {
      const keep = new Set(this.options.keep);
      const target = this.files.newPath(this.recipe);
      this.tell(0, 1)('Quantizing', 0.05);
      switch (this.recipe) {
        case 'float32':
          return { path: cleaned, kept: new Map() };
        case 'float16':
          return await this.makeFloat16(file, keep, target, running);
        case 'int8-dynamic':
          return await this.makeDynamic(file, keep, target, running);
        case 'int8':
        case 'int8-all':
          if (running !== null) return await this.makeInt8(file, keep, running);
          throw new ModelError(
            `The recipe ${this.recipe} takes the ranges of values from runs of the model. ${this.source.format.cannotRun}`,
            { file: this.options.model },
          );
      }
    } finally {
      file.close();
    }
  }

  private async makeFloat16(
    cleaned: ModelFile,
    keep: ReadonlySet<string>,
    target: string,
    running: Running | null,
  ): Promise<Product> {
    const { rewriter } = this;
    const assignment = assign(rewriter.plan(cleaned), ({ weights }) => weights === 'float16', keep);
    if (running === null) {
      const { kept } = rewriter.float16(cleaned, { assignment, ranges: new Map() }, target);
      return { path: target, kept: keptBy(keep, kept), warnings: [NOT_LOOKED_FOR] };
    }
    const { bench, data } = running;
    const samples = someSamples(data.calibration, FLOAT16_SAMPLES);
    const tensors = rewriter.float16Tensors(cleaned);
    const extremes = await observeExtremes(bench, cleaned, tensors, samples, (done) =>
      this.tell(0.05, 0.7)(
        `Looking for values that float16 cannot hold (${done} of ${samples.size})`,
        done / samples.size,
      ),
    );
    const settings = { assignment, ranges: rangesFrom(extremes, 'minmax') };
    const { kept } = rewriter.float16(cleaned, settings, target);
    const warnings = this.hasData
      ? []
      : [
          'Values that float16 cannot hold were looked for on random numbers: those of real data may be larger.',
        ];
    return { path: target, kept: keptBy(keep, kept), warnings };
  }

  private async makeDynamic(
    cleaned: ModelFile,
    keep: ReadonlySet<string>,
    target: string,
    running: Running | null,
  ): Promise<Product> {
    const { rewriter } = this;
    const reduceRange = running !== null && (await reducedRange(running.bench, 'uint8'));
    const plan = rewriter.plan(cleaned);
    const assignment = assign(plan, ({ activations }) => activations === 'dynamic', keep);
    const { kept } = rewriter.int8Dynamic(cleaned, { assignment, reduceRange }, target);
    return { path: target, kept: keptBy(keep, kept), pair: pairName('uint8', reduceRange) };
  }

  private async makeInt8(
    cleaned: ModelFile,
    keep: ReadonlySet<string>,
    { bench, data, feeds }: Running,
  ): Promise<Product> {
    const { options, around } = this;
    const searches = this.recipe === 'int8' && options.measure && this.elsewhere === null;
    const result = await quantizeInt8(bench, {
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
      warnings: [
        ...warnings,
        ...best.warnings,
        ...(this.recipe === 'int8' && this.elsewhere !== null ? [NOT_SEARCHED] : []),
      ],
      pair,
      ...(searches ? { all: result.all } : {}),
    };
  }

  private async rowsOf(bench: Workbench, path: string, feeds: Feeds) {
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

  private async race(bench: Workbench, paths: readonly string[], feeds: Feeds) {
    const timings = await compareLatency(
      bench.engine,
      paths.map((path) => ({ path, feeds })),
      { ...this.measure, runs: Math.min(this.measure.runs, SEARCH_RUNS) },
    );
    const last = timings.at(-1);
    if (last === undefined) throw new Error('Nothing was timed.');
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
    const layers = report.layers.map((layer) => {
      const kept = product.kept.get(layer.name);
      return kept === undefined ? layer : { ...layer, kept };
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
    return compareModels(bench, {
      before: source,
      after,
      cleaned: options.measure && recipe !== 'float32' && this.elsewhere === null ? cleaned : null,
      names: { input: options.model, output: options.output },
      dims: options,
      answer,
      samples: data.validation,
      measure: options.measure ? this.measure : null,
      elsewhere: this.elsewhere,
      scratch: this.around.scratch,
      kept: product.kept,
      warnings: [...data.warnings, ...(product.warnings ?? [])],
      start: this.start,
      onProgress: (message, fraction) => tell(message, 0.3 + 0.7 * fraction),
      log: this.around.log,
    });
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

function keptBy(asked: ReadonlySet<string>, others: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...others, ...[...asked].map((name) => [name, 'asked for'] as const)]);
}
