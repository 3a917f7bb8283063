import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { sentError } from '../../jobs/sentErrors';
import { withPlace } from '../../protocol/sentError';
import { asText } from '../telling/plainText';
import { modelOfText } from './textAddress';
import type { TextDocuments } from './textDocuments';

/**
 * Texts of models as files that can only be read. A provider of documents would do but for the breadcrumbs, which
 * editors show of files alone.
 */
export class TextFiles implements vscode.FileSystemProvider {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;

  constructor(private readonly texts: TextDocuments) {
    texts.onDidChange((uri) => this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]));
  }

  /** Models are watched as long as their texts are open, whoever asks. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  /** Size and times of the model's file: they change when the text may. */
  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const model = modelOfText(uri);
    const found = model && (await stat(model.fsPath).catch(() => null));
    if (!found) throw vscode.FileSystemError.FileNotFound(uri);
    return {
      type: vscode.FileType.File,
      ctime: found.ctimeMs,
      mtime: found.mtimeMs,
      size: found.size,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    try {
      return Buffer.from(await this.texts.text(uri));
    } catch (error) {
      // The editor tells it, as it tells its own errors.
      throw new Error(asText(withPlace(sentError(error))));
    }
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}
