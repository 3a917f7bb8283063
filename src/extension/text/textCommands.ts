import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app';
import { fileName, pickModel, targetModel } from '../files/targets';
import { warn } from '../telling/notifications';
import { headCopy } from '../versions/headCopy';
import { textUri } from './textAddress';
import { toRange } from './textDocuments';

/** Shows a model as text, read-only, beside nothing: like any file. */
export async function openText(app: App, uri: unknown): Promise<void> {
  const model = await targetModel(app, uri);
  if (model)
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(textUri(model)), {
      preview: false,
    });
}

/**
 * Shows two models' texts in the editor's own comparison.
 *
 * @param selected of the explorer: where it holds two models, these are compared.
 */
export async function compareText(app: App, uri: unknown, selected: unknown): Promise<void> {
  const models = Array.isArray(selected) ? selected.filter((one) => one instanceof vscode.Uri) : [];
  const [first, second] = models.length === 2 ? models : [await targetModel(app, uri)];
  if (!first) return;
  const before = first;
  const after = second ?? (await pickModel(`Compare ${fileName(before)} as text with which model?`, before));
  if (after === undefined || !(await wantsTexts(before, after))) return;
  await diffTexts(before, after, `${fileName(before)} ↔ ${fileName(after)}`);
}

const ON_PAGE = 'Compare on a Page';
const AS_TEXT = 'Show the Texts All the Same';

/** The texts of two formats share no lines, so that the page is offered in their place. */
async function wantsTexts(before: vscode.Uri, after: vscode.Uri): Promise<boolean> {
  if (path.extname(fileName(before)) === path.extname(fileName(after))) return true;
  const chosen = await warn(
    `The texts of ${fileName(before)} and ${fileName(after)} share no lines, since they are of two formats. A comparison on a page sets their layers side by side.`,
    ON_PAGE,
    AS_TEXT,
  );
  if (chosen === ON_PAGE) await vscode.commands.executeCommand('caliper.compare', before, [before, after]);
  return chosen === AS_TEXT;
}

/** Shows the text of a model beside that of the last commit, in the editor's own comparison. */
export async function compareTextHead(app: App, model: vscode.Uri): Promise<void> {
  const head = await headCopy(app, model);
  await diffTexts(head.uri, model, `${fileName(model)} (HEAD ↔ now)`);
}

/** The texts of two models in the editor's comparison; either may be a copy in a temporary folder. */
export async function diffTexts(before: vscode.Uri, after: vscode.Uri, title: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.diff', textUri(before), textUri(after), title, {
    preview: false,
  });
}

/** Shows a row of a model's table in its text. */
export async function revealText({ texts }: App, model: vscode.Uri, row: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(textUri(model));
  const found = await texts.ask(document, 'textOfRow', { choice: texts.choice(document.uri), row });
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  if (!found) return;
  const range = toRange(found);
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
