import { basename } from 'node:path';
import { differencesOf } from '../../analysis/difference/differences';
import { comparisonReport } from '../../analysis/difference/report';
import type { Bench } from '../../evaluation/bench';
import { checkAnswer } from '../../evaluation/check';
import { DEFAULT_LENGTHS, latencyAtLengths, sequenceDimension } from '../../evaluation/lengths';
import { measureModels } from '../../evaluation/measureModels';
import { type Answer, compareOutputs } from '../../evaluation/outputAgreement';
import type { ModelFile } from '../../formats/format';
import { present } from '../../model/assert';
import { factsOf } from '../../protocol/recipes';
import type { Accuracy, Comparison, LatencyAtLength, QuantizeReport } from '../../protocol/reports';
import { adaptedEngine } from '../../runtime/adaptedEngine';
import { adaptFeeds } from '../../runtime/adaptFeeds';
import { modelInputs } from '../../runtime/inputs';
import { warningsOf } from '../resultWarnings';
import type { Twin } from '../twin/twin';
import type { Product } from './outcome';
import { keptInSource, type Prepared } from './prepare';
import type { Running } from './running';
import { hasData, secondsOf, tell, type Work } from './work';

/** Layers that a sentence names. */
const NAMED_LAYERS = 5;

/**
 * Says what became of the model: checks the result, and measures it beside the original.
 * @param path of the result
 * @throws CheckError when the result is no good
 */
export async function reportOf(
  work: Work,
  prepared: Prepared,
  product: Product,
  path: string,
): Promise<QuantizeReport> {
  const { running } = prepared;
  const { recipe } = work;
  const after = work.files.open(path);
  try {
    const { pair, steps, sensitivity, weightSqnrDb } = product;
    const comparison =
      running === null
        ? await unmeasured(work, prepared, product, after)
        : await measured(work, prepared, product, after, running);
    const warnings = [...comparison.warnings, ...warningsOf(comparison, recipe, hasData(work))];
    const byLength = running === null ? null : await atLengths(work, path, running.bench, warnings);
    return {
      ...comparison,
      warnings,
      recipe,
      ...(pair === undefined ? {} : { pair }),
      ...(product.found === undefined ? {} : { search: product.found.report }),
      ...(steps === undefined ? {} : { steps: [...steps] }),
      ...(sensitivity === undefined ? {} : { sensitivity: [...sensitivity] }),
      ...(byLength === null ? {} : { latencyByLength: byLength }),
      ...(weightSqnrDb === undefined ? {} : { weightSqnrDb }),
    };
  } finally {
    after.close();
  }
}

async function unmeasured(
  work: Work,
  { origins, twin }: Prepared,
  product: Product,
  after: ModelFile,
): Promise<Comparison> {
  const { options, source } = work;
  const answer = await throughTwin(work, twin, after);
  const through = { model: options.twin ?? '', without: [...(product.notInTwin ?? [])] };
  const seconds = secondsOf(work);
  const names = { input: options.model, output: options.output };
  const report = comparisonReport(differencesOf(source, after, options), names, seconds);
  const kept = keptInSource(work, origins, product.kept);
  const layers = report.layers.map((layer) => {
    const id = layer.before?.layer?.id;
    const reason = id === undefined ? undefined : kept.get(id);
    return reason === undefined ? layer : { ...layer, kept: reason };
  });
  const unrun = `The result was not run: ${work.unrun}`;
  return {
    ...report,
    layers,
    accuracy: answer && { ...answer.accuracy, through },
    warnings: [
      ...report.warnings,
      ...(twin?.data.warnings ?? []),
      ...notesOf(work),
      ...(product.warnings ?? []),
      ...(answer?.warnings ?? []),
      ...leftFloat(through),
      unrun,
    ],
  };
}

/** How the twin answers with the weights of a result; null where there is none. */
async function throughTwin(work: Work, twin: Twin | null, after: ModelFile): Promise<Answer | null> {
  if (twin === null) return null;
  const { size } = twin.data.validation;
  return twin.answerWith(after, (done) =>
    tell(work, 0.7, 1)(`Measuring the accuracy through the twin (${done} of ${size})`, done / size),
  );
}

async function measured(
  work: Work,
  { cleaned, origins }: Prepared,
  product: Product,
  after: ModelFile,
  { bench: plain, data, original }: Running,
): Promise<Comparison> {
  const { options, source, recipe, elsewhere } = work;
  // What has integer inputs is fed what they stand for, and the integers inside count as what they stand for.
  const given = modelInputs(source.infer(options).graph);
  const adapts = factsOf(recipe).ports?.includes(source.format.id) ?? false;
  const engine = adapts ? adaptedEngine(given, [plain.engine], () => plain.engine) : plain.engine;
  const bench: Bench = { ...plain, engine };
  const { size } = data.validation;
  const telling = tell(work, 0.7, 1);
  const answer: Answer = await compareOutputs(bench, original, after.model.file, (done) =>
    telling(`Measuring the accuracy (${done} of ${size})`, (0.3 * done) / size),
  );
  checkAnswer(answer, options.model, recipe, hasData(work));
  const [comparison] = await measureModels(bench, {
    first: source,
    others: [
      { file: after, output: options.output, answer, kept: keptInSource(work, origins, product.kept) },
    ],
    cleaned: options.measure && recipe !== 'float32' && elsewhere === null ? cleaned : null,
    input: options.model,
    dims: options,
    samples: data.validation,
    measure: options.measure ? work.measure : null,
    elsewhere,
    scratch: work.around.scratch,
    warnings: [...data.warnings, ...notesOf(work), ...(product.warnings ?? [])],
    start: work.start,
    ...(adapts && {
      each: {
        engineOf: () => plain.engine,
        feedsOf: (file, graph, feeds) => adaptFeeds(feeds, given, modelInputs(graph), file.model.file),
      },
    }),
    onProgress: (message, fraction) => telling(message, 0.3 + 0.7 * fraction),
    log: work.around.log,
  });
  return present(comparison, 'report of the result');
}

/** null: nothing is timed, or the model has no open dimension of a sequence. */
async function atLengths(
  work: Work,
  path: string,
  bench: Bench,
  warnings: string[],
): Promise<LatencyAtLength[] | null> {
  const { options, source, measure } = work;
  const dim = sequenceDimension(source, options);
  if (!options.measure || dim === null) return null;
  tell(work, 0, 1)(`Timing the models at lengths of ${dim}`, 0.98);
  const lengths = options.lengths ?? DEFAULT_LENGTHS;
  return latencyAtLengths(bench, source, path, dim, lengths, options, measure, (sentence) =>
    warnings.push(sentence),
  );
}

/** What the format says of the recipe. */
function notesOf({ rewriter, source, recipe }: Work): readonly string[] {
  return rewriter.notes?.(source, recipe) ?? [];
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
