import * as vscode from 'vscode';
import type { App } from '../app';

/**
 * Opens a model's page at a layer; what links in hovers call.
 *
 * @param uri of the model, as text.
 * @param row id in the flat table of layers.
 */
export async function reveal(app: App, uri: unknown, row: unknown): Promise<void> {
  // Links are text that anybody can write, so they are taken for nothing but what they must be.
  if (typeof uri !== 'string' || typeof row !== 'string') return;
  const view = await app.editor.show(vscode.Uri.parse(uri));
  view.wantedRow = row;
  view.send({ kind: 'reveal' });
}
