import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { ModelError } from '../model/modelError';
import type { ComparisonPage } from '../protocol/page';
import { type App, storageFolder } from './app';
import { Channel } from './channel';
import { comparisonHandlers } from './comparisonHandlers';
import { pageHtml, webviewOptions } from './html';

export const COMPARISON_VIEW = 'caliper.comparison';
/** Comparisons that are kept for pages that the editor restores; older ones are removed. */
const KEPT = 50;

/** Keeps a comparison and shows it in a page of its own, which survives reloading the window. */
export async function openComparison(app: App, comparison: Omit<ComparisonPage, 'id'>): Promise<void> {
  const page: ComparisonPage = { id: randomUUID(), ...comparison };
  const folder = await storageFolder(app.context, 'comparisons');
  await vscode.workspace.fs.writeFile(fileOf(folder, page.id), Buffer.from(JSON.stringify(page)));
  await removeOld(folder);
  const panel = vscode.window.createWebviewPanel(
    COMPARISON_VIEW,
    `${page.beforeName} ↔ ${page.afterName}`,
    vscode.ViewColumn.Active,
    webviewOptions(app.context.extensionUri),
  );
  fill(app, panel, async () => page);
}

/** Shows the comparisons of the last session again. */
export function registerComparisons(app: App): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(COMPARISON_VIEW, {
    async deserializeWebviewPanel(panel, state: unknown) {
      panel.webview.options = webviewOptions(app.context.extensionUri);
      fill(app, panel, () => load(app, state));
    },
  });
}

function fill(app: App, panel: vscode.WebviewPanel, comparison: () => Promise<ComparisonPage>): void {
  const channel = new Channel(panel.webview, comparisonHandlers(app, comparison), app.log);
  panel.onDidDispose(() => channel.dispose());
  panel.webview.html = pageHtml(panel.webview, app.context.extensionUri, 'comparison', panel.title);
}

async function load(app: App, state: unknown): Promise<ComparisonPage> {
  const id = typeof state === 'object' && state !== null && 'id' in state ? state.id : undefined;
  // The page's state names a file: nothing but a name that was made here is taken.
  if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)) {
    const file = fileOf(await storageFolder(app.context, 'comparisons'), id);
    try {
      return JSON.parse(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
    } catch (error) {
      app.log.warn(`A comparison could not be read: ${error}`);
    }
  }
  throw new ModelError('This comparison is no longer kept: compare the models again.');
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
