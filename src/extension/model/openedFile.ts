import type * as vscode from 'vscode';
import type { ModelDocument } from './modelDocument';

/** A file that the editor opened as a model, which is read when it is first shown. */
export class OpenedFile implements vscode.CustomDocument {
  private opening: Promise<ModelDocument> | undefined;
  private disposed = false;

  constructor(
    readonly uri: vscode.Uri,
    private readonly open: () => Promise<ModelDocument>,
  ) {}

  async model(): Promise<ModelDocument> {
    this.opening ??= this.open();
    try {
      const document = await this.opening;
      if (this.disposed) document.dispose();
      return document;
    } catch (error) {
      // Who tries again reads again.
      this.opening = undefined;
      throw error;
    }
  }

  dispose(): void {
    this.disposed = true;
    this.opening?.then(
      (document) => document.dispose(),
      () => {},
    );
  }
}
