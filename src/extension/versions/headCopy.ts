import * as vscode from 'vscode';
import { copyHead, type HeadCopy } from '../../git/headCopy';
import { Reader } from '../../jobs/readerClient';
import { type App, storageFolder } from '../app';
import { modelPath } from '../files/packages';

/** The part that is used of what the built-in extension `vscode.git` gives to others. */
interface GitExtension {
  getAPI(version: 1): { readonly git: { readonly path: string } };
}

/**
 * A model as HEAD has it, as a file that can be opened, with the files of weights beside it. Runs git, so the
 * workspace must be trusted.
 *
 * @throws ModelError with a sentence: no repository, no commit, not in HEAD, a Git LFS pointer without its content.
 */
export async function headCopy(app: App, model: vscode.Uri): Promise<HeadCopy & { uri: vscode.Uri }> {
  const folder = await storageFolder(app.context, 'head');
  const copy = await copyHead(modelPath(model), {
    git: await gitPath(app),
    folder: folder.fsPath,
    companions: (path) => companions(app, path),
  });
  return { ...copy, uri: vscode.Uri.file(copy.path) };
}

/** The git that the editor uses, else the one on the path. */
async function gitPath(app: App): Promise<string> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  try {
    return (await extension?.activate())?.getAPI(1).git.path ?? 'git';
  } catch (error) {
    // With `git.enabled` off there is no API, but there may be a git.
    app.log.debug(`The editor's git cannot be asked: ${error}`);
    return 'git';
  }
}

/** Absolute paths of the files beside a model that hold its weights, missing ones too. */
export async function companions(app: App, model: string): Promise<string[]> {
  const reader = new Reader(app.readerScript, model);
  try {
    return await reader.ask('companions', null);
  } finally {
    reader.stop();
  }
}
