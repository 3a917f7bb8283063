import { existsSync } from 'node:fs';
import path from 'node:path';
import { makeScratch } from '../../files/scratch';
import { ModelError } from '../../model/modelError';
import type { QuantizeOptions } from '../../protocol/options';
import type { QuantizeAnswer, QuantizeDefaults } from '../../protocol/page';
import type { Recipe } from '../../protocol/recipes';
import { DEFAULT_MAX_LOSS, DEFAULT_SEARCH_SECONDS } from '../../protocol/search';

import type { App } from '../app';
import { openComparison } from '../comparison/comparisonPanel';
import { stampsOf } from '../comparison/keptComparisons';
import { measuring } from '../devices';
import { stampOf } from '../files/fileStamp';
import { fileName } from '../files/targets';
import type { ModelView } from '../model/modelView';
import { calibrationSamples } from '../settings';
import { storedOptions, storeOptions } from '../storedOptions';
import { confirm } from '../telling/notifications';
import { Candidates } from './candidates';
import { CandidateFiles, KeptFolder } from './keptFiles';
import { resultPath } from './resultPath';

/** Why a copy of what is on no disk is not quantized. */
export const NOTHING_BESIDE =
  'This is an earlier or remote version of the model, beside which nothing can be written: quantize a file.';

/** What quantizing starts with: what fits the model, the settings, and what the user said last time. */
export async function quantizeDefaults(app: App, view: ModelView): Promise<QuantizeDefaults> {
  const { document } = view;
  const read = await document.reader.ask('quantizeChoice', { choice: view.choice });
  const choice = document.isCopy ? { ...read, possible: false, reason: NOTHING_BESIDE } : read;
  const options = defaultOptions(app, view, choice.recipe);
  const recipes = choice.recipes.map((offered) => ({
    ...offered,
    output: resultPath(document.path, offered.recipe),
  }));
  return { ...choice, recipes, options, preprocessing: options.preprocessing };
}

/** Quantizes; an existing file is replaced only if the user says so. The comparison page opens when it worked. */
export async function quantize(
  app: App,
  view: ModelView,
  wish: Partial<QuantizeOptions>,
): Promise<QuantizeAnswer> {
  const { document } = view;
  const recipe = wish.recipe ?? (await document.reader.ask('quantizeChoice', { choice: view.choice })).recipe;
  const options: QuantizeOptions = { ...defaultOptions(app, view, recipe), ...wish, model: document.path };
  if (!options.force && existsSync(options.output)) {
    if (!(await mayReplace(options.output))) return { status: 'cancelled' };
    options.force = true;
  }
  await storeOptions(app.context, document.uri, options);
  await document.setCandidates(null);
  const stamp = stampOf(document.path);
  // A folder of our own, because what was built must outlive the job.
  const folder = new KeptFolder(await makeScratch()).hold();
  try {
    const title = `Quantizing ${fileName(document.uri)}`;
    const send = document.send.bind(document);
    const outcome = await app.jobs.run({ kind: 'quantize', title, options, scratch: folder.path, send });
    if (outcome === null) return { status: 'cancelled' };
    const { files } = outcome;
    const found = files === undefined ? null : new CandidateFiles().add(folder, files);
    const page = { beforeName: fileName(document.uri), beforeIsHead: false, options, cannotRun: null };
    if (outcome.status === 'refused') {
      await document.setCandidates(new Candidates(folder).offer(outcome, options));
      const output = outcome.candidates.quantized;
      if (found !== null)
        await openComparison(
          app,
          {
            ...page,
            comparison: { ...outcome.report, output },
            afterName: `${path.basename(options.output)} (not saved)`,
            stamps: { before: stamp, after: stampOf(output) },
          },
          { files: found },
        );
      return { status: 'refused', reason: outcome.reason, report: outcome.report };
    }
    await openComparison(
      app,
      {
        ...page,
        comparison: outcome.report,
        afterName: path.basename(options.output),
        stamps: { before: stamp, after: stampOf(outcome.report.output) },
      },
      found === null ? {} : { files: found },
    );
    return { status: outcome.status, report: outcome.report };
  } finally {
    await folder.release();
  }
}

/** After a refusal: gives one of the files that were built its name, and shows it beside the original. */
export async function keepCandidate(
  app: App,
  view: ModelView,
  which: 'quantized' | 'cleaned',
): Promise<{ path: string } | null> {
  const { document } = view;
  const { candidates } = document;
  if (candidates === null) throw new ModelError('What was built is gone: quantize the model again.');
  const { built, output, options } = candidates.choice(which);
  const force = existsSync(output);
  if (force && !(await mayReplace(output))) return null;
  await document.reader.ask('place', { built, output, force });
  await openComparison(app, {
    comparison: { ...candidates.report, output },
    beforeName: fileName(document.uri),
    afterName: path.basename(output),
    beforeIsHead: false,
    options: { ...options, output },
    cannotRun: null,
    stamps: stampsOf(candidates.report.input, output),
  });
  await document.setCandidates(null);
  return { path: output };
}

function defaultOptions(app: App, view: ModelView, recipe: Recipe): QuantizeOptions {
  const { document } = view;
  return {
    model: document.path,
    output: resultPath(document.path, recipe),
    recipe: null,
    calibration: null,
    validation: null,
    preprocessing: null,
    calibrationSamples: calibrationSamples(),
    ...storedOptions(app.context, document.uri),
    ...measuring(app.context, document.uri),
    ...view.choice,
    seed: 0,
    keep: [],
    activations: 'auto',
    search: { maxLoss: DEFAULT_MAX_LOSS, seconds: DEFAULT_SEARCH_SECONDS },
    ports: 'float',
    measure: true,
    force: false,
  };
}

function mayReplace(file: string): Promise<boolean> {
  return confirm(`${path.basename(file)} exists already. Replace it?`, path.dirname(file), 'Replace');
}
