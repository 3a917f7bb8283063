import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from './app';
import type { ModelView } from './modelView';

/** File name endings that the editor is registered for, as dialogs want them. */
export const MODEL_ENDINGS = ['onnx', 'tflite', 'mlmodel'];
export const MODEL_FILTERS = { 'Neural network models': MODEL_ENDINGS };
/** More models than anybody picks from a list. */
const LIST_LIMIT = 500;

export function fileName(uri: vscode.Uri): string {
  return path.basename(uri.fsPath);
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

/** A model of the workspace, or any other from a dialog. */
export async function pickModel(title: string, except?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const models = `**/*.{${MODEL_ENDINGS.join()}}`;
  const found = await vscode.workspace.findFiles(models, '**/node_modules/**', LIST_LIMIT);
  const browse: vscode.QuickPickItem & { uri?: vscode.Uri } = {
    label: '$(folder-opened) Browse…',
    alwaysShow: true,
  };
  const items = found
    .filter((uri) => uri.toString() !== except?.toString())
    .map((uri) => ({
      label: fileName(uri),
      description: vscode.workspace.asRelativePath(uri),
      uri,
    }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const choice = await vscode.window.showQuickPick([...items, browse], { title, matchOnDescription: true });
  if (choice !== browse) return choice?.uri;
  const chosen = await vscode.window.showOpenDialog({ title, filters: MODEL_FILTERS });
  return chosen?.[0];
}
