import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { aboutTheModel, numberedPaths, withSession } from '../evaluation/bench';
import { type Answer, checkAnswer, compareOutputs } from '../evaluation/check';
import { type ChosenData, chooseData } from '../evaluation/chooseData';
import { compareModels, type MeasureChoice, profile } from '../evaluation/compareModels';
import { discard, linkOrWrite } from '../evaluation/copies';
import { filesOfData } from '../evaluation/data/files';
import type { JobContext } from '../evaluation/jobContext';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { randomSamples } from '../evaluation/randomSamples';
import { someSamples } from '../evaluation/samples';
import { place } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets } from '../files/targets';
import { openComplete } from '../formats';
import type { ModelFile } from '../formats/format';
import { inputFiles, sizeOf } from '../formats/inputFiles';
import type { Rewriter } from '../formats/rewriter';
import { ModelError, UsageError } from '../model/modelError';
import type { QuantizeOptions } from '../protocol/options';
import { isCalibrated, type Recipe } from '../protocol/recipes';
import type { QuantizeReport } from '../protocol/reports';
import type { Feeds } from '../runtime/engine';
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
  const source = openComplete(options.model);
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
    return await new Quantizing(options, around, source, rewriter, recipe, inputs, start).run();
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

class Quantizing {
  private readonly bench: Workbench;
  private readonly measure: MeasureChoice;

  constructor(
    private readonly options: QuantizeOptions,
    private readonly around: JobContext,
    private readonly source: ModelFile,
    private readonly rewriter: Rewriter,
    private readonly recipe: Recipe,
    /** Files that must stay as they are. */
    private readonly inputs: readonly string[],
    private readonly start: number,
  ) {
    const { threads, runs, seed } = options;
    const engine = engineFor(source.format.id);
    const newPath = numberedPaths(around.scratch, options.model);
    this.bench = { engine, rewriter, open: (path) => source.format.open(path), threads, newPath };
    this.measure = { threads, runs, seed };
  }

  async run(): Promise<QuantizeOutcome> {
    const { bench, options, source } = this;
    checkRoom(
      this.around.scratch,
      copiesOf(this.recipe, options.measure) * sizeOf(source),
      `Copies of ${basename(options.model)}, while it is quantized,`,
    );
    this.tell(0, 1)('Reading the data', 0);
    const inferred = source.infer(options).graph;
    const calibrates = isCalibrated(this.recipe);
    const random = randomSamples(source, inferred, options.seed);
    const data = await chooseData(options, modelInputs(inferred), random, calibrates);
    const feeds = await data.validation.feeds(0);
    // A model that does not run has nothing to be compared with; say so before any work is done.
    await withSession(bench, options.model, (session) => session.run(feeds));
    this.tell(0, 1)('Cleaning and folding the model', 0.02);
    const cleaned = bench.newPath('cleaned');
    await this.rewriter.clean(source, cleaned, evaluateWith(bench.engine));
    const product = await this.make(cleaned, data, feeds);
    const original = new KeptOutputs(bench, options.model, data.validation);
    if (!options.measure && product.path !== cleaned) discard(cleaned);
    return this.finish(product, cleaned, data, original);
  }

  /** Applies the recipe to the cleaned model. */
  private async make(cleaned: string, data: ChosenData, feeds: Feeds): Promise<Product> {
    const file = this.bench.open(cleaned);
    try {
      const keep = new Set(this.options.keep);
      const target = this.bench.newPath(this.recipe);
      this.tell(0, 1)('Quantizing', 0.05);
      switch (this.recipe) {
        case 'float32':
          return { path: cleaned, kept: new Map() };
        case 'float16':
          return await this.makeFloat16(file, keep, target, data);
        case 'int8-dynamic':
          return await this.makeDynamic(file, keep, target);
        case 'int8':
        case 'int8-all':
          return await this.makeInt8(file, keep, data, feeds);
      }
    } finally {
      file.close();
    }
  }

  private async makeFloat16(
    cleaned: ModelFile,
    keep: ReadonlySet<string>,
    target: string,
    data: ChosenData,
  ): Promise<Product> {
    const { bench, rewriter } = this;
    const samples = someSamples(data.calibration, FLOAT16_SAMPLES);
    const tensors = rewriter.float16Tensors(cleaned);
    const extremes = await observeExtremes(bench, cleaned, tensors, samples, (done) =>
      this.tell(0.05, 0.7)(
        `Looking for values that float16 cannot hold (${done} of ${samples.size})`,
        done / samples.size,
      ),
    );
    const assignment = assign(rewriter.plan(cleaned), ({ weights }) => weights === 'float16', keep);
    const settings = { assignment, ranges: rangesFrom(extremes, 'minmax') };
    const { kept } = rewriter.float16(cleaned, settings, target);
    const warnings = this.hasData
      ? []
      : [
          'Values that float16 cannot hold were looked for on random numbers: those of real data may be larger.',
        ];
    return { path: target, kept: keptBy(keep, kept), warnings };
  }

  private async makeDynamic(cleaned: ModelFile, keep: ReadonlySet<string>, target: string): Promise<Product> {
    const { bench, rewriter } = this;
    const reduceRange = await reducedRange(bench, 'uint8');
    const plan = rewriter.plan(cleaned);
    const assignment = assign(plan, ({ activations }) => activations === 'dynamic', keep);
    const { kept } = rewriter.int8Dynamic(cleaned, { assignment, reduceRange }, target);
    return { path: target, kept: keptBy(keep, kept), pair: pairName('uint8', reduceRange) };
  }

  private async makeInt8(
    cleaned: ModelFile,
    keep: ReadonlySet<string>,
    data: ChosenData,
    feeds: Feeds,
  ): Promise<Product> {
    const { bench, options, around } = this;
    const searches = this.recipe === 'int8' && options.measure;
    const result = await quantizeInt8(bench, {
      cleaned,
      dims: options,
      calibration: data.calibration,
      keep,
      activations: options.activations,
      memory: around.memory,
      timing: searches
        ? { profile: (path) => this.rowsOf(path, feeds), race: (paths) => this.race(paths, feeds) }
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

  private async rowsOf(path: string, feeds: Feeds) {
    const file = this.bench.open(path);
    try {
      const graph = file.infer(this.options).graph;
      const { layers, added } = await profile(
        this.bench.engine,
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

  private async race(paths: readonly string[], feeds: Feeds) {
    const timings = await compareLatency(
      this.bench.engine,
      paths.map((path) => ({ path, feeds })),
      { ...this.measure, runs: Math.min(this.measure.runs, SEARCH_RUNS) },
    );
    const last = timings.at(-1);
    if (last === undefined) throw new Error('Nothing was timed.');
    return timings.slice(0, -1).map((timing) => speedup(timing, last, this.measure.seed));
  }

  /** Checks, measures and names what was made; or says why it is not worth a name. */
  private async finish(
    product: Product,
    cleaned: string,
    data: ChosenData,
    original: KeptOutputs,
  ): Promise<QuantizeOutcome> {
    const { options } = this;
    const result = this.underItsName(product.path, 'result');
    // What a refusal offers is made of it.
    if (product.all === undefined && product.path !== cleaned) discard(product.path);
    const report = await this.reportOf(product, result, cleaned, data, original);
    const verdict = report.latencyMs?.speedupOverCleaned?.verdict;
    const gainsNothing = () => verdict !== 'faster' && report.bytes.after >= this.sizeOf(cleaned);
    if (product.all !== undefined && (verdict === 'slower' || gainsNothing())) {
      const all = await product.all();
      const quantized = this.underItsName(all.path, 'quantized');
      const refused =
        all.path === product.path
          ? report
          : await this.reportOf({ ...product, ...all }, quantized, cleaned, data, original);
      const float = this.underItsName(cleaned, 'cleaned');
      return {
        status: 'refused',
        reason: whyRefused(refused.latencyMs),
        report: refused,
        candidates: { quantized, cleaned: float },
      };
    }
    const placed = this.bench.open(result);
    const companions = placed.model.externalFiles.map(({ path }) => path);
    placed.close();
    place(result, companions, options.output, { inputs: this.inputs, force: options.force });
    return { status: 'written', report };
  }

  private async reportOf(
    product: Product,
    path: string,
    cleaned: string,
    data: ChosenData,
    original: KeptOutputs,
  ): Promise<QuantizeReport> {
    const { bench, options, source, recipe } = this;
    const { size } = data.validation;
    const tell = this.tell(0.7, 1);
    const answer: Answer = await compareOutputs(bench, original, path, (done) =>
      tell(`Measuring the accuracy (${done} of ${size})`, (0.3 * done) / size),
    );
    checkAnswer(answer, options.model, recipe, this.hasData);
    const after = bench.open(path);
    try {
      const comparison = await compareModels(bench, {
        before: source,
        after,
        cleaned: options.measure && recipe !== 'float32' ? cleaned : null,
        names: { input: options.model, output: options.output },
        dims: options,
        answer,
        samples: data.validation,
        measure: options.measure ? this.measure : null,
        scratch: this.around.scratch,
        kept: product.kept,
        warnings: [...data.warnings, ...(product.warnings ?? [])],
        start: this.start,
        onProgress: (message, fraction) => tell(message, 0.3 + 0.7 * fraction),
        log: this.around.log,
      });
      const warnings = [...comparison.warnings, ...warningsOf(comparison, recipe, this.hasData)];
      return {
        ...comparison,
        warnings,
        recipe,
        ...(product.pair === undefined ? {} : { pair: product.pair }),
      };
    } finally {
      after.close();
    }
  }

  /** A copy in a folder of its own, called as the result will be: weights beside it are named after it. */
  private underItsName(path: string, folder: string): string {
    const target = join(this.around.scratch, folder, basename(this.options.output));
    mkdirSync(join(this.around.scratch, folder), { recursive: true });
    const file = this.bench.open(path);
    try {
      linkOrWrite(file, target);
    } finally {
      file.close();
    }
    return target;
  }

  private sizeOf(path: string): number {
    const file = this.bench.open(path);
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
