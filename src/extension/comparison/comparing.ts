import * as vscode from 'vscode';
import type { App } from '../app';
import { modelOfPart } from '../files/packages';
import { fileName, pickModel } from '../files/targets';
import { inform } from '../telling/notifications';
import { copyOf, versionName } from '../versions/fileCopies';
import { gitAddress } from '../versions/gitAddress';
import { openComparison } from './comparisonPanel';
import type { NewComparison } from './keptComparisons';
import { type Compared, mayAskGit, named, readComparison, readWithHead } from './readComparison';

/** Compares two models as their files are; the page that opens can run them. */
export async function compareWith(app: App, model: vscode.Uri, other?: vscode.Uri): Promise<void> {
  const after = other ?? (await pickModel(`Compare ${fileName(model)} with which model?`, model));
  if (!after) return;
  await show(app, await readComparison(app, { model, before: named(model), after: named(after) }));
}

/** Compares a model with itself as the last commit has it. */
export async function compareHead(app: App, model: vscode.Uri): Promise<void> {
  const head = await readWithHead(app, model);
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
    const head = await readWithHead(app, modelOfPart(after));
    // Where it is as in HEAD, it differs from what is staged.
    if (head !== 'unchanged') return show(app, head, column);
  }
  const [first, second] = [await version(app, before), await version(app, after)];
  const warnings = [...first.missing, ...second.missing];
  await show(
    app,
    await readComparison(app, { model: after, before: first, after: second, warnings }),
    column,
  );
}

async function show(
  app: App,
  comparison: NewComparison | null,
  column: vscode.ViewColumn = vscode.ViewColumn.Active,
): Promise<void> {
  if (comparison !== null) await openComparison(app, comparison, { column });
}

async function version(app: App, uri: vscode.Uri): Promise<Compared & { missing: readonly string[] }> {
  if (uri.scheme === 'file') return { ...named(uri), missing: [] };
  const { file, missing } = await copyOf(app, uri);
  return { path: file.fsPath, name: versionName(uri), missing };
}
