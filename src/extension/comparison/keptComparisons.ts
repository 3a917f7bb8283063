import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { ModelError } from '../../model/modelError';
import type { ComparisonPage } from '../../protocol/page';
import type { BeforeAfter, Comparison } from '../../protocol/reports';
import { type App, storageFolder } from '../app';
import { MISSING, stampOf } from '../files/fileStamp';

/** Comparisons that are kept for pages that the editor restores; older ones are removed. */
const KEPT = 50;

/** A comparison as it is kept: with the state that its files were in. */
export type KeptComparison = Omit<ComparisonPage, 'outdated' | 'keepsCandidates'> & {
  readonly stamps: BeforeAfter<string>;
};

/** A comparison that was just made. */
export type NewComparison = Omit<KeptComparison, 'id'>;

/** The state of two files, to be asked before they are read. */
export function stampsOf(before: string, after: string): BeforeAfter<string> {
  return { before: stampOf(before), after: stampOf(after) };
}

/** What became of the files since they were compared. Copies that we made ourselves never change. */
export function outdated(
  app: App,
  {
    comparison,
    stamps,
  }: Pick<KeptComparison, 'stamps'> & { comparison: Pick<Comparison, 'input' | 'output'> },
): ComparisonPage['outdated'] {
  const state = (file: string, stamp: string) => {
    if (isOwn(app, file)) return null;
    const now = stampOf(file);
    return now === stamp ? null : now === MISSING ? 'missing' : 'changed';
  };
  return { before: state(comparison.input, stamps.before), after: state(comparison.output, stamps.after) };
}

export async function keepComparison(app: App, page: KeptComparison): Promise<void> {
  const folder = await storageFolder(app.context, 'comparisons');
  await vscode.workspace.fs.writeFile(fileOf(folder, page.id), Buffer.from(JSON.stringify(page)));
  await removeOld(folder);
}

/** @param state of a page, which names its comparison. @throws ModelError where that is not kept any more. */
export async function loadComparison(app: App, state: unknown): Promise<KeptComparison> {
  const id = typeof state === 'object' && state !== null && 'id' in state ? state.id : undefined;
  // The page's state names a file: nothing but a name that was made here is taken.
  if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)) {
    const file = fileOf(await storageFolder(app.context, 'comparisons'), id);
    try {
      const page = JSON.parse(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
      // Earlier versions kept less than the page shows now.
      if (page?.comparison?.totals !== undefined && page.stamps !== undefined) return withModels(page);
    } catch (error) {
      app.log.warn(`A comparison could not be read: ${error}`);
    }
  }
  throw new ModelError('This comparison is no longer kept: compare the models again.');
}

/** Earlier versions kept the two models that are to be measured one by one. */
function withModels({ options, ...page }: KeptComparison): KeptComparison {
  if (options === null || !('before' in options)) return { ...page, options };
  return { ...page, options: { ...options, models: [page.comparison.input, page.comparison.output] } };
}

function isOwn({ context }: App, file: string): boolean {
  return [context.storageUri, context.globalStorageUri].some((folder) => {
    const within = folder && path.relative(folder.fsPath, file);
    return within !== undefined && !within.startsWith('..') && !path.isAbsolute(within);
  });
}

function fileOf(folder: vscode.Uri, id: string): vscode.Uri {
  return vscode.Uri.joinPath(folder, `${id}.json`);
}

async function removeOld(folder: vscode.Uri): Promise<void> {
  const names = await readdir(folder.fsPath);
  if (names.length <= KEPT) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const uri = vscode.Uri.joinPath(folder, name);
      return { uri, time: (await stat(uri.fsPath)).mtimeMs };
    }),
  );
  files.sort((a, b) => b.time - a.time);
  await Promise.all(files.slice(KEPT).map(({ uri }) => vscode.workspace.fs.delete(uri)));
}
