import * as vscode from 'vscode';

/** Models that the user named for a source, by the setting `caliper.python.models`; none = whatever fits. */
export function namedModels(document: vscode.TextDocument): vscode.Uri[] {
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  if (folder === undefined) return [];
  const setting: unknown = vscode.workspace.getConfiguration('caliper.python', document).get('models');
  if (typeof setting !== 'object' || setting === null) return [];
  return Object.entries(setting)
    .filter(([glob]) =>
      vscode.languages.match({ pattern: new vscode.RelativePattern(folder, glob) }, document),
    )
    .flatMap(([, models]): unknown[] => (Array.isArray(models) ? models : [models]))
    .filter((model) => typeof model === 'string')
    .map((model) => inFolder(folder.uri, model));
}

/** Whether layers of a source are looked for in models at all. */
export function isLinking(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration('caliper.python', document).get('link', true);
}

/** As the index knows it: a package by its manifest. */
function inFolder(folder: vscode.Uri, model: string): vscode.Uri {
  const uri = vscode.Uri.joinPath(folder, model.replaceAll('\\', '/'));
  return uri.path.endsWith('.mlpackage') ? vscode.Uri.joinPath(uri, 'Manifest.json') : uri;
}
