import * as vscode from 'vscode';
import type { App } from '../app';
import { Linking } from '../linking/linking';
import { registerPythonCodeLens } from './codeLens';
import { registerPythonHover } from './hover';
import { PythonSources } from './sources';

/** Hovers and lines above definitions in Python. The thread starts when the first Python document is looked at. */
export function registerPython(app: App): vscode.Disposable {
  const sources = new PythonSources(app.context.extensionUri);
  const linking = new Linking(app, sources);
  return vscode.Disposable.from(
    sources.register(),
    linking,
    registerPythonHover(sources, (document, call) => linking.sections(document, call)),
    registerPythonCodeLens(sources, linking),
  );
}
