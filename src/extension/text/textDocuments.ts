import * as vscode from 'vscode';
import { Reader } from '../../jobs/readerClient';
import type { ReaderKind, ReaderRequests } from '../../jobs/readerProtocol';
import { ModelError } from '../../model/modelError';
import type { DimensionOptions } from '../../protocol/options';
import { watchFile } from '../files/watchFile';
import type { OpenModels } from '../model/openModels';
import { modelOfText, TEXT_SCHEME } from './textAddress';

export const TEXT_LANGUAGE = 'onnxtxt';

const NO_DIMENSIONS: DimensionOptions = { dims: {}, shapes: {} };

interface Entry {
  readonly reader: Reader;
  readonly watcher: vscode.Disposable | null;
  /** Version of the document that the thread has, of files with texts. */
  sent: number | null;
}

/**
 * Texts of models, each read by a thread of its own as long as it is open. A file with a text is sent to its thread
 * whenever it is asked about after a change.
 */
export class TextDocuments implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  /** A model is another one now, so its text has to be read again. */
  readonly onDidChange = this.changed.event;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly readerScript: string,
    private readonly editor: OpenModels,
    private readonly diagnostics: vscode.DiagnosticCollection,
  ) {
    this.subscription = vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri));
  }

  /** Of a model. Rejects with ModelError where it cannot be read. */
  async text(uri: vscode.Uri): Promise<string> {
    return this.entry(uri).reader.ask('text', { choice: this.choice(uri) });
  }

  /** Asks about a document; null where what was asked is no longer wanted, or the model cannot be read. */
  async ask<K extends ReaderKind>(
    document: vscode.TextDocument,
    kind: K,
    params: ReaderRequests[K]['params'],
  ): Promise<ReaderRequests[K]['result'] | null> {
    const entry = this.entry(document.uri);
    try {
      if (document.uri.scheme !== TEXT_SCHEME && entry.sent !== document.version) this.send(document, entry);
      return await entry.reader.ask(kind, params);
    } catch (error) {
      entry.sent = null;
      // Said once, when the text was opened: hovers over it must not say it again each time.
      if (error instanceof ModelError) return null;
      throw error;
    }
  }

  /** Dimensions that the model's page is shown with, if it is open. */
  choice(text: vscode.Uri): DimensionOptions {
    const model = modelOfText(text);
    const [view] = (model && this.editor.document(model)?.views) ?? [];
    return view?.choice ?? NO_DIMENSIONS;
  }

  dispose(): void {
    this.subscription.dispose();
    for (const { reader, watcher } of this.entries.values()) {
      reader.stop();
      watcher?.dispose();
    }
    this.entries.clear();
    this.changed.dispose();
  }

  private send(document: vscode.TextDocument, entry: Entry): void {
    entry.sent = document.version;
    const { uri, version } = document;
    void entry.reader.ask('setText', { text: document.getText() }).then(
      (problems) => {
        if (document.isClosed || document.version !== version) return;
        this.diagnostics.set(
          uri,
          problems.map(({ range, message }) => new vscode.Diagnostic(toRange(range), message)),
        );
      },
      () => {
        entry.sent = null;
      },
    );
  }

  private entry(uri: vscode.Uri): Entry {
    const key = uri.toString();
    const known = this.entries.get(key);
    if (known) return known;
    const model = modelOfText(uri);
    const reader = new Reader(this.readerScript, (model ?? uri).fsPath);
    const watcher = model && watchFile(model, () => this.reread(uri));
    const entry: Entry = { reader, watcher, sent: null };
    this.entries.set(key, entry);
    return entry;
  }

  private reread(uri: vscode.Uri): void {
    this.entries.get(uri.toString())?.reader.stop('The file has changed.');
    this.changed.fire(uri);
  }

  private forget(uri: vscode.Uri): void {
    const entry = this.entries.get(uri.toString());
    if (entry === undefined) return;
    this.entries.delete(uri.toString());
    this.diagnostics.delete(uri);
    entry.reader.stop();
    entry.watcher?.dispose();
  }
}

export function toRange({ start, end }: { start: Place; end: Place }): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

interface Place {
  readonly line: number;
  readonly character: number;
}
