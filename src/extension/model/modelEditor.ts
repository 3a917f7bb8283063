import * as vscode from 'vscode';
import type { App } from '../app';
import { compareVersions } from '../comparison/comparing';
import { DiffSides } from '../comparison/diffSides';
import { Channel } from '../page/channel';
import { pageHtml, webviewOptions } from '../page/html';
import { sharedHandlers } from '../page/sharedHandlers';
import { showError } from '../telling/log';
import { copyOf } from '../versions/fileCopies';
import { ModelDocument } from './modelDocument';
import { modelHandlers } from './modelHandlers';
import type { ModelView } from './modelView';
import { OpenedFile } from './openedFile';
import { MODEL_VIEW } from './openModels';

/** Opens models in the read-only editor of them. */
export function registerModelEditor(app: App): vscode.Disposable {
  return vscode.window.registerCustomEditorProvider(MODEL_VIEW, new ModelEditor(app), {
    supportsMultipleEditorsPerDocument: true,
  });
}

class ModelEditor implements vscode.CustomReadonlyEditorProvider<OpenedFile> {
  private readonly sides: DiffSides;

  constructor(private readonly app: App) {
    this.sides = new DiffSides(
      (before, after, column) => compareVersions(app, before, after, column),
      (error) => showError(error, app.log),
    );
  }

  async openCustomDocument(uri: vscode.Uri): Promise<OpenedFile> {
    return new OpenedFile(uri, async () => {
      const { app } = this;
      // What another extension serves is copied only when it is shown: in a comparison it may not be.
      const file = uri.scheme === 'file' ? uri : (await copyOf(app, uri)).file;
      const document = new ModelDocument(uri, file, app.readerScript, app.measurements);
      await document.loadProfile();
      app.editor.add(document);
      return document;
    });
  }

  async resolveCustomEditor(opened: OpenedFile, panel: vscode.WebviewPanel): Promise<void> {
    const show = () => this.fill(opened, panel);
    if (!this.sides.take({ uri: opened.uri, panel, show })) await show();
  }

  private async fill(opened: OpenedFile, panel: vscode.WebviewPanel): Promise<void> {
    const { app } = this;
    let closed = false;
    panel.onDidDispose(() => {
      closed = true;
    });
    const document = await opened.model().catch((error: unknown) => {
      if (!closed) this.fillWithReason(opened, panel, error);
      return null;
    });
    if (document === null || closed) return;
    const extension = app.context.extensionUri;
    panel.webview.options = webviewOptions(extension);
    const view: ModelView = {
      document,
      panel,
      choice: { dims: {}, shapes: {} },
      quantizes: false,
      wantedRow: null,
      send: (event) => channel.send(event),
      request: (kind, params) => channel.request(kind, params),
    };
    const channel = new Channel(panel.webview, modelHandlers(app, view), app.log);
    document.views.add(view);
    panel.onDidChangeViewState(() => app.editor.track(view));
    panel.onDidDispose(() => {
      channel.dispose();
      document.views.delete(view);
      app.editor.leave(view);
    });
    panel.webview.html = pageHtml(panel.webview, extension, 'model', panel.title);
    app.editor.track(view);
  }

  /** A file that cannot be copied has a page too, which says why, and where one can try again. */
  private fillWithReason(opened: OpenedFile, panel: vscode.WebviewPanel, reason: unknown): void {
    const { app } = this;
    const extension = app.context.extensionUri;
    let first = true;
    const open = async () => {
      if (first) {
        first = false;
        throw reason;
      }
      await opened.model();
      channel.dispose();
      void this.fill(opened, panel);
      throw reason;
    };
    const channel = new Channel(panel.webview, { ...sharedHandlers(app), open }, app.log);
    panel.onDidDispose(() => channel.dispose());
    panel.webview.options = webviewOptions(extension);
    panel.webview.html = pageHtml(panel.webview, extension, 'model', panel.title);
  }
}
