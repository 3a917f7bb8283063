import path from 'node:path';
import * as vscode from 'vscode';
import type { CompareOptions, QuantizeOptions } from '../../protocol/options';
import type { ComparisonPage, PageEvent } from '../../protocol/page';
import { FLOAT } from '../../protocol/search';
import type { App } from '../app';
import { addCandidate, addToBoard } from '../board/board';
import { OPEN_BOARD } from '../board/openBoard';
import { inputsOf } from '../model/inputs';
import type { Handlers } from '../page/channel';
import { sharedHandlers } from '../page/sharedHandlers';
import type { CandidateFiles } from '../quantizing/keptFiles';
import { QUANTIZE_AS } from '../quantizing/quantizeAs';
import { saveText } from '../telling/dialogs';
import { diffTexts } from '../text/textCommands';
import { cannotRun } from '../trust';
import { type KeptComparison, type NewComparison, outdated, stampsOf } from './keptComparisons';
import { compareAgain, readEngines, readGraph } from './readComparison';
import {
  candidateFile,
  candidateLayers,
  candidateWish,
  compareCandidates,
  saveCandidate,
  searchOn,
} from './searchCandidates';

/** The comparison that a page shows. */
interface Shown {
  load(): Promise<KeptComparison>;
  replace(page: KeptComparison): Promise<void>;
  readonly files: CandidateFiles | null;
  /** In a page of its own. */
  openOther(comparison: NewComparison): Promise<void>;
}

/** What a comparison's page may ask. */
export function comparisonHandlers(app: App, panel: Shown, send: (event: PageEvent) => void): Handlers {
  const shown = ({ stamps, ...page }: KeptComparison): ComparisonPage => ({
    ...page,
    outdated: outdated(app, { ...page, stamps }),
    cannotRun: cannotRun() ?? page.cannotRun,
    keepsCandidates: panel.files !== null,
  });
  return {
    ...sharedHandlers(app),
    comparison: async () => shown(await panel.load()),
    engines: async () => readEngines(app, (await panel.load()).comparison),
    measureComparison: async ({ latency }) => {
      const page = await panel.load();
      const measured = await measure(app, page, latency, send);
      if (measured === null) return null;
      await panel.replace(measured);
      return shown(measured);
    },
    compareAgain: async () => {
      const page = await panel.load();
      const again = await compareAgain(app, page);
      if (again === null) return null;
      const replaced = { ...again, id: page.id };
      await panel.replace(replaced);
      return shown(replaced);
    },
    candidateLayers: async ({ id }) =>
      candidateLayers(app, await panel.load(), candidateFile(panel.files, id)),
    saveCandidate: async ({ id }) => saveCandidate(app, await panel.load(), candidateFile(panel.files, id)),
    compareCandidates: async ({ before, after }) => {
      const comparison = await compareCandidates(app, await panel.load(), panel.files, before, after);
      if (comparison !== null) await panel.openOther(comparison);
      return null;
    },
    addToBoard: async ({ candidate }) => {
      const page = await panel.load();
      const { input, output } = page.comparison;
      const before = { path: input, name: page.beforeName };
      if (candidate === null) await addToBoard(app, [before, { path: output, name: page.afterName }]);
      else {
        await addToBoard(app, [before]);
        if (candidate !== FLOAT) await addCandidate(app, input, candidateWish(page, panel.files, candidate));
      }
      await vscode.commands.executeCommand(OPEN_BOARD);
      return null;
    },
    continueSearch: async ({ id }) => {
      const page = await panel.load();
      const found = await searchOn(app, page, panel.files, id, send);
      if (found === null) return null;
      await panel.replace(found);
      return shown(found);
    },
    comparisonGraph: async () => {
      const { comparison, options } = await panel.load();
      const choice = { dims: options?.dims ?? {}, shapes: options?.shapes ?? {} };
      const [before, after] = await Promise.all([
        readGraph(app, comparison.input, choice),
        readGraph(app, comparison.output, choice),
      ]);
      return { before, after };
    },
    compareAsText: async () => {
      const { comparison, beforeName, afterName } = await panel.load();
      const [before, after] = [comparison.input, comparison.output].map((file) => vscode.Uri.file(file));
      if (before && after) await diffTexts(before, after, `${beforeName} ↔ ${afterName}`);
      return null;
    },
    quantizeAgain: async (wish) => {
      const { comparison, options } = await panel.load();
      const before = options !== null && 'recipe' in options ? options : {};
      // Not waited for: the model's own page, which the command opens, shows how it goes.
      void vscode.commands.executeCommand(
        QUANTIZE_AS,
        vscode.Uri.file(comparison.input),
        quantizedAgain(before, wish),
      );
      return null;
    },
    cancel: async () => {
      app.jobs.cancel();
      return null;
    },
    save: async ({ name, ...content }) => {
      const { comparison } = await panel.load();
      const { input, output } = comparison;
      const inputs = await inputsOf(app, [input, output]);
      return saveText(vscode.Uri.file(path.dirname(output)), name, content, inputs);
    },
  };
}

/**
 * As it was quantized before but for the wish; what stayed in float stays so. The result has its usual name, unless it
 * is made by the same recipe, which replaces what was made before if the user says so.
 */
function quantizedAgain(
  before: Partial<QuantizeOptions>,
  wish: Partial<QuantizeOptions>,
): Partial<QuantizeOptions> {
  const { output, force: _, ...kept } = before;
  const same = wish.recipe === undefined || wish.recipe === before.recipe;
  const keep = [...new Set([...(before.keep ?? []), ...(wish.keep ?? [])])];
  return { ...kept, ...wish, keep, ...(same && output !== undefined ? { output } : {}) };
}

/** Runs the two models; null when the user cancelled. */
async function measure(
  app: App,
  page: KeptComparison,
  latency: boolean,
  send: (event: PageEvent) => void,
): Promise<KeptComparison | null> {
  const options = measuringOptions(page);
  // Asked before: a file that changes while it is measured makes the result an outdated one.
  const stamps = stampsOf(page.comparison.input, page.comparison.output);
  const comparison = await app.jobs.run({
    kind: 'compare',
    title: `Comparing ${page.beforeName} with ${page.afterName}`,
    options: { ...options, measure: latency },
    send,
  });
  return comparison === null ? null : { ...page, comparison, options, stamps };
}

/** Of what quantizing made: as it was measured then, on the files as they are now. */
function measuringOptions({ options, comparison }: KeptComparison): CompareOptions {
  if (options === null) throw new Error('The page asked for what it does not offer.');
  if ('models' in options) return options;
  const {
    threads,
    runs,
    device = null,
    dims,
    shapes,
    validation,
    calibration,
    preprocessing,
    seed,
  } = options;
  return {
    models: [comparison.input, comparison.output],
    threads,
    runs,
    device,
    dims,
    shapes,
    data: validation ?? calibration,
    preprocessing,
    seed,
    measure: true,
  };
}
