import path from 'node:path';
import * as vscode from 'vscode';
import type { ComparisonPage, PageEvent } from '../protocol/page';
import type { App } from './app';
import type { Handlers } from './channel';
import { saveText } from './dialogs';
import { inputsOf } from './inputs';
import { sharedHandlers } from './sharedHandlers';
import { diffTexts } from './textCommands';
import { cannotRun } from './trust';

/** The comparison that a page shows; kept where the editor finds it again. */
export interface KeptComparison {
  load(): Promise<ComparisonPage>;
  replace(page: ComparisonPage): Promise<void>;
}

/** What a comparison's page may ask. */
export function comparisonHandlers(
  app: App,
  kept: KeptComparison,
  send: (event: PageEvent) => void,
): Handlers {
  const shown = (page: ComparisonPage) => ({ ...page, cannotRun: cannotRun() ?? page.cannotRun });
  return {
    ...sharedHandlers(app),
    comparison: async () => shown(await kept.load()),
    measureComparison: async ({ latency }) => {
      const page = await kept.load();
      const measured = await measure(app, page, latency, send);
      if (measured === null) return null;
      await kept.replace(measured);
      return shown(measured);
    },
    compareAsText: async () => {
      const { comparison, beforeName, afterName } = await kept.load();
      const [before, after] = [comparison.input, comparison.output].map((file) => vscode.Uri.file(file));
      if (before && after) await diffTexts(before, after, `${beforeName} ↔ ${afterName}`);
      return null;
    },
    cancel: async () => {
      app.jobs.cancel();
      return null;
    },
    save: async ({ name, text }) => {
      const { comparison } = await kept.load();
      const { input, output } = comparison;
      const inputs = await inputsOf(app, [input, output]);
      return saveText(vscode.Uri.file(path.dirname(output)), name, text, inputs);
    },
  };
}

/** Runs the two models; null when the user cancelled. */
async function measure(
  app: App,
  page: ComparisonPage,
  latency: boolean,
  send: (event: PageEvent) => void,
): Promise<ComparisonPage | null> {
  const { options } = page;
  if (options === null || !('before' in options))
    throw new Error('The page asked for what it does not offer.');
  const comparison = await app.jobs.run({
    kind: 'compare',
    title: `Comparing ${page.beforeName} with ${page.afterName}`,
    options: { ...options, measure: latency },
    send,
  });
  return comparison === null ? null : { ...page, comparison };
}
