import path from 'node:path';
import * as vscode from 'vscode';
import { placeText } from '../../files/place';
import { MODEL_FILTERS } from '../files/targets';

export type PathKind = 'data' | 'validation' | 'output' | 'labels' | 'twin';

const TITLES: Record<PathKind, string> = {
  data: 'Calibration Data',
  validation: 'Validation Data',
  output: 'Save the Quantized Model As',
  labels: 'Labels: CSV of Path, Class Index',
  twin: 'The Same Network as a Model That Runs Here',
};

/** Asks for a path with the editor's own dialogs, starting in a folder. */
export async function choosePath(what: PathKind, start: vscode.Uri): Promise<{ path: string } | null> {
  const uri = await chooseUri(what, start);
  return uri ? { path: uri.fsPath } : null;
}

async function chooseUri(what: PathKind, start: vscode.Uri): Promise<vscode.Uri | undefined> {
  const title = TITLES[what];
  if (what === 'output')
    return vscode.window.showSaveDialog({ title, defaultUri: start, filters: MODEL_FILTERS });
  if (what === 'labels') return openOne({ title, defaultUri: start, filters: { CSV: ['csv', 'txt'] } });
  if (what === 'twin') return openOne({ title, defaultUri: start, filters: { Models: ['onnx', 'tflite'] } });
  // Dialogs of most systems choose either files or folders, so it is asked first.
  const folder = {
    label: '$(folder) Folder…',
    detail: 'Images (sub-folders are labels), arrays, or folders test_data_set_*',
  };
  const file = { label: '$(file) File…', detail: 'An array file: .npy or .npz' };
  const kind = await vscode.window.showQuickPick([folder, file], { title });
  if (kind === folder)
    return openOne({ title, defaultUri: start, canSelectFolders: true, canSelectFiles: false });
  return kind && openOne({ title, defaultUri: start, filters: { Arrays: ['npy', 'npz'] } });
}

async function openOne(options: vscode.OpenDialogOptions): Promise<vscode.Uri | undefined> {
  return (await vscode.window.showOpenDialog(options))?.[0];
}

/** Asks where to save; null when nowhere. `name` is a file name, not a path. */
export async function chooseTarget(folder: vscode.Uri, name: string): Promise<string | null> {
  const target = await vscode.window.showSaveDialog({
    title: 'Export',
    defaultUri: vscode.Uri.joinPath(folder, path.basename(name)),
  });
  return target?.fsPath ?? null;
}

/** Saves a text, or bytes that came as base64, where the user wants it, but never over `inputs`; null when nowhere. */
export async function saveText(
  folder: vscode.Uri,
  name: string,
  { text, base64 }: { text: string; base64?: true },
  inputs: readonly string[],
): Promise<{ path: string } | null> {
  const target = await chooseTarget(folder, name);
  if (target === null) return null;
  placeText([base64 ? Buffer.from(text, 'base64') : text], target, inputs);
  return { path: target };
}
