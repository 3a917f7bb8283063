import * as vscode from 'vscode';
import { Reader, ReaderStopped } from '../../jobs/readerClient';
import type { CompareOptions, DimensionOptions } from '../../protocol/options';
import type { App } from '../app';
import { modelOfPart } from '../files/packages';
import { fileName, pickModel } from '../files/targets';
import { measureSettings } from '../settings';
import { storedOptions } from '../storedOptions';
import { inform, showProgress } from '../telling/notifications';
import { copyOf, versionName } from '../versions/fileCopies';
import { gitAddress } from '../versions/gitAddress';
import { headCopy } from '../versions/headCopy';
import { type NewComparison, openComparison } from './comparisonPanel';
import { type KeptComparison, stampsOf } from './keptComparisons';

/** A model that is compared, and how it is called. */
interface Compared {
  readonly path: string;
  readonly name: string;
}

/** What two models were read for: `model` is the one whose options are used, `head` that the first one is HEAD's. */
interface Reading {
  readonly model: vscode.Uri;
  readonly before: Compared;
  readonly after: Compared;
  readonly head?: boolean;
  readonly warnings?: readonly string[];
}

/** Compares two models as their files are; the page that opens can run them. */
export async function compareWith(app: App, model: vscode.Uri, other?: vscode.Uri): Promise<void> {
  const after = other ?? (await pickModel(`Compare ${fileName(model)} with which model?`, model));
  if (!after) return;
  await show(app, await read(app, { model, before: named(model), after: named(after) }));
}

/** Compares a model with itself as the last commit has it. */
export async function compareHead(app: App, model: vscode.Uri): Promise<void> {
  const head = await readHead(app, model);
  if (head === 'unchanged') {
    inform(`${fileName(model)} is as it is in HEAD.`);
    return;
  }
  await show(app, head);
}

/**
 * Compares two versions of a model, of which either may be on no disk: what a click in Source Control or a timeline
 * asks for. A change in the work tree is compared with HEAD.
 */
export async function compareVersions(
  app: App,
  before: vscode.Uri,
  after: vscode.Uri,
  column: vscode.ViewColumn,
): Promise<void> {
  const address = gitAddress(before);
  if (mayAskGit() && after.scheme === 'file' && (address?.ref === '~' || address?.ref === 'HEAD')) {
    const head = await readHead(app, modelOfPart(after));
    // Where it is as in HEAD, it differs from what is staged.
    if (head !== 'unchanged') return show(app, head, column);
  }
  const [first, second] = [await version(app, before), await version(app, after)];
  const warnings = [...first.missing, ...second.missing];
  await show(app, await read(app, { model: after, before: first, after: second, warnings }), column);
}

/** The comparison of the same two files as they are now, not measured; null when the user cancelled. */
export async function compareAgain(app: App, page: KeptComparison): Promise<NewComparison | null> {
  const { comparison, beforeName, afterName, beforeIsHead } = page;
  const [before, after] = [
    { path: comparison.input, name: beforeName },
    { path: comparison.output, name: afterName },
  ];
  const model = vscode.Uri.file(after.path);
  if (!beforeIsHead || !mayAskGit()) return read(app, { model, before, after });
  const head = await readHead(app, model);
  return head === 'unchanged' ? read(app, { model, before, after, head: true }) : head;
}

async function show(
  app: App,
  comparison: NewComparison | null,
  column: vscode.ViewColumn = vscode.ViewColumn.Active,
): Promise<void> {
  if (comparison !== null) await openComparison(app, comparison, column);
}

/** What HEAD holds is read by git, which a repository can tell to run programs. */
function mayAskGit(): boolean {
  return vscode.workspace.isTrusted;
}

async function readHead(app: App, model: vscode.Uri): Promise<NewComparison | 'unchanged' | null> {
  const { path, commit, unchanged, missing: warnings } = await headCopy(app, model);
  if (unchanged) return 'unchanged';
  const before = { path, name: `${fileName(model)} (HEAD, ${commit.slice(0, 7)})` };
  return read(app, { model, before, after: named(model), head: true, warnings });
}

function named(uri: vscode.Uri): Compared {
  return { path: uri.fsPath, name: fileName(uri) };
}

async function version(app: App, uri: vscode.Uri): Promise<Compared & { missing: readonly string[] }> {
  if (uri.scheme === 'file') return { ...named(uri), missing: [] };
  const { file, missing } = await copyOf(app, uri);
  return { path: file.fsPath, name: versionName(uri), missing };
}

/** null when the user cancelled. */
async function read(app: App, reading: Reading): Promise<NewComparison | null> {
  const { model, before, after, head = false, warnings = [] } = reading;
  const choice = choiceOf(app, model);
  const found = await readInThread(app, before, after, choice);
  if (found === null) return null;
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
  return {
    comparison: { ...found.comparison, warnings: [...warnings, ...found.comparison.warnings] },
    beforeName: before.name,
    afterName: after.name,
    beforeIsHead: head,
    options,
    cannotRun: found.cannotRun,
    stamps: found.stamps,
  };
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
  const stamps = stampsOf(before.path, after.path);
  try {
    const found = await showProgress(title, (_, token) => {
      token.onCancellationRequested(() => reader.stop());
      return reader.ask('compare', { choice, other: after.path });
    });
    return { ...found, stamps };
  } catch (error) {
    if (error instanceof ReaderStopped) return null;
    throw error;
  } finally {
    reader.stop();
  }
}
