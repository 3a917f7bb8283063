import * as vscode from 'vscode';
import type { BoardPage } from '../../protocol/board';
import type { App } from '../app';
import { openComparison } from '../comparison/comparisonPanel';
import { readComparison } from '../comparison/readComparison';
import { modelPath } from '../files/packages';
import { fileName, pickModels } from '../files/targets';
import { watchFile } from '../files/watchFile';
import { Channel, type Handlers } from '../page/channel';
import { pageHtml, webviewOptions } from '../page/html';
import { sharedHandlers } from '../page/sharedHandlers';
import { saveText } from '../telling/dialogs';
import { addToBoard, boardPage, measureBoard, readAgain, removeFromBoard, setAgainst } from './board';
import { loadBoard } from './keptBoard';

const BOARD_VIEW = 'caliper.board';
const TITLE = 'Model Board';

/** The workspace has one board. */
let shown: BoardPanel | null = null;

/** Brings the board to the front; it shows what was added. */
export async function openBoard(app: App): Promise<void> {
  if (shown === null) {
    const { extensionUri } = app.context;
    const { Active } = vscode.ViewColumn;
    const panel = vscode.window.createWebviewPanel(BOARD_VIEW, TITLE, Active, webviewOptions(extensionUri));
    shown = new BoardPanel(app, panel);
  } else {
    shown.panel.reveal();
    await shown.changed();
  }
}

/** Shows the board of the last session again. */
export function registerBoard(app: App): vscode.Disposable {
  return vscode.window.registerWebviewPanelSerializer(BOARD_VIEW, {
    async deserializeWebviewPanel(panel) {
      panel.webview.options = webviewOptions(app.context.extensionUri);
      shown = new BoardPanel(app, panel);
    },
  });
}

class BoardPanel {
  private readonly channel: Channel;
  private watchers: vscode.Disposable[] = [];

  constructor(
    private readonly app: App,
    readonly panel: vscode.WebviewPanel,
  ) {
    this.channel = new Channel(panel.webview, this.handlers(), app.log);
    const trust = vscode.workspace.onDidGrantWorkspaceTrust(() => this.refresh());
    panel.onDidDispose(() => {
      if (shown === this) shown = null;
      this.channel.dispose();
      trust.dispose();
      this.unwatch();
    });
    panel.webview.html = pageHtml(panel.webview, app.context.extensionUri, 'board', TITLE);
    void this.watch();
  }

  /** Another model is on it, or one is gone. */
  async changed(): Promise<void> {
    await this.watch();
    this.refresh();
  }

  private refresh(): void {
    this.channel.send({ kind: 'changed' });
  }

  private handlers(): Handlers {
    const { app } = this;
    const after = async (work: Promise<unknown>): Promise<BoardPage> => {
      await work;
      await this.watch();
      return boardPage(app);
    };
    return {
      ...sharedHandlers(app),
      board: () => boardPage(app),
      pickForBoard: async () => {
        const models = await pickModels('Add which models to the board?');
        return after(
          addToBoard(
            app,
            models.map((uri) => ({ path: modelPath(uri), name: fileName(uri) })),
          ),
        );
      },
      removeFromBoard: ({ id }) => after(removeFromBoard(app, id)),
      setAgainst: ({ id }) => after(setAgainst(app, id)),
      readBoardAgain: () => after(readAgain(app)),
      measureBoard: async ({ latency }) => {
        const measured = await measureBoard(app, latency, (event) => this.channel.send(event));
        return measured ? boardPage(app) : null;
      },
      compareOnBoard: async ({ id }) => {
        const { models } = await loadBoard(app);
        const [first] = models;
        const other = models.find((model) => model.id === id);
        if (first === undefined || other === undefined) return null;
        const wish = { model: vscode.Uri.file(other.path), before: first, after: other };
        const comparison = await readComparison(app, wish);
        if (comparison !== null) {
          // What was measured on the board is not measured again.
          const { became } = (await boardPage(app)).models.find((model) => model.id === id) ?? {};
          const measured = became === null && other.comparison.accuracy !== null;
          await openComparison(app, measured ? { ...comparison, comparison: other.comparison } : comparison);
        }
        return null;
      },
      cancel: async () => {
        app.jobs.cancel();
        return null;
      },
      save: async ({ name, ...content }) => {
        const { models } = await loadBoard(app);
        const [first] = models;
        const folder =
          first === undefined ? undefined : vscode.Uri.joinPath(vscode.Uri.file(first.path), '..');
        const inputs = models.map((model) => model.path);
        return folder === undefined ? null : saveText(folder, name, content, inputs);
      },
    };
  }

  private async watch(): Promise<void> {
    const { models } = await loadBoard(this.app);
    this.unwatch();
    this.watchers = models.map((model) => watchFile(vscode.Uri.file(model.path), () => this.refresh()));
  }

  private unwatch(): void {
    for (const watcher of this.watchers) watcher.dispose();
  }
}
