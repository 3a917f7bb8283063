import { basename, join } from 'node:path';
import { aboutTheModel } from '../evaluation/bench';
import { discard } from '../evaluation/copies';
import { filesOfData } from '../evaluation/data/files';
import { elsewhereOf } from '../evaluation/elsewhere';
import type { JobContext } from '../evaluation/jobContext';
import { checkTargets } from '../files/targets';
import { openWithWeights } from '../formats';
import { inputFiles } from '../formats/inputFiles';
import { present } from '../model/assert';
import { ModelError } from '../model/modelError';
import type { QuantizeOptions, SearchOptions } from '../protocol/options';
import { isCalibrated } from '../protocol/recipes';
import { CLEANED } from '../protocol/search';
import { deliver, placed } from './job/deliver';
import { makeDirectly } from './job/makeDirectly';
import { makeInt8 } from './job/makeInt8';
import type { Found, Product, QuantizeOutcome, SearchOutcome } from './job/outcome';
import { type Prepared, prepare, twinFiles } from './job/prepare';
import { nodesNamed, packageOf, refusalOf, tooLargeToRun } from './job/refusals';
import { again, isWhole, memoryOf } from './job/remembering';
import { engineOf } from './job/running';
import { NO_SHARE, type Share, tell, underItsName, type Work, workOn } from './job/work';
import { outputPath } from './outputPath';

/**
 * Makes a quantized copy of a model: cleans and folds it, applies the recipe, checks the result, measures it
 * beside the original, and only then gives it its name.
 * @throws UsageError, ModelError with a sentence for people; CheckError when the result is no good.
 */
export function quantize(options: QuantizeOptions, around: JobContext): Promise<QuantizeOutcome> {
  return withWork(options, NO_SHARE, around, quantized);
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
  return withWork({ ...named, output: path }, { from, shard }, around, (work) =>
    searched(work, output !== null),
  );
}

async function withWork<T>(
  options: QuantizeOptions,
  share: Share,
  around: JobContext,
  use: (work: Work) => Promise<T>,
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
    const named = { options, share, around, source, keep, rewriter, engine, unrun, recipe, writing };
    return await use(workOn({ ...named, start, elsewhere }));
  } catch (error) {
    throw aboutTheModel(error, around.scratch, options.model);
  } finally {
    source.close();
  }
}

async function quantized(work: Work): Promise<QuantizeOutcome> {
  const memory = await memoryOf(work);
  const known = memory === null ? null : await memory.recall(work.around.scratch);
  if (known?.outcome) return again(work, known, known.outcome);
  return withPrepared(work, async (prepared) => {
    const product = await make(work, prepared);
    if (!work.options.measure && product.path !== prepared.cleaned) discard(prepared.cleaned);
    const outcome = await deliver(work, prepared, product);
    const { found } = product;
    if (memory !== null && found !== undefined && isWhole(found) && outcome.report.latencyMs !== null)
      await memory.remember({ search: found.report, files: found.files, outcome });
    return outcome;
  });
}

/** The candidates alone; the chosen one is written if the user says where. */
async function searched(work: Work, writes: boolean): Promise<SearchOutcome> {
  const memory = await memoryOf(work);
  const known = memory === null ? null : await memory.recall(work.around.scratch);
  const found =
    known === null
      ? await searchedNow(work)
      : { report: known.search, files: known.files, stopped: false, busy: false };
  if (known === null && memory !== null && isWhole(found))
    await memory.remember({ search: found.report, files: found.files, outcome: null });
  const { report, files } = found;
  const chosen = report.chosen === CLEANED ? undefined : files.get(report.chosen);
  const output = writes && chosen !== undefined ? placed(work, underItsName(work, chosen, 'result')) : null;
  return { report, files: Object.fromEntries(files), output };
}

function searchedNow(work: Work): Promise<Found> {
  return withPrepared(work, async (prepared) => {
    const { found } = await make(work, prepared);
    return present(found, 'what a search found');
  });
}

async function withPrepared<T>(work: Work, use: (prepared: Prepared) => Promise<T>): Promise<T> {
  const prepared = await prepare(work);
  try {
    return await use(prepared);
  } finally {
    prepared.twin?.close();
  }
}

/** Applies the recipe to the cleaned model. */
async function make(work: Work, prepared: Prepared): Promise<Product> {
  const { cleaned, origins } = prepared;
  if (work.recipe === 'float32') return { path: cleaned, kept: new Map() };
  const file = work.files.open(cleaned);
  try {
    tell(work, 0, 1)('Quantizing', 0.05);
    const kept = [...origins].filter(([, source]) => work.keep.has(source)).map(([id]) => id);
    return isCalibrated(work.recipe)
      ? await makeInt8(work, prepared, file, new Set(kept))
      : await makeDirectly(work, prepared, file, kept);
  } finally {
    file.close();
  }
}
