import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { App } from '../app';
import { watchFile } from '../files/watchFile';
import { Channel } from '../page/channel';
import { pageHtml, webviewOptions } from '../page/html';
import type { CandidateFiles } from '../quantizing/keptFiles';
import { comparisonHandlers } from './comparisonHandlers';
import {
  type KeptComparison,
  keepComparison,
  loadComparison,
  type NewComparison,
  outdated,
} from './keptComparisons';

export const COMPARISON_VIEW = 'caliper.comparison';

interface Opening {
  readonly column?: vscode.ViewColumn;
  /** Those of candidates, which the page keeps until it is closed. */
  readonly files?: CandidateFiles | null;
}

/** Pages that are open, so that the same two files have one. */
const panels = new Set<ComparisonPanel>();

/**
 * Keeps a comparison and shows it in a page, which survives reloading the window. Where the same two files have one, it
 * comes to the front; it takes the new comparison unless its own, which may be measured, is still true.
 */
export async function openComparison(
  app: App,
  comparison: NewComparison,
  { column = vscode.ViewColumn.Active, files = null }: Opening = {},
): Promise<void> {
  const measured = comparison.comparison.accuracy !== null;
  for (const open of panels) {
    const shown = open.shown;
    if (shown === null || !isSamePair(shown, comparison)) continue;
    const { before, after } = outdated(app, shown);
    const isTrue =
      before === null && after === null && isDeepStrictEqual(sizesOf(shown), sizesOf(comparison));
    if (measured || !isTrue) {
      await open.takeFiles(files);
      await open.replace({ ...comparison, id: shown.id });
      open.refresh();
    } else await files?.release();
    open.panel.reveal();
    return;
  }
  const page = { ...comparison, id: randomUUID() };
  await keepComparison(app, page);
  const panel = vscode.window.createWebviewPanel(
    COMPARISON_VIEW,
    titleOf(page),
    column,
    webviewOptions(app.context.extensionUri),
  );
  await new ComparisonPanel(app, panel, async () => page).takeFiles(files);
}

/** Shows the comparisons of the last session again. */
export function registerComparisons(app: App): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(COMPARISON_VIEW, {
    async deserializeWebviewPanel(panel, state: unknown) {
      panel.webview.options = webviewOptions(app.context.extensionUri);
      new ComparisonPanel(app, panel, () => loadComparison(app, state));
    },
  });
}

function isSamePair(one: NewComparison, other: NewComparison): boolean {
  return (
    one.comparison.input === other.comparison.input &&
    one.comparison.output === other.comparison.output &&
    one.beforeName === other.beforeName
  );
}

/** The sizes of open dimensions that it was made with. */
function sizesOf({ options }: NewComparison) {
  return options && { dims: options.dims, shapes: options.shapes };
}

function titleOf({ beforeName, afterName }: NewComparison): string {
  return `${beforeName} ↔ ${afterName}`;
}

/** A page with a comparison, which is told when one of its files becomes another one. */
export class ComparisonPanel {
  /** null: not read yet. */
  shown: KeptComparison | null = null;
  /** Of the candidates that it shows; null: there are none, or they are gone. */
  files: CandidateFiles | null = null;
  private readonly channel: Channel;
  private watchers: vscode.Disposable[] = [];

  constructor(
    private readonly app: App,
    readonly panel: vscode.WebviewPanel,
    private readonly read: () => Promise<KeptComparison>,
  ) {
    const handlers = comparisonHandlers(app, this, (event) => this.channel.send(event));
    this.channel = new Channel(panel.webview, handlers, app.log);
    // The page says why models are not run; it asks again when that has changed.
    const trust = vscode.workspace.onDidGrantWorkspaceTrust(() => this.refresh());
    panels.add(this);
    panel.onDidDispose(() => {
      panels.delete(this);
      this.channel.dispose();
      trust.dispose();
      this.unwatch();
      void this.takeFiles(null);
    });
    panel.webview.html = pageHtml(panel.webview, app.context.extensionUri, 'comparison', panel.title);
  }

  /** Who tries again after an error reads again. */
  async load(): Promise<KeptComparison> {
    if (this.shown === null) this.take(await this.read());
    if (this.shown === null) throw new Error('A comparison was read and is gone.');
    this.entitle(this.shown);
    return this.shown;
  }

  /** Shows another comparison of the same files in place of this one, and keeps it. */
  async replace(page: KeptComparison): Promise<void> {
    this.take(page);
    this.entitle(page);
    await keepComparison(this.app, page);
  }

  openOther(comparison: NewComparison): Promise<void> {
    return openComparison(this.app, comparison);
  }

  async takeFiles(files: CandidateFiles | null): Promise<void> {
    const old = this.files;
    this.files = files;
    await old?.release();
  }

  /** The page asks again. */
  refresh(): void {
    this.channel.send({ kind: 'changed' });
  }

  private take(page: KeptComparison): void {
    this.shown = page;
    this.unwatch();
    const { input, output } = page.comparison;
    this.watchers = [input, output].map((file) =>
      watchFile(vscode.Uri.file(file), () => {
        this.entitle(page);
        this.refresh();
      }),
    );
  }

  private entitle(page: KeptComparison): void {
    const { before, after } = outdated(this.app, page);
    this.panel.title = `${this.ownTitle(page)}${before === null && after === null ? '' : ' (outdated)'}`;
  }

  /** Pages of models that are called alike are told apart by their folders. */
  private ownTitle(page: KeptComparison): string {
    const title = titleOf(page);
    const alike = [...panels].some(
      (other) => other !== this && other.shown !== null && titleOf(other.shown) === title,
    );
    return alike
      ? `${title} (${vscode.workspace.asRelativePath(path.dirname(page.comparison.output))})`
      : title;
  }

  private unwatch(): void {
    for (const watcher of this.watchers) watcher.dispose();
  }
}
