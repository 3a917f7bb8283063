import type * as vscode from 'vscode';
import { Reader, ReaderStopped } from '../jobs/readerClient';
import type { CompareOptions, DimensionOptions } from '../protocol/options';
import type { App } from './app';
import { openComparison } from './comparisonPanel';
import { headCopy } from './headCopy';
import { inform, showProgress } from './notifications';
import { measureSettings } from './settings';
import { storedOptions } from './storedOptions';
import { fileName, pickModel } from './targets';

/** A model that is compared, and how it is called. */
interface Compared {
  readonly path: string;
  readonly name: string;
}

/** Compares two models as their files are; the page that opens can run them. */
export async function compareWith(app: App, model: vscode.Uri, other?: vscode.Uri): Promise<void> {
  const after = other ?? (await pickModel(`Compare ${fileName(model)} with which model?`, model));
  if (!after) return;
  const named = (uri: vscode.Uri) => ({ path: uri.fsPath, name: fileName(uri) });
  await compareFiles(app, model, named(model), named(after), []);
}

/** Compares a model with itself as the last commit has it. */
export async function compareHead(app: App, model: vscode.Uri): Promise<void> {
  const name = fileName(model);
  const head = await headCopy(app, model);
  if (head.unchanged) {
    inform(`${name} is as it is in HEAD (${head.commit.slice(0, 7)}).`);
    return;
  }
  const before = { path: head.path, name: `${name} (HEAD)` };
  await compareFiles(app, model, before, { path: model.fsPath, name }, head.missing);
}

async function compareFiles(
  app: App,
  model: vscode.Uri,
  before: Compared,
  after: Compared,
  warnings: readonly string[],
): Promise<void> {
  const choice = choiceOf(app, model);
  const read = await readInThread(app, before, after, choice);
  if (read === null) return;
  const stored = storedOptions(app.context, model);
  const options: CompareOptions = {
    before: before.path,
    after: after.path,
    ...measureSettings(),
    ...choice,
    data: stored.validation ?? stored.calibration ?? null,
    preprocessing: stored.preprocessing ?? null,
    seed: 0,
    measure: true,
  };
  await openComparison(app, {
    comparison: { ...read.comparison, warnings: [...warnings, ...read.comparison.warnings] },
    beforeName: before.name,
    afterName: after.name,
    options,
    cannotRun: read.cannotRun,
  });
}

/** What somebody chose for open dimensions on the model's page, if it is open. */
function choiceOf(app: App, model: vscode.Uri): DimensionOptions {
  const [view] = app.editor.document(model)?.views ?? [];
  return view?.choice ?? { dims: {}, shapes: {} };
}

/** In a thread of its own, which ends with the answer; null when the user cancelled. */
async function readInThread(app: App, before: Compared, after: Compared, choice: DimensionOptions) {
  const reader = new Reader(app.readerScript, before.path);
  const title = `Comparing ${before.name} with ${after.name}`;
  try {
    return await showProgress(title, (_, token) => {
      token.onCancellationRequested(() => reader.stop());
      return reader.ask('compare', { choice, other: after.path });
    });
  } catch (error) {
    if (error instanceof ReaderStopped) return null;
    throw error;
  } finally {
    reader.stop();
  }
}
