import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app';
import type { ModelView } from '../model/modelView';
import { asText } from '../telling/plainText';
import { modelOfText } from '../text/textAddress';
import { MODEL_ENDINGS } from './modelEndings';
import { MANIFEST, modelPath } from './packages';
import { byName, bySiblings } from './siblings';

export const MODEL_FILTERS = { 'Neural network models': MODEL_ENDINGS };
/** More models than anybody picks from a list. */
const LIST_LIMIT = 500;

export function fileName(uri: vscode.Uri): string {
  return path.basename(modelPath(uri));
}

/**
 * The view that a command is about: of the file that it was called on, else the one in front, else of a model
 * that the user picks. undefined when the user picks none.
 */
export async function targetView(app: App, uri: unknown): Promise<ModelView | undefined> {
  if (uri instanceof vscode.Uri) return app.editor.show(uri);
  if (app.editor.active) return app.editor.active;
  const picked = await pickModel('Which model?');
  return picked && app.editor.show(picked);
}

/** The same for commands that need no page: the file that they were called on, or one in front, or one picked; of a text its model. */
export async function targetModel(app: App, uri: unknown): Promise<vscode.Uri | undefined> {
  if (uri instanceof vscode.Uri) return modelOfText(uri) ?? uri;
  const text = vscode.window.activeTextEditor?.document.uri;
  return app.editor.active?.document.file ?? (text && modelOfText(text)) ?? pickModel('Which model?');
}

/** A model of the workspace, or any other from a dialog; those that lie beside `except` or are called like it first. */
export async function pickModel(title: string, except?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const browse: vscode.QuickPickItem & { uri?: vscode.Uri } = {
    label: '$(folder-opened) Browse…',
    alwaysShow: true,
  };
  const items = await modelItems(except);
  const choice = await vscode.window.showQuickPick([...items, browse], { title, matchOnDescription: true });
  if (choice !== browse) return choice?.uri;
  const chosen = await vscode.window.showOpenDialog({ title, filters: MODEL_FILTERS });
  return chosen?.[0];
}

/** Any number of models of the workspace; none when the user leaves. */
export async function pickModels(title: string): Promise<vscode.Uri[]> {
  const items = await modelItems();
  const options = { title, matchOnDescription: true, canPickMany: true } as const;
  const chosen = (await vscode.window.showQuickPick(items, options)) ?? [];
  return chosen.flatMap(({ uri }) => uri ?? []);
}

type ModelItem = vscode.QuickPickItem & { readonly uri?: vscode.Uri };

async function modelItems(except?: vscode.Uri): Promise<ModelItem[]> {
  // Braces within braces are not understood.
  const models = `{${[...MODEL_ENDINGS.map((ending) => `**/*.${ending}`), `**/*.mlpackage/${MANIFEST}`].join()}}`;
  const found = await vscode.workspace.findFiles(models, '**/node_modules/**', LIST_LIMIT);
  const others = found
    .filter((uri) => uri.toString() !== except?.toString())
    .map((uri) => ({ uri, path: modelPath(uri) }));
  const { siblings, rest } =
    except === undefined ? { siblings: [], rest: byName(others) } : bySiblings(others, modelPath(except));
  const item = ({ uri }: { uri: vscode.Uri }): ModelItem => ({
    label: asText(fileName(uri)),
    description: asText(vscode.workspace.asRelativePath(uri)),
    uri,
  });
  if (siblings.length === 0 || rest.length === 0) return [...siblings, ...rest].map(item);
  const heading = (label: string): ModelItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [heading('beside it'), ...siblings.map(item), heading('elsewhere'), ...rest.map(item)];
}
