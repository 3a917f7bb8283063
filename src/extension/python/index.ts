import * as vscode from 'vscode';
import { registerPythonCodeLens } from './codeLens';
import { registerPythonHover } from './hover';
import { PythonSources } from './sources';

/** Hovers and lines above definitions in Python. The thread starts when the first Python document is looked at. */
export function registerPython(context: vscode.ExtensionContext): vscode.Disposable {
  const sources = new PythonSources(context.extensionUri);
  return vscode.Disposable.from(
    sources.register(),
    registerPythonHover(sources),
    registerPythonCodeLens(sources),
  );
}
