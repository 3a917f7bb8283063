import path from 'node:path';
import * as vscode from 'vscode';

/** The file that stands for a Core ML package, which is a folder. */
export const MANIFEST = 'Manifest.json';
const PACKAGE_ENDING = '.mlpackage';

/** The folder of a package that is opened by its manifest, else the file itself. */
export function modelPath(uri: vscode.Uri): string {
  return packageFolder(uri.fsPath) ?? uri.fsPath;
}

/** The folder of the package that a path, of it or its manifest, stands for; null where it stands for a file. */
export function packageFolder(place: string): string | null {
  if (place.endsWith(PACKAGE_ENDING)) return place;
  const folder = path.dirname(place);
  return path.basename(place) === MANIFEST && folder.endsWith(PACKAGE_ENDING) ? folder : null;
}

/** What a package is opened by, else the file itself. */
export function manifestOf(uri: vscode.Uri): vscode.Uri {
  return uri.path.endsWith(PACKAGE_ENDING) ? vscode.Uri.joinPath(uri, MANIFEST) : uri;
}

/** What opens the package that a file is a part of, else the file itself. */
export function modelOfPart(uri: vscode.Uri): vscode.Uri {
  const end = uri.path.indexOf(`${PACKAGE_ENDING}/`);
  return end < 0 ? uri : manifestOf(uri.with({ path: uri.path.slice(0, end + PACKAGE_ENDING.length) }));
}
