import * as vscode from 'vscode';
import type { TextSpan } from '../../protocol/budgets';

/** Opens a file of budgets with a limit selected. */
export async function showLimit(config: string, at: TextSpan): Promise<void> {
  const selection = new vscode.Range(at.line - 1, at.column - 1, at.endLine - 1, at.endColumn - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(config), { selection });
}
