import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { LiteRtPlaces } from '../protocol/options';
import type { Log } from './telling/log';

/** What is used of the Python extension's interface (`PythonExtension` of @vscode/python-extension). */
interface PythonExtension {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly sysPrefix: string } } | undefined>;
  };
}

/** Where LiteRT's library may lie for a model of a workspace, which is trusted when models are run. */
export async function liteRtPlaces(model: string, log: Log): Promise<LiteRtPlaces> {
  const uri = vscode.Uri.file(model);
  const setting = vscode.workspace.getConfiguration('caliper', uri).get('litert.library', '').trim();
  const active = await activeEnvironment(uri).catch((error: unknown) => {
    log.debug(`The Python extension did not say which environment is active: ${error}`);
    return null;
  });
  const folders = vscode.workspace.workspaceFolders ?? [];
  const beside = [dirname(model), ...folders.map(({ uri: { fsPath } }) => fsPath)];
  return {
    library: setting === '' ? null : setting,
    environments: [
      ...(active === null ? [] : [active]),
      ...new Set(beside.map((folder) => join(folder, '.venv'))),
    ],
  };
}

/** Folder of the Python environment that the user has chosen; null where nothing says it. */
async function activeEnvironment(model: vscode.Uri): Promise<string | null> {
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
  if (extension === undefined) return null;
  const { environments } = extension.isActive ? extension.exports : await extension.activate();
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(model));
  return resolved?.executable.sysPrefix ?? null;
}
