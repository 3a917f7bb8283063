import * as vscode from 'vscode';
import { ModelError } from '../../model/modelError';
import type { PageEvent } from '../../protocol/page';
import type { ModelDocument } from './modelDocument';
import type { ModelView } from './modelView';

/** The custom editor of models, as the manifest registers it. */
export const MODEL_VIEW = 'caliper.model';

/** How long a command waits for the page of a model that it opened, in ms. */
const SHOW_LIMIT = 30_000;

/** The models that have a page, and which page is in front. */
export class OpenModels {
  private readonly documents = new Map<string, ModelDocument>();
  private readonly shown = new vscode.EventEmitter<ModelView>();
  private readonly added = new vscode.EventEmitter<ModelDocument>();
  private activeView: ModelView | undefined;
  /** A model was opened. */
  readonly onDidAdd = this.added.event;

  /** The view in front, if it is one of a model. */
  get active(): ModelView | undefined {
    return this.activeView;
  }

  document(uri: vscode.Uri): ModelDocument | undefined {
    return this.documents.get(uri.toString());
  }

  /** Known until it is disposed. */
  add(document: ModelDocument): void {
    const key = document.uri.toString();
    this.documents.set(key, document);
    document.onDidDispose(() => this.documents.delete(key));
    this.added.fire(document);
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
    await vscode.commands.executeCommand('vscode.openWith', uri, MODEL_VIEW);
    return arrives;
  }

  /** Every page asks for its model again. */
  refresh(): void {
    this.tell({ kind: 'changed' });
  }

  /** Tells every page. */
  tell(event: PageEvent): void {
    for (const document of this.documents.values()) document.send(event);
  }

  /** Menus offer to save a trace only where there is one, and to quantize only where that can do something. */
  updateContext(): void {
    const quantizes = this.activeView?.quantizes ?? false;
    void vscode.commands.executeCommand('setContext', 'caliper.quantizes', quantizes);
    const hasTrace = (this.activeView?.document.trace ?? null) !== null;
    void vscode.commands.executeCommand('setContext', 'caliper.hasTrace', hasTrace);
  }

  /** A view came to the front, or left it. */
  track(view: ModelView): void {
    if (view.panel.active) {
      this.setActive(view);
      this.shown.fire(view);
    } else this.leave(view);
  }

  /** A view is not in front, or is gone. */
  leave(view: ModelView): void {
    if (this.activeView === view) this.setActive(undefined);
  }

  private setActive(view: ModelView | undefined): void {
    this.activeView = view;
    this.updateContext();
  }
}
