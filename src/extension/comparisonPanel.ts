import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { ModelError } from '../model/modelError';
import type { ComparisonPage } from '../protocol/page';
import { type App, storageFolder } from './app';
import { Channel } from './channel';
import { comparisonHandlers, type KeptComparison } from './comparisonHandlers';
import { pageHtml, webviewOptions } from './html';

export const COMPARISON_VIEW = 'caliper.comparison';
/** Comparisons that are kept for pages that the editor restores; older ones are removed. */
const KEPT = 50;

/** Keeps a comparison and shows it in a page of its own, which survives reloading the window. */
export async function openComparison(app: App, comparison: Omit<ComparisonPage, 'id'>): Promise<void> {
  const page: ComparisonPage = { id: randomUUID(), ...comparison };
  const folder = await storageFolder(app.context, 'comparisons');
  await keep(folder, page);
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

function fill(app: App, panel: vscode.WebviewPanel, read: () => Promise<ComparisonPage>): void {
  let page: Promise<ComparisonPage> | undefined;
  const kept: KeptComparison = {
    load: async () => {
      page ??= read();
      try {
        return await page;
      } catch (error) {
        // Who tries again reads again.
        page = undefined;
        throw error;
      }
    },
    replace: async (other) => {
      page = Promise.resolve(other);
      await keep(await storageFolder(app.context, 'comparisons'), other);
    },
  };
  const channel: Channel = new Channel(
    panel.webview,
    comparisonHandlers(app, kept, (event) => channel.send(event)),
    app.log,
  );
  // The page says why models are not run; it asks again when that has changed.
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(() => channel.send({ kind: 'changed' }));
  panel.onDidDispose(() => {
    channel.dispose();
    trust.dispose();
  });
  panel.webview.html = pageHtml(panel.webview, app.context.extensionUri, 'comparison', panel.title);
}

async function keep(folder: vscode.Uri, page: ComparisonPage): Promise<void> {
  await vscode.workspace.fs.writeFile(fileOf(folder, page.id), Buffer.from(JSON.stringify(page)));
}

async function load(app: App, state: unknown): Promise<ComparisonPage> {
  const id = typeof state === 'object' && state !== null && 'id' in state ? state.id : undefined;
  // The page's state names a file: nothing but a name that was made here is taken.
  if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)) {
    const file = fileOf(await storageFolder(app.context, 'comparisons'), id);
    try {
      const page = JSON.parse(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
      // Earlier versions kept less than the page shows now.
      if (page?.comparison?.totals !== undefined) return page;
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
