import * as vscode from 'vscode';
import { SourceClient } from '../../jobs/sourceClient';
import type { SourceQuestionKind, SourceQuestions } from '../../jobs/sourceProtocol';
import type { TextEdit } from '../../python/syntax/document';

/** Python documents, by their language or their name. */
export const PYTHON: vscode.DocumentSelector = [
  { language: 'python', scheme: 'file' },
  { language: 'python', scheme: 'untitled' },
  { pattern: '**/*.py', scheme: 'file' },
];

/** Hands Python documents to the thread that reads them, and their edits. */
export class PythonSources {
  private readonly client: SourceClient;
  private readonly analyzed = new vscode.EventEmitter<vscode.Uri>();
  /** A document was read anew. */
  readonly onDidAnalyze = this.analyzed.event;

  constructor(extension: vscode.Uri) {
    const file = (...path: string[]) => vscode.Uri.joinPath(extension, 'dist', ...path).fsPath;
    this.client = new SourceClient(
      file('source.js'),
      {
        machinery: file('wasm', 'web-tree-sitter.wasm'),
        grammar: file('wasm', 'tree-sitter-python.wasm'),
      },
      {
        textOf: (uri) => {
          const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
          return document ? { version: document.version, text: document.getText() } : null;
        },
        analyzed: (uri) => this.analyzed.fire(vscode.Uri.parse(uri)),
      },
    );
  }

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.analyzed,
      vscode.workspace.onDidChangeTextDocument((event) => this.edited(event)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.client.close(uri.toString())),
      { dispose: () => this.client.stop() },
    );
  }

  /** null: it cannot be read. The answer is of the last reading, which may be a moment old. */
  ask<K extends SourceQuestionKind>(
    document: vscode.TextDocument,
    question: K,
    params: Omit<SourceQuestions[K]['params'], 'uri'>,
  ): Promise<SourceQuestions[K]['result'] | null> {
    const all = { ...params, uri: document.uri.toString() } as SourceQuestions[K]['params'];
    return this.client.ask(question, all);
  }

  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || !vscode.languages.match(PYTHON, document)) return;
    const edits = contentChanges.map(
      ({ rangeOffset, rangeLength, text }): TextEdit => ({ offset: rangeOffset, length: rangeLength, text }),
    );
    const end = document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
    this.client.edit(document.uri.toString(), document.version, edits, end);
  }
}
