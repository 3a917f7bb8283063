import type * as vscode from 'vscode';
import type { CompareOptions } from '../protocol/options';
import type { App } from './app';
import { openComparison } from './comparisonPanel';
import type { ModelView } from './modelView';
import { measureSettings } from './settings';
import { storedOptions } from './storedOptions';
import { fileName, pickModel } from './targets';

/** Compares a model with another one that the user picks, on the model's validation data if it has any. */
export async function compareWith(app: App, view: ModelView, other?: vscode.Uri): Promise<void> {
  const { document } = view;
  const name = fileName(document.uri);
  const after = other ?? (await pickModel(`Compare ${name} with which model?`, document.uri));
  if (!after) return;
  const stored = storedOptions(app.context, document.uri);
  const options: CompareOptions = {
    before: document.path,
    after: after.fsPath,
    ...measureSettings(),
    ...view.choice,
    data: stored.validation ?? stored.calibration ?? null,
    preprocessing: stored.preprocessing ?? null,
    seed: 0,
    measure: true,
  };
  const title = `Comparing ${name} with ${fileName(after)}`;
  const comparison = await app.jobs.run({
    kind: 'compare',
    title,
    options,
    send: document.send.bind(document),
  });
  if (comparison === null) return;
  await openComparison(app, { comparison, beforeName: name, afterName: fileName(after), options });
}
