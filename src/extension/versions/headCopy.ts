import { createHash } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { copyHead, type HeadCopy } from '../../git/headCopy';
import { Reader } from '../../jobs/readerClient';
import { type App, storageFolder } from '../app';
import { modelPath } from '../files/packages';

/** The part that is used of what the built-in extension `vscode.git` gives to others. */
interface GitExtension {
  getAPI(version: 1): GitApi;
}

interface GitApi {
  readonly git: { readonly path: string };
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<GitRepository>;
}

interface GitRepository {
  readonly state: { readonly HEAD?: { readonly commit?: string }; readonly onDidChange: vscode.Event<void> };
}

/**
 * A model as HEAD has it, as a file that can be opened, with the files of weights beside it. Runs git, so the
 * workspace must be trusted.
 *
 * @throws ModelError with a sentence: no repository, no commit, not in HEAD, a Git LFS pointer without its content.
 */
export async function headCopy(app: App, model: vscode.Uri): Promise<HeadCopy & { uri: vscode.Uri }> {
  const folder = await storageFolder(app.context, 'head');
  const copy = await copyInto(app, model, folder.fsPath);
  return { ...copy, uri: vscode.Uri.file(copy.path) };
}

/**
 * The same, for checks in the background: models have a folder each, which holds one copy, so that a check of many models
 * finds all of them and takes no copy from a page.
 */
export async function headFile(app: App, model: string): Promise<string> {
  const folder = (await storageFolder(app.context, 'committed')).fsPath;
  const own = createHash('sha256').update(model).digest('hex').slice(0, 32);
  return (await copyInto(app, vscode.Uri.file(model), path.join(folder, own), 1)).path;
}

async function copyInto(app: App, model: vscode.Uri, folder: string, kept?: number): Promise<HeadCopy> {
  return copyHead(modelPath(model), {
    git: (await gitApi(app))?.git.path ?? 'git',
    folder,
    companions: (file) => companions(app, file),
    ...(kept === undefined ? {} : { kept }),
  });
}

/** Tells when one of the workspace's repositories has another commit as its HEAD. */
export async function watchHeads(app: App, changed: () => void): Promise<vscode.Disposable> {
  const api = await gitApi(app);
  if (api === null) return vscode.Disposable.from();
  const watchers: vscode.Disposable[] = [];
  const watch = ({ state }: GitRepository) => {
    let head = state.HEAD?.commit;
    watchers.push(
      state.onDidChange(() => {
        if (state.HEAD?.commit === head) return;
        head = state.HEAD?.commit;
        changed();
      }),
    );
  };
  api.repositories.forEach(watch);
  watchers.push(api.onDidOpenRepository(watch));
  return { dispose: () => vscode.Disposable.from(...watchers).dispose() };
}

/** The editor's git; null where there is none, whose program may be on the path all the same. */
async function gitApi(app: App): Promise<GitApi | null> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  try {
    return (await extension?.activate())?.getAPI(1) ?? null;
  } catch (error) {
    // With `git.enabled` off there is no API.
    app.log.debug(`The editor's git cannot be asked: ${error}`);
    return null;
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
