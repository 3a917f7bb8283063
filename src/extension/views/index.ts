import * as vscode from 'vscode';
import type { App } from '../app';
import { compareWith } from '../comparison/comparing';
import { showError } from '../telling/log';
import { DevicesView } from './devicesView';
import { type ModelItem, ModelsView } from './modelsView';
import { RecentModels } from './recentModels';

/** The views of the activity bar, and the commands that they alone offer. */
export function registerViews(app: App): vscode.Disposable {
  const recent = new RecentModels(app.context.globalState);
  const devices = new DevicesView(app);
  const register = (id: string, run: (item: ModelItem) => Promise<unknown>) =>
    vscode.commands.registerCommand(`caliper.${id}`, (item: ModelItem) =>
      run(item).catch((error: unknown) => showError(error, app.log)),
    );
  return vscode.Disposable.from(
    app.editor.onDidAdd((document) => void recent.add(document.uri)),
    vscode.window.registerTreeDataProvider('caliper.models', new ModelsView(recent)),
    vscode.window.registerTreeDataProvider('caliper.devices', devices),
    vscode.workspace.onDidGrantWorkspaceTrust(() => devices.refresh()),
    register('forgetModel', ({ uri }) => recent.remove(uri)),
    register('compareVariant', async ({ uri, of }) => {
      if (of !== null) await compareWith(app, of, uri);
    }),
    register('refreshDevices', async () => devices.refresh()),
  );
}
