import * as vscode from 'vscode';
import type { Budgets } from './budgets/budgets';
import type { JobRunner } from './jobRunner';
import type { Measurements } from './model/measurements';
import type { OpenModels } from './model/openModels';
import type { Log } from './telling/log';
import type { TextDocuments } from './text/textDocuments';

/** What the parts of the extension share. */
export interface App {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly jobs: JobRunner;
  readonly editor: OpenModels;
  /** Path of the bundled reading thread. */
  readonly readerScript: string;
  readonly texts: TextDocuments;
  readonly measurements: Measurements;
  readonly budgets: Budgets;
}

/** A folder of the extension's own for this workspace; without a workspace, for all of them. */
export async function storageFolder(context: vscode.ExtensionContext, name: string): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, name);
  await vscode.workspace.fs.createDirectory(folder);
  return folder;
}
