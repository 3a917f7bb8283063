import * as vscode from 'vscode';
import { ModelError } from '../../model/modelError';
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

/** How long a command waits for the page of a model that it opened, in ms. */
const SHOW_LIMIT = 30_000;

/** The read-only editor of models. */
export class ModelEditor implements vscode.CustomReadonlyEditorProvider<OpenedFile> {
  static readonly viewType = 'caliper.model';

  private readonly documents = new Map<string, ModelDocument>();
  private readonly shown = new vscode.EventEmitter<ModelView>();
  private activeView: ModelView | undefined;
  private app: App | undefined;
  private sides: DiffSides | undefined;

  register(app: App): vscode.Disposable {
    this.app = app;
    this.sides = new DiffSides(
      (before, after, column) => compareVersions(app, before, after, column),
      (error) => showError(error, app.log),
    );
    return vscode.window.registerCustomEditorProvider(ModelEditor.viewType, this, {
      supportsMultipleEditorsPerDocument: true,
    });
  }

  /** The view in front, if it is one of a model. */
  get active(): ModelView | undefined {
    return this.activeView;
  }

  document(uri: vscode.Uri): ModelDocument | undefined {
    return this.documents.get(uri.toString());
  }

  /** Opens a model's page, or brings it to the front. */
  async show(uri: vscode.Uri): Promise<ModelView> {
    if (this.active?.document.uri.toString() === uri.toString()) return this.active;
    const arrives = new Promise<ModelView>((resolve, reject) => {
      const timer = setTimeout(() => {
        listener.dispose();
        reject(new ModelError(`${uri.fsPath} was not opened with Model Caliper.`));
      }, SHOW_LIMIT);
      const listener = this.shown.event((view) => {
        if (view.document.uri.toString() !== uri.toString()) return;
        listener.dispose();
        clearTimeout(timer);
        resolve(view);
      });
    });
    await vscode.commands.executeCommand('vscode.openWith', uri, ModelEditor.viewType);
    return arrives;
  }

  async openCustomDocument(uri: vscode.Uri): Promise<OpenedFile> {
    return new OpenedFile(uri, async () => {
      const app = this.requireApp();
      // What another extension serves is copied only when it is shown: in a comparison it may not be.
      const file = uri.scheme === 'file' ? uri : (await copyOf(app, uri)).file;
      const document = new ModelDocument(uri, file, app.readerScript, app.measurements);
      await document.loadProfile();
      this.documents.set(uri.toString(), document);
      document.onDidDispose(() => this.documents.delete(uri.toString()));
      return document;
    });
  }

  async resolveCustomEditor(opened: OpenedFile, panel: vscode.WebviewPanel): Promise<void> {
    const show = () => this.fill(opened, panel);
    if (!this.sides?.take({ uri: opened.uri, panel, show })) await show();
  }

  private async fill(opened: OpenedFile, panel: vscode.WebviewPanel): Promise<void> {
    const app = this.requireApp();
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
    panel.onDidChangeViewState(() => this.track(view));
    panel.onDidDispose(() => {
      channel.dispose();
      document.views.delete(view);
      if (this.activeView === view) this.setActive(undefined);
    });
    panel.webview.html = pageHtml(panel.webview, extension, 'model', panel.title);
    this.track(view);
  }

  /** A file that cannot be copied has a page too, which says why, and where one can try again. */
  private fillWithReason(opened: OpenedFile, panel: vscode.WebviewPanel, reason: unknown): void {
    const app = this.requireApp();
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

  /** Every page asks for its model again. */
  refresh(): void {
    for (const document of this.documents.values()) document.send({ kind: 'changed' });
  }

  /** Menus offer to save a trace only where there is one, and to quantize only where that can do something. */
  updateContext(): void {
    const quantizes = this.activeView?.quantizes ?? false;
    void vscode.commands.executeCommand('setContext', 'caliper.quantizes', quantizes);
    const hasTrace = (this.activeView?.document.trace ?? null) !== null;
    void vscode.commands.executeCommand('setContext', 'caliper.hasTrace', hasTrace);
  }

  private track(view: ModelView): void {
    if (view.panel.active) {
      this.setActive(view);
      this.shown.fire(view);
    } else if (this.activeView === view) this.setActive(undefined);
  }

  private setActive(view: ModelView | undefined): void {
    this.activeView = view;
    this.updateContext();
  }

  private requireApp(): App {
    if (!this.app) throw new Error('The editor is used before it was registered.');
    return this.app;
  }
}
