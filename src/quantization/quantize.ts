import { mkdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { differencesOf } from '../analysis/difference/differences';
import { comparisonReport } from '../analysis/difference/report';
import { reportedDecibels } from '../analysis/sqnr';
import { aboutTheModel, type Bench, numberedPaths, withSession } from '../evaluation/bench';
import { checkAnswer } from '../evaluation/check';
import { type ChosenData, chooseData } from '../evaluation/chooseData';
import { discard, linkOrWrite } from '../evaluation/copies';
import { filesOfData } from '../evaluation/data/files';
import { type Elsewhere, elsewhereOf } from '../evaluation/elsewhere';
import type { JobContext } from '../evaluation/jobContext';
import { KeptOutputs } from '../evaluation/keptOutputs';
import { type MeasureChoice, measureModels, profile } from '../evaluation/measureModels';
import { type Answer, compareOutputs } from '../evaluation/outputAgreement';
import { randomSamples } from '../evaluation/randomSamples';
import { someSamples } from '../evaluation/samples';
import { place, placePackage } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets, type Writing } from '../files/targets';
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
import type { Accuracy, Comparison, QuantizeReport } from '../protocol/reports';
import { adaptedEngine } from '../runtime/adaptedEngine';
import { adaptFeeds } from '../runtime/adaptFeeds';
import type { Engine, Feeds } from '../runtime/engine';
import { engineThatRuns } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { compareLatency, speedup } from '../runtime/measure';
import { sizedEngine } from '../runtime/sizedEngine';
import { observeExtremes, rangesFrom } from './calibrate';
import { evaluateWith } from './foldedConstants';
import { type Int8Model, quantizeInt8 } from './int8';
import { assignRecipe, schemesOf } from './layout';
import { pairName, reducedRange } from './pair';
import { refine, refusedRefinement } from './refine';
import { warningsOf, whyRefused } from './resultWarnings';
import { Twin } from './twin/twin';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/** Timed runs a session while searching: a slow model is timed many times, and only the last time is reported. */
const SEARCH_RUNS = 20;

const NOT_LOOKED_FOR =
  'Only weights were looked at for values that float16 cannot hold: activations are not known without a run.';

const NOT_SEARCHED =
  'No layer was left in float for being slow: that takes many measurements, which are made on this computer alone.';
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

/** Layers that a sentence names. */
const NAMED_LAYERS = 5;

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
  /** Over all weights that are stored in another form; null: nothing was lost. */
  readonly weightSqnrDb?: number | null;
  /** Layers of the source that have other weights, but not in the twin; by name. */
  readonly notInTwin?: readonly string[];
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
    const inputs = [...inputFiles(source), ...twinFiles(options), ...data.flatMap(filesOfData)];
    const targets = [options.output, ...(source.format.companionsOf?.(options.output) ?? [])];
    const writing = { inputs, force: options.force, ...packageOf(source, options.output) };
    checkTargets({ targets, ...writing });
    const keep = nodesNamed(source, options.keep);
    const refusal = rewriter.refusal(source, recipe) ?? refusalOf(source, recipe, options);
    if (refusal !== null) throw new ModelError(refusal, { file: options.model });
    const engine =
      source.format.cannotRun === undefined ? await engineOf(source, options, around.scratch) : null;
    const elsewhere = options.measure ? await elsewhereOf(options, around) : null;
    return await new Quantizing(
      options,
      around,
      source,
      keep,
      rewriter,
      engine,
      recipe,
      writing,
      start,
      elsewhere,
    ).run();
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

function twinFiles({ twin }: QuantizeOptions): string[] {
  if (twin == null) return [];
  const file = openWithWeights(twin);
  file.close();
  return inputFiles(file);
}

/** The first engine of the format that runs the model as it is to be fed. */
function engineOf(source: ModelFile, options: QuantizeOptions, scratch: string): Promise<Engine> {
  const { format, model } = source;
  return engineThatRuns(format.id, [model.file], options.threads, (engine) =>
    format.withSizes === undefined
      ? engine
      : sizedEngine(engine, modelInputs(source.infer(options).graph), scratch),
  );
}

/** Why a recipe makes no file of a format, or an option means nothing, in a sentence for people; null where all does. */
function refusalOf({ format }: ModelFile, recipe: Recipe, options: QuantizeOptions): string | null {
  if (!factsOf(recipe).formats.includes(format.id))
    return `${format.name} models cannot be quantized by the recipe ${recipe}.`;
  const { activations, ports } = options;
  const integers = factsOf(recipe).ports?.includes(format.id) ?? false;
  if (ports !== 'float' && !integers)
    return `Inputs and outputs of ${format.name} models are float by the recipe ${recipe}: leave out --io ${ports}.`;
  // Where there is nothing to find out there is nothing to choose.
  const observing = format.rewriter?.observing ?? null;
  if (activations === 'uint8' && observing !== null && observing.probe === undefined)
    return `${format.name} has kernels for int8 activations, not for uint8: leave out --activations.`;
  // One format alone has weights in groups and masks so far.
  if (
    format.rewriter?.observing !== null &&
    (options.groupSize !== undefined || options.sparsity !== undefined)
  )
    return `Groups and sparsity cannot be chosen for ${format.name} models.`;
  if (format.rewriter?.observing === null && options.activations !== 'auto')
    return `${format.name} chooses itself how activations are computed: --activations means nothing for it.`;
  if (options.twin != null && format.rewriter?.observing !== null)
    return `${format.name} models run here themselves: leave out --twin.`;
  const dataGiven = options.calibration !== null || options.validation !== null;
  if (format.cannotRun !== undefined && options.twin == null && dataGiven)
    return `Data to calibrate or to measure the accuracy on means nothing here: give the same network as a model that runs with --twin. ${format.cannotRun}`;
  return refusedRefinement(recipe, options);
}

/** For a model that is a package, how packages are recognized that the result may replace. */
function packageOf({ format, model }: ModelFile, output: string): Pick<Writing, 'isPackage'> {
  const { isPackage } = format;
  if (isPackage === undefined || !isPackage(model.file)) return {};
  const ending = extname(resolve(model.file));
  if (ending !== '' && extname(resolve(output)) !== ending)
    throw new UsageError(
      `${model.file} is a package, and so is the result: its name must end with ${ending}.`,
    );
  return { isPackage };
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

/** What the figures through a twin leave out. */
function leftFloat({ model, without }: Exclude<Accuracy['through'], undefined>): string[] {
  const count = without.length;
  if (count === 0) return [];
  const named = without.slice(0, NAMED_LAYERS).join(', ');
  const more = count > NAMED_LAYERS ? ` and ${count - NAMED_LAYERS} more` : '';
  return [
    `${count} ${count === 1 ? 'layer was' : 'layers were'} not found in ${basename(model)} and kept float weights there, so that the loss is at least what is stated: ${named}${more}.`,
  ];
}

class Quantizing {
  /** Files are read and written by it, whether an engine runs them or not. */
  private readonly files: Omit<Bench, 'engine'>;
  private readonly measure: MeasureChoice;
  /** Nodes of the source, by those of the cleaned model. */
  private origins: Origins = new Map();
  /** The same network as a model that runs here, if one was given. */
  private twin: Twin | null = null;

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
    /** Files that must stay as they are, and what may be replaced. */
    private readonly writing: Omit<Writing, 'targets'>,
    private readonly start: number,
    /** Where the result is measured, if not on this computer. */
    private readonly elsewhere: Elsewhere | null,
  ) {
    const { threads, runs, seed } = options;
    const newPath = numberedPaths(around.scratch, source.model.file);
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
    this.twin = options.twin == null ? null : await this.openTwin(options.twin);
    try {
      const product = await this.make(cleaned, running);
      if (!options.measure && product.path !== cleaned) discard(cleaned);
      return await this.finish(product, cleaned, running);
    } finally {
      this.twin?.close();
    }
  }

  private openTwin(path: string): Promise<Twin> {
    const { options, source, around } = this;
    this.tell(0, 1)('Finding the weights in the twin', 0.05);
    const rounds = (factsOf(this.recipe).weights ?? []).some((weights) => !weights.startsWith('float'));
    return Twin.open(source, { ...options, path, choice: options, rounds, scratch: around.scratch });
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
    const assignment = refine(assignRecipe(plan, recipe, keep), this.options);
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
    const careful = await this.twin?.roundings(assignment, (done) =>
      this.tell(0.05, 0.5)('Reading the activations of the twin', done),
    );
    warnings.push(...(careful?.warnings ?? []));
    const target = this.files.newPath(recipe);
    const settings = {
      reduceRange,
      ranges,
      asked: schemesOf(recipe),
      ...(careful && { rounding: careful.roundings }),
    };
    const written = writeAssigned(rewriter, cleaned, plan, assignment, settings, target);
    const { kept, weights } = written;
    const changed = [...assignment].filter(([id, one]) => schemeOf(one) !== 'float32' && !kept.has(id));
    const [reason] = kept.values();
    if (changed.length === 0 && reason !== undefined)
      throw new ModelError(`No layer of ${this.options.model} can be stored so: ${reason}.`, {
        file: this.options.model,
      });
    const names = new Map(plan.nodes.map(({ id, name }) => [id, name]));
    const notInTwin = this.twin?.without(changed.map(([id]) => id)).map((id) => names.get(id) ?? id);
    return {
      path: target,
      kept,
      ...(notInTwin && { notInTwin }),
      warnings: [...warnings, ...(written.warnings ?? [])],
      ...(weights && { weightSqnrDb: reportedDecibels(10 * Math.log10(weights.signal / weights.noise)) }),
      ...(dynamic ? { pair: pairName('uint8', reduceRange) } : {}),
    };
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
    const searches = this.recipe === 'int8' && options.measure && this.elsewhere === null;
    const result = await quantizeInt8(workbench, {
      cleaned,
      dims: options,
      calibration: data.calibration,
      keep,
      activations: this.recipe === 'int16x8' ? 'int16' : options.activations,
      ports: options.ports,
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
    if (this.writing.isPackage === undefined) place(result, companions, options.output, this.writing);
    else placePackage(result, options.output, this.writing);
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
      const { pair, weightSqnrDb } = product;
      const comparison =
        running === null
          ? await this.unmeasured(product, after)
          : await this.measured(product, after, cleaned, running);
      const warnings = [...comparison.warnings, ...warningsOf(comparison, this.recipe, this.hasData)];
      return {
        ...comparison,
        warnings,
        recipe: this.recipe,
        ...(pair === undefined ? {} : { pair }),
        ...(weightSqnrDb === undefined ? {} : { weightSqnrDb }),
      };
    } finally {
      after.close();
    }
  }

  private async unmeasured(product: Product, after: ModelFile): Promise<Comparison> {
    const { options, source } = this;
    const answer = await this.throughTwin(after);
    const through = { model: options.twin ?? '', without: [...(product.notInTwin ?? [])] };
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
    return {
      ...report,
      layers,
      accuracy: answer && { ...answer.accuracy, through },
      warnings: [
        ...report.warnings,
        ...(this.twin?.data.warnings ?? []),
        ...this.notes,
        ...(product.warnings ?? []),
        ...(answer?.warnings ?? []),
        ...leftFloat(through),
        unrun,
      ],
    };
  }

  /** How the twin answers with the weights of a result; null where there is none. */
  private async throughTwin(after: ModelFile): Promise<Answer | null> {
    const { twin } = this;
    if (twin === null) return null;
    const { size } = twin.data.validation;
    return twin.answerWith(after, (done) =>
      this.tell(0.7, 1)(`Measuring the accuracy through the twin (${done} of ${size})`, done / size),
    );
  }

  private async measured(
    product: Product,
    after: ModelFile,
    cleaned: string,
    { bench: plain, data, original }: Running,
  ): Promise<Comparison> {
    const { options, source, recipe } = this;
    // What has integer inputs is fed what they stand for, and the integers inside count as what they stand for.
    const given = modelInputs(source.infer(options).graph);
    const adapts = factsOf(recipe).ports?.includes(source.format.id) ?? false;
    const engine = adapts ? adaptedEngine(given, [plain.engine], () => plain.engine) : plain.engine;
    const bench: Bench = { ...plain, engine };
    const { size } = data.validation;
    const tell = this.tell(0.7, 1);
    const answer: Answer = await compareOutputs(bench, original, after.model.file, (done) =>
      tell(`Measuring the accuracy (${done} of ${size})`, (0.3 * done) / size),
    );
    checkAnswer(answer, options.model, recipe, this.hasData);
    const [comparison] = await measureModels(bench, {
      first: source,
      others: [{ file: after, output: options.output, answer, kept: this.keptInSource(product.kept) }],
      cleaned: options.measure && recipe !== 'float32' && this.elsewhere === null ? cleaned : null,
      input: options.model,
      dims: options,
      samples: data.validation,
      measure: options.measure ? this.measure : null,
      elsewhere: this.elsewhere,
      scratch: this.around.scratch,
      warnings: [...data.warnings, ...this.notes, ...(product.warnings ?? [])],
      start: this.start,
      ...(adapts && {
        each: {
          engineOf: () => plain.engine,
          feedsOf: (file, graph, feeds) => adaptFeeds(feeds, given, modelInputs(graph), file.model.file),
        },
      }),
      onProgress: (message, fraction) => tell(message, 0.3 + 0.7 * fraction),
      log: this.around.log,
    });
    return present(comparison, 'report of the result');
  }

  /** What the format says of the recipe. */
  private get notes(): readonly string[] {
    return this.rewriter.notes?.(this.source, this.recipe) ?? [];
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
