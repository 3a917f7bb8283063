import { mkdirSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
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
import { DEFAULT_LENGTHS, latencyAtLengths, sequenceDimension } from '../evaluation/lengths';
import { type MeasureChoice, measureModels } from '../evaluation/measureModels';
import { type Answer, compareOutputs } from '../evaluation/outputAgreement';
import { randomSamples } from '../evaluation/randomSamples';
import { someSamples } from '../evaluation/samples';
import { hashOf } from '../files/contentHash';
import { place, placePackage } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets, type Writing } from '../files/targets';
import { openWithWeights } from '../formats';
import type { ModelFile } from '../formats/format';
import { inputFiles, sizeOf } from '../formats/inputFiles';
import type { ModelPlan, Range } from '../formats/plan';
import type { Origins, Rewriter, WriteSettings } from '../formats/rewriter';
import { present } from '../model/assert';
import { ModelError, UsageError } from '../model/modelError';
import type { NodeId } from '../model/nodeId';
import { type Assignment, type Scheme, schemeOf } from '../model/precision';
import { formatBytes } from '../protocol/numbers';
import type { QuantizeOptions, SearchOptions } from '../protocol/options';
import { factsOf, isCalibrated, type Recipe } from '../protocol/recipes';
import type { Accuracy, Comparison, LatencyAtLength, QuantizeReport } from '../protocol/reports';
import { CLEANED, FLOAT, isWithin, type KeptLayer, lossText, type SearchReport } from '../protocol/search';
import { adaptedEngine } from '../runtime/adaptedEngine';
import { adaptFeeds } from '../runtime/adaptFeeds';
import type { Engine, Feeds } from '../runtime/engine';
import { engineThatRuns } from '../runtime/engines';
import { modelInputs } from '../runtime/inputs';
import { sizedEngine } from '../runtime/sizedEngine';
import { observeExtremes, rangesFrom } from './calibrate';
import { evaluateWith } from './foldedConstants';
import { type Int8Search, quantizeInt8 } from './int8';
import { assignRecipe, schemesOf } from './layout';
import { outputPath } from './outputPath';
import { pairName, reducedRange } from './pair';
import { refine, refusedRefinement } from './refine';
import { warningsOf, whyRefused } from './resultWarnings';
import { roundedWeights } from './rounding/roundedWeights';
import { ALL } from './search';
import { type Remembered, SearchMemory, searchKey } from './searchMemory';
import { Trials } from './trials';
import { Twin } from './twin/twin';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/**
 * A larger model is only run where data was given: an engine takes more memory than the file for it, and what it answers
 * to random numbers is not worth that. (What one message of protobuf can hold: beyond it weights lie beside the model.)
 */
const LARGEST_RUN_UNASKED = 2 ** 31;

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
 * without samples make none, but their new weights lie there twice while they are written; with timing those that
 * profiling takes.
 */
function copiesOf(recipe: Recipe, measure: boolean): number {
  const equalized = isCalibrated(recipe) ? 1 : 0;
  if (measure) return 3 + equalized;
  if (equalized > 0) return 3.3;
  return recipe !== 'float32' && factsOf(recipe).samples === 'none' ? 1.5 : 2;
}

/** The part of the model's size that its result has, about: what must at least be free where it goes. */
function resultOf(recipe: Recipe): number {
  const { weights } = factsOf(recipe);
  if (weights === null) return 1;
  return weights.includes('float16') ? 0.5 : 0.25;
}

/** Layers that a sentence names. */
const NAMED_LAYERS = 5;

/**
 * `written`: the output has its name. `refused`: nothing was written, because nothing that was found is worth it on this
 * computer, or the user stopped the search; `report` says how much, and the two files lie in the scratch folder until
 * the user decides. `files` are those of the candidates of a search, by their ids, in the scratch folder.
 */
export type QuantizeOutcome =
  | { status: 'written'; report: QuantizeReport; files?: Record<string, string> }
  | {
      status: 'refused';
      reason: string;
      report: QuantizeReport;
      candidates: { quantized: string; cleaned: string };
      files?: Record<string, string>;
    };

/** Candidates, and where their files lie in the scratch folder. */
export interface SearchOutcome {
  report: SearchReport;
  files: Record<string, string>;
  /** Where the chosen one was written; null: nowhere. */
  output: string | null;
}

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
  /** As the report names them. */
  readonly steps?: readonly string[];
  /** Over all weights that are stored in another form; null: nothing was lost. */
  readonly weightSqnrDb?: number | null;
  /** Layers of the source that have other weights, but not in the twin; by name. */
  readonly notInTwin?: readonly string[];
  /** What a reader must know of how it was chosen. */
  readonly warnings?: readonly string[];
  /** What was found where candidates were searched: the product is the chosen one, or what a refusal is about. */
  readonly found?: Found;
}

/** Candidates of a search, each in a file of its own. */
interface Found {
  readonly report: SearchReport;
  readonly files: ReadonlyMap<string, string>;
  /** The user wanted no more. */
  readonly stopped: boolean;
  /** The same settings on the same computer may find more another time. */
  readonly busy: boolean;
}

/**
 * Makes a quantized copy of a model: cleans and folds it, applies the recipe, checks the result, measures it
 * beside the original, and only then gives it its name.
 * @throws UsageError, ModelError with a sentence for people; CheckError when the result is no good.
 */
export function quantize(options: QuantizeOptions, around: JobContext): Promise<QuantizeOutcome> {
  return withQuantizing(options, NO_SHARE, around, (work) => work.run());
}

/**
 * Finds candidates between all layers in int8 and all in float, scores and times them, and says which is the fastest
 * within the user's limit.
 * @throws as `quantize`
 */
export function search(
  { from, shard, output, ...options }: SearchOptions,
  around: JobContext,
): Promise<SearchOutcome> {
  const named = { ...options, recipe: 'int8' as const, measure: true };
  const path = output ?? join(around.scratch, basename(outputPath(options.model, 'int8')));
  return withQuantizing({ ...named, output: path }, { from, shard }, around, (work) =>
    work.search(output !== null),
  );
}

type Share = Pick<SearchOptions, 'from' | 'shard'>;
const NO_SHARE: Share = { from: null, shard: null };

async function withQuantizing<T>(
  options: QuantizeOptions,
  share: Share,
  around: JobContext,
  use: (work: Quantizing) => Promise<T>,
): Promise<T> {
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
    const unrun = source.format.cannotRun ?? tooLargeToRun(source, recipe, options);
    const work = new Quantizing(
      options,
      share,
      around,
      source,
      keep,
      rewriter,
      engine,
      unrun,
      recipe,
      writing,
      start,
      elsewhere,
    );
    try {
      return await use(work);
    } finally {
      work.close();
    }
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

/** Why a model is not run though an engine could, in a sentence for people; null where it is. */
function tooLargeToRun(source: ModelFile, recipe: Recipe, options: QuantizeOptions): string | null {
  const bytes = sizeOf(source);
  const asked = isCalibrated(recipe) || options.calibration !== null || options.validation !== null;
  return asked || bytes <= LARGEST_RUN_UNASKED
    ? null
    : `the model has ${formatBytes(bytes)}, and an engine takes more memory than that to run it. Give data to have it run, checked and compared.`;
}

/** What the twin consists of, which must stay as it is. */
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
  const { rewriter } = format;
  // One format alone has masks so far.
  if (rewriter?.observing !== null && options.sparsity !== undefined)
    return `Sparsity cannot be chosen for ${format.name} models.`;
  const sizes = rewriter?.groupSizes;
  if (sizes !== undefined && options.groupSize !== undefined && !sizes.includes(options.groupSize))
    return sizes.length === 0
      ? `Groups cannot be chosen for ${format.name} models.`
      : `Weights of ${format.name} models share a scale in groups of ${sizes.slice(0, -1).join(', ')} or ${sizes.at(-1)}, not ${options.groupSize}.`;
  if (options.weightForm !== undefined && rewriter?.weightForms !== true)
    return `${format.name} has one form of weights alone: --weight-form means nothing for it.`;
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
  private subjectHash: Promise<string> | null = null;
  /** The same network as a model that runs here, if one was given. */
  private twin: Twin | null = null;

  constructor(
    private readonly options: QuantizeOptions,
    private readonly share: Share,
    private readonly around: JobContext,
    private readonly source: ModelFile,
    /** Nodes of the source that stay in float. */
    private readonly keep: ReadonlySet<NodeId>,
    private readonly rewriter: Rewriter,
    /** null: nothing here runs models of this format. */
    private readonly engine: Engine | null,
    /** Why the model is not run, so that nothing is calibrated, checked or measured; null where it is. */
    private readonly unrun: string | null,
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
    const memory = await this.memory();
    const known = memory === null ? null : await memory.recall(this.around.scratch);
    if (known?.outcome) return this.again(known, known.outcome);
    const { cleaned, running } = await this.prepare();
    const product = await this.make(cleaned, running);
    if (!this.options.measure && product.path !== cleaned) discard(cleaned);
    const outcome = await this.finish(product, cleaned, running);
    const { found } = product;
    if (memory !== null && found !== undefined && isWhole(found) && outcome.report.latencyMs !== null)
      await memory.remember({ search: found.report, files: found.files, outcome });
    return outcome;
  }

  /** The candidates alone; the chosen one is written if the user says where. */
  async search(writes: boolean): Promise<SearchOutcome> {
    const memory = await this.memory();
    const known = memory === null ? null : await memory.recall(this.around.scratch);
    const found =
      known === null
        ? await this.searchNow()
        : { report: known.search, files: known.files, stopped: false, busy: false };
    if (known === null && memory !== null && isWhole(found))
      await memory.remember({ search: found.report, files: found.files, outcome: null });
    const { report, files } = found;
    const chosen = report.chosen === CLEANED ? undefined : files.get(report.chosen);
    const output = writes && chosen !== undefined ? this.placed(this.underItsName(chosen, 'result')) : null;
    return { report, files: Object.fromEntries(files), output };
  }

  private async searchNow(): Promise<Found> {
    const { cleaned, running } = await this.prepare();
    const { found } = await this.make(cleaned, running);
    return present(found, 'what a search found');
  }

  /** An earlier run on this computer did all of it with the same model, data and settings. */
  private again(
    { search, files }: Remembered,
    { status, report }: NonNullable<Remembered['outcome']>,
  ): QuantizeOutcome {
    const { options } = this;
    const own = { ...report, input: options.model, output: options.output, search };
    const all = Object.fromEntries(files);
    const quantized = present(
      files.get(status === 'written' ? search.chosen : fallbackOf(search)),
      'candidate',
    );
    const result = this.underItsName(quantized, 'result');
    if (status === 'refused') {
      const cleaned = this.underItsName(present(files.get(CLEANED), 'cleaned model'), 'cleaned');
      return {
        status,
        reason: search.headline,
        report: own,
        candidates: { quantized: result, cleaned },
        files: all,
      };
    }
    this.placed(result);
    return { status, report: own, files: all };
  }

  /** null: what is made is no search, or consists of several files. */
  private async memory(): Promise<SearchMemory | null> {
    const { options, around, engine, source } = this;
    const searches = this.recipe === 'int8' && options.measure && engine !== null && this.elsewhere === null;
    if (!searches || source.model.externalFiles.length > 0) return null;
    const { search, runs, activations, ports } = options;
    const settings = [search, runs, activations, ports, this.share];
    return new SearchMemory(around.memory, searchKey(await this.subject(), engine.name, settings));
  }

  /** What searches must have in common, so that their candidates can be set against each other. */
  private async subject(): Promise<string> {
    const { calibrationSamples, seed, threads, dims, shapes, keep, preprocessing, search } = this.options;
    const { calibration, validation } = this.options;
    const data = [calibration, validation].map(
      (one) => one && { labels: one.labels !== null, offset: one.labelOffset },
    );
    this.subjectHash ??= hashOf(this.writing.inputs, [
      { calibrationSamples, seed, threads, dims, shapes, keep, preprocessing, maxLoss: search.maxLoss },
      data,
    ]);
    return this.subjectHash;
  }

  private async prepare(): Promise<{ cleaned: string; running: Running | null }> {
    const { engine, files, options, source } = this;
    checkRoom(
      this.around.scratch,
      copiesOf(this.recipe, options.measure) * sizeOf(source),
      `Copies of ${basename(options.model)}, while it is quantized,`,
    );
    checkRoom(
      dirname(resolve(options.output)),
      resultOf(this.recipe) * sizeOf(source),
      `The result of ${basename(options.model)}`,
    );
    const running =
      engine === null || this.unrun !== null ? null : await this.startRunning({ ...files, engine });
    this.tell(0, 1)('Cleaning and folding the model', 0.02);
    const cleaned = files.newPath('cleaned');
    this.origins = await this.rewriter.clean(
      source,
      cleaned,
      engine === null ? async () => new Map() : evaluateWith(engine),
    );
    this.twin = options.twin == null ? null : await this.openTwin(options.twin);
    return { cleaned, running };
  }

  close(): void {
    this.twin?.close();
  }

  private openTwin(path: string): Promise<Twin> {
    const { options, source, around } = this;
    this.tell(0, 1)('Finding the weights in the twin', 0.05);
    const rounds = (factsOf(this.recipe).weights ?? []).some((weights) => !weights.startsWith('float'));
    return Twin.open(source, { ...options, path, choice: options, rounds, scratch: around.scratch });
  }

  private async startRunning(bench: Bench): Promise<Running> {
    const { options, source } = this;
    this.tell(0, 1)('Reading the data', 0);
    const inferred = source.infer(options).graph;
    const random = randomSamples(source, inferred, options.seed);
    const fits = isCalibrated(this.recipe) || this.roundsByData;
    const data = await chooseData(options, modelInputs(inferred), random, fits);
    const feeds = await data.validation.feeds(0);
    // A model that does not run has nothing to be compared with; say so before any work is done.
    await withSession(bench, options.model, (session) => session.run(feeds));
    return {
      bench,
      workbench: this.workbench,
      data,
      feeds,
      original: new KeptOutputs(bench, options.model, data.validation),
    };
  }

  /** What copies are observed with; null where nothing here runs them, or the format has none. */
  private get workbench(): Workbench | null {
    const { engine, files, rewriter } = this;
    const { observing } = rewriter;
    return engine === null || observing === null ? null : { ...files, engine, rewriter, observing };
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
    const { workbench } = this;
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
    const { weightForm } = this.options;
    let settings: Partial<WriteSettings> & { asked: Set<Scheme> } = {
      reduceRange,
      ranges,
      asked: schemesOf(recipe),
      ...(weightForm === undefined ? {} : { weightForm }),
      ...(careful && { rounding: careful.roundings }),
    };
    let steps: string[] | undefined;
    if (workbench !== null && running !== null && this.roundsByData) {
      const rounded = await roundedWeights(
        workbench,
        plan,
        assignment,
        {
          cleaned,
          dims: this.options,
          samples: running.data.calibration,
          reduceRange,
          onProgress: (fraction) => this.tell(0.05, 0.7)('Rounding weights', fraction),
        },
        (quantizedWeights) => {
          const path = this.files.newPath('rounded');
          writeAssigned(rewriter, cleaned, plan, assignment, { ...settings, quantizedWeights }, path);
          return path;
        },
      );
      settings = { ...settings, quantizedWeights: rounded.weights };
      steps = [`rounding: ${rounded.how}`];
      this.around.log(steps.join());
    }
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
      ...(steps === undefined ? {} : { steps }),
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
    const { workbench, data } = running;
    const searches = this.recipe === 'int8' && options.measure && this.elsewhere === null;
    const trials = searches ? this.trialsOf(cleaned, running) : null;
    const result = await quantizeInt8(workbench, {
      cleaned,
      dims: options,
      calibration: data.calibration,
      keep,
      activations: this.recipe === 'int16x8' ? 'int16' : options.activations,
      ports: options.ports,
      memory: around.memory,
      search: trials === null ? null : this.searchWith(trials),
      onProgress: this.tell(0.05, 0.7, searches),
      log: around.log,
    });
    const { all, search, pair, warnings } = result;
    if (trials === null || search === null) {
      const model = present(all, 'model with everything in int8');
      const unsearched = this.recipe === 'int8' && this.elsewhere !== null ? [NOT_SEARCHED] : [];
      return {
        path: model.path,
        kept: model.kept,
        steps: model.steps,
        warnings: [...warnings, ...model.warnings, ...unsearched],
        pair,
      };
    }
    const { report, files } = await trials.report(search, {
      pair,
      subject: await this.subject(),
      seconds: () => (performance.now() - this.start) / 1000,
      layersOf: ({ assignment, impossible }) =>
        [...assignment].filter(([id, own]) => schemeOf(own) === 'static' && !impossible.has(id)).length,
      keptOf: (kept) => this.keptLayers(kept),
    });
    const named = new Map(
      [...files].map(([id, path]) => [id, this.underItsName(path, join('candidates', id))]),
    );
    const stopped = around.stop?.aborted ?? false;
    const id = report.chosen === CLEANED ? fallbackOf(report) : report.chosen;
    const chosen = search.found.find((one) => one.id === id);
    const found = { report, files: named, stopped, busy: search.busy };
    // A machine that shares the candidates with others may have none to make.
    if (chosen === undefined) return { path: cleaned.model.file, kept: new Map(), warnings, pair, found };
    const { mix } = chosen;
    return {
      path: chosen.path,
      kept: new Map([...mix.impossible, ...mix.kept]),
      steps: chosen.steps,
      warnings: [...warnings, ...chosen.warnings, ...report.notes],
      pair,
      found,
    };
  }

  private trialsOf(cleaned: ModelFile, { bench, data, feeds }: Running): Trials {
    const { options, around, measure } = this;
    return new Trials(bench, {
      original: options.model,
      cleaned,
      dims: options,
      samples: data.validation,
      feeds,
      measure,
      maxLoss: options.search.maxLoss,
      scratch: around.scratch,
    });
  }

  private searchWith(trials: Trials): Int8Search {
    const { options, around, share } = this;
    return {
      seconds: options.search.seconds,
      from: share.from === null ? null : this.inCleaned(new Set(share.from)),
      shard: share.shard === null ? null : { ...share.shard, index: share.shard.index - 1 },
      stopped: () => around.stop?.aborted ?? false,
      profile: (path) => trials.profile(path),
      race: (paths) => trials.race(paths),
      score: (path) => trials.score(path),
      within: (score) => trials.within(score),
    };
  }

  /** Nodes of the cleaned model, by those of the source. */
  private inCleaned(nodes: ReadonlySet<NodeId>): NodeId[] {
    return [...this.origins].flatMap(([id, source]) => (nodes.has(source) ? [id] : []));
  }

  /** For people: the layers that stay in float, in the order of the source. */
  private keptLayers(kept: ReadonlyMap<NodeId, string>): KeptLayer[] {
    const reasons = this.keptInSource(kept);
    return this.source.model.graph.nodes.flatMap(({ id, name, op }) => {
      const reason = reasons.get(id);
      return reason === undefined ? [] : [{ id, name, op, reason }];
    });
  }

  /** Checks, measures and names what was made; or says why it is not worth a name. */
  private async finish(product: Product, cleaned: string, running: Running | null): Promise<QuantizeOutcome> {
    const { found } = product;
    const result = this.underItsName(product.path, 'result');
    if (product.path !== cleaned) discard(product.path);
    const report = saidWhole(await this.reportOf(product, result, cleaned, running));
    if (found === undefined) {
      this.placed(result);
      return { status: 'written', report };
    }
    const files = Object.fromEntries(found.files);
    const verdict = report.latencyMs?.speedupOverCleaned?.verdict;
    const gainsNothing = verdict !== 'faster' && report.bytes.after >= this.sizeOf(cleaned);
    const reason = found.stopped
      ? STOPPED
      : found.report.chosen === CLEANED
        ? found.report.headline
        : verdict === 'slower' || gainsNothing
          ? whyRefused(report.latencyMs)
          : null;
    if (reason !== null) {
      const float = this.underItsName(cleaned, 'cleaned');
      return {
        status: 'refused',
        reason,
        report,
        candidates: { quantized: result, cleaned: float },
        files,
      };
    }
    this.placed(result);
    return { status: 'written', report, files };
  }

  /** Gives a finished file the name that the user wants. */
  private placed(result: string): string {
    const { output } = this.options;
    const file = this.files.open(result);
    const companions = file.model.externalFiles.map(({ path }) => path);
    file.close();
    if (this.writing.isPackage === undefined) place(result, companions, output, this.writing);
    else placePackage(result, output, this.writing);
    return output;
  }

  private async reportOf(
    product: Product,
    path: string,
    cleaned: string,
    running: Running | null,
  ): Promise<QuantizeReport> {
    const after = this.files.open(path);
    try {
      const { pair, steps, weightSqnrDb } = product;
      const comparison =
        running === null
          ? await this.unmeasured(product, after)
          : await this.measured(product, after, cleaned, running);
      const warnings = [...comparison.warnings, ...warningsOf(comparison, this.recipe, this.hasData)];
      const byLength = running === null ? null : await this.atLengths(path, running.bench, warnings);
      return {
        ...comparison,
        warnings,
        recipe: this.recipe,
        ...(pair === undefined ? {} : { pair }),
        ...(product.found === undefined ? {} : { search: product.found.report }),
        ...(steps === undefined ? {} : { steps: [...steps] }),
        ...(byLength === null ? {} : { latencyByLength: byLength }),
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
    const unrun = `The result was not run: ${this.unrun}`;
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

  /** null: nothing is timed, or the model has no open dimension of a sequence. */
  private async atLengths(path: string, bench: Bench, warnings: string[]): Promise<LatencyAtLength[] | null> {
    const { options, source } = this;
    const dim = sequenceDimension(source, options);
    if (!options.measure || dim === null) return null;
    this.tell(0, 1)(`Timing the models at lengths of ${dim}`, 0.98);
    const lengths = options.lengths ?? DEFAULT_LENGTHS;
    return latencyAtLengths(bench, source, path, dim, lengths, options, this.measure, (sentence) =>
      warnings.push(sentence),
    );
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

  /** Weights are rounded by what calibration data give their layers. */
  private get roundsByData(): boolean {
    const schemes = schemesOf(this.recipe);
    return this.options.calibration !== null && (schemes.has('weights') || schemes.has('dynamic'));
  }

  private get hasData(): boolean {
    return this.options.calibration !== null || this.options.validation !== null;
  }

  /** @param keeps while it lasts, what was made until then can be kept */
  private tell(from: number, to: number, keeps = false): (message: string, fraction: number) => void {
    return (message, fraction) =>
      this.around.progress({
        message,
        fraction: from + (to - from) * Math.min(1, Math.max(0, fraction)),
        ...(keeps ? { keeps } : {}),
      });
  }
}

const STOPPED = 'The search was stopped, so nothing was written: what it found until then can be saved.';

/** Nothing is remembered that the same work would find more of on a quieter computer, or without being stopped. */
function isWhole({ stopped, busy }: Found): boolean {
  return !stopped && !busy;
}

/** What a refusal is about: everything in int8, unless that is noise alone; else the most accurate. */
function fallbackOf({ candidates }: SearchReport): string {
  const made = candidates.filter(({ id }) => id !== FLOAT && id !== CLEANED);
  const all = made.find(({ id }) => id === ALL);
  if (all !== undefined && (all.scoreDb ?? 1) > 0 && (all.accuracy?.sqnrDb ?? 1) > 0) return all.id;
  return made.reduce(
    (a, b) => ((b.scoreDb ?? 0) > (a.scoreDb ?? 0) ? b : a),
    made[0] ?? { id: ALL, scoreDb: 0 },
  ).id;
}

/** Candidates are scored on a part of large data: the headline says so where all of it shows that more is lost. */
function saidWhole(report: QuantizeReport): QuantizeReport {
  const { search, accuracy } = report;
  if (search === undefined || accuracy === null || accuracy.samples === search.samples) return report;
  const chosen = search.candidates.find(({ id }) => id === search.chosen);
  if (chosen === undefined || search.chosen === CLEANED) return report;
  const whole = { ...chosen, accuracy };
  if (isWithin(whole, search.maxLoss)) return report;
  const headline = `${search.headline} On all ${accuracy.samples} samples more is lost than that: ${lossText(whole)}.`;
  return { ...report, search: { ...search, headline } };
}
