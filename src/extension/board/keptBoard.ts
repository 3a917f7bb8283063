import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BoardModel } from '../../protocol/board';
import type { BeforeAfter } from '../../protocol/reports';
import { type App, storageFolder } from '../app';

/** A column as it is kept: with the state that the files were in. */
export type KeptModel = Omit<BoardModel, 'became'> & { readonly stamps: BeforeAfter<string> };

export interface KeptBoard {
  readonly models: readonly KeptModel[];
  /** Why they are not run here, by their formats. */
  readonly cannotRun: string | null;
}

const EMPTY: KeptBoard = { models: [], cannotRun: null };
const FOLDER = 'board';

/** The workspace's board, empty where there is none or it cannot be read. */
export async function loadBoard(app: App): Promise<KeptBoard> {
  const file = await boardFile(app);
  try {
    const kept: unknown = JSON.parse(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
    return isBoard(kept) ? kept : EMPTY;
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError)) app.log.warn(`The board could not be read: ${error}`);
    return EMPTY;
  }
}

export async function keepBoard(app: App, board: KeptBoard): Promise<void> {
  await vscode.workspace.fs.writeFile(await boardFile(app), Buffer.from(JSON.stringify(board)));
}

/** A folder for the copy of a model that would not last, such as a search's candidate. */
export async function copyFolder(app: App, id: string): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(await storageFolder(app.context, FOLDER), id);
  await vscode.workspace.fs.createDirectory(folder);
  return folder;
}

/** Removes what was copied for a column; a file of the user's is never touched. */
export async function forgetCopy(app: App, { path: file }: KeptModel): Promise<void> {
  const { fsPath } = await storageFolder(app.context, FOLDER);
  const folder = path.dirname(file);
  if (path.dirname(folder) === fsPath) await rm(folder, { recursive: true, force: true });
}

async function boardFile(app: App): Promise<vscode.Uri> {
  return vscode.Uri.joinPath(await storageFolder(app.context, FOLDER), 'board.json');
}

function isBoard(kept: unknown): kept is KeptBoard {
  return typeof kept === 'object' && kept !== null && 'models' in kept && Array.isArray(kept.models);
}
