import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Api } from '../../src/extension/extension';

export const EXTENSION = 'model-caliper.model-caliper';

export async function activate(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>(EXTENSION);
  assert.ok(extension, `${EXTENSION} is not installed`);
  return extension.activate();
}

/** A file of the folder that the tests run in: copies of the samples. */
export function workspaceFile(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, name);
}

export const SAMPLE = 'shapes_mobilenetv2.onnx';

export async function closeEditors(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Waits for something that the editor does by itself. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limit = 90_000,
): Promise<T> {
  const deadline = Date.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    assert.ok(Date.now() < deadline, `not within ${limit / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function hoverText({ contents }: vscode.Hover): string {
  return contents.map((content) => (typeof content === 'string' ? content : content.value)).join('\n');
}

export function activeTab(): vscode.TabInputCustom | vscode.TabInputWebview | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputWebview) return input;
  return undefined;
}

export function fileExists(uri: vscode.Uri): boolean {
  return existsSync(uri.fsPath);
}
