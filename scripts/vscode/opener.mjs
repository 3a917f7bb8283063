// A tiny extension that opens a model when the editor has started: a file that is named on the editor's command line
// or in its address opens before extensions are known, as text.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root.mjs';

const MANIFEST = {
  name: 'model-caliper-opener',
  version: '0.0.0',
  publisher: 'model-caliper',
  private: true,
  engines: { vscode: '^1.100.0' },
  main: './index.cjs',
  activationEvents: ['onStartupFinished'],
  capabilities: { untrustedWorkspaces: { supported: true } },
};

/** @returns {string} folder of the extension that opens the first folder's file of this name */
export function makeOpener(model) {
  const folder = path.join(ROOT, 'out', 'opener');
  const name = JSON.stringify(path.basename(model));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(MANIFEST));
  writeFileSync(
    path.join(folder, 'index.cjs'),
    `const vscode = require('vscode');
exports.activate = () => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) return undefined;
  return vscode.commands.executeCommand('vscode.openWith', vscode.Uri.joinPath(folder.uri, ${name}), 'caliper.model');
};
`,
  );
  return folder;
}
