import path from 'node:path';
import * as vscode from 'vscode';

/** The file that stands for a Core ML package, which is a folder. */
export const MANIFEST = 'Manifest.json';

/** The folder of a package that is opened by its manifest, else the file itself. */
export function modelPath(uri: vscode.Uri): string {
  const folder = path.dirname(uri.fsPath);
  return path.basename(uri.fsPath) === MANIFEST && folder.endsWith('.mlpackage') ? folder : uri.fsPath;
}

/** What a package is opened by, else the file itself. */
export function manifestOf(uri: vscode.Uri): vscode.Uri {
  return uri.path.endsWith('.mlpackage') ? vscode.Uri.joinPath(uri, MANIFEST) : uri;
}
