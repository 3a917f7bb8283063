import path from 'node:path';
import * as vscode from 'vscode';
import { stampOf } from './fileStamp';
import { packageFolder } from './packages';

/** Whoever writes a file does so in several steps; it is read again when nothing happened for so many ms. */
const SETTLE_TIME = 200;

/** Tells when a file on disk has become another one: not of events that come late, nor between the steps of writing. */
export function watchFile(uri: vscode.Uri, changed: () => void): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(patternOf(uri));
  let stamp = stampOf(uri.fsPath);
  let settling: NodeJS.Timeout | undefined;
  const look = () => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      const now = stampOf(uri.fsPath);
      // Events come late: also those of a file that was written just before it was opened.
      if (now === stamp) return;
      stamp = now;
      changed();
    }, SETTLE_TIME);
  };
  watcher.onDidChange(look);
  watcher.onDidCreate(look);
  watcher.onDidDelete(look);
  return vscode.Disposable.from(watcher, { dispose: () => clearTimeout(settling) });
}

/** The file, or all that is in a package. */
function patternOf(uri: vscode.Uri): vscode.RelativePattern {
  const folder = packageFolder(uri.fsPath);
  if (folder !== null) return new vscode.RelativePattern(vscode.Uri.file(folder), '**');
  const name = path.basename(uri.fsPath).replaceAll(/[*?{}[\]\\]/g, '?');
  return new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name);
}
