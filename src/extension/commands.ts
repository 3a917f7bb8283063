import * as vscode from 'vscode';
import type { App } from './app';
import { addToBoard } from './board/board';
import { openBoard } from './board/boardPanel';
import { OPEN_BOARD } from './board/openBoard';
import { measureBudgets, tellBudgets } from './budgets/measuring';
import { compareHead, compareWith } from './comparison/comparing';
import { measuring } from './devices';
import { modelPath } from './files/packages';
import { fileName, pickModel, targetModel, targetView } from './files/targets';
import { exportLayers } from './model/exporting';
import { importMeasurements } from './model/importing';
import type { ModelView } from './model/modelView';
import { profile, saveTrace } from './model/profiling';
import { reveal } from './model/revealing';
import { quantizeAndTell } from './quantizing/quantizeAndTell';
import { QUANTIZE_AS } from './quantizing/quantizeAs';
import { quantizeMenu } from './quantizing/quantizeMenu';
import { quantizeDefaults } from './quantizing/quantizing';
import { trySample } from './sample/trySample';
import { showError } from './telling/log';
import { modelOfText } from './text/textAddress';
import { compareText, compareTextHead, openText } from './text/textCommands';
import { askForTrust } from './trust';
import { headCopy } from './versions/headCopy';

/** Commands get the file that they were called on, and all selected ones, from the explorer and the editor's title. */
export function registerCommands(app: App): vscode.Disposable {
  const register = (id: string, run: (uri?: unknown, selected?: unknown) => Promise<unknown>) =>
    vscode.commands.registerCommand(`caliper.${id}`, async (uri?: unknown, selected?: unknown) => {
      try {
        return await run(uri, selected);
      } catch (error) {
        showError(error, app.log);
        return undefined;
      }
    });
  /** Commands about a model; those that run it need trust. */
  const onModel = (
    id: string,
    runs: boolean,
    use: (view: ModelView, selected: unknown) => Promise<unknown>,
  ) =>
    register(id, async (uri, selected) => {
      if (runs && !(await askForTrust())) return undefined;
      const view = await targetView(app, uri);
      return view && use(view, selected);
    });
  /** What HEAD holds is read by git, which a repository can tell to run programs. */
  const withHead = (id: string, use: (app: App, model: vscode.Uri) => Promise<void>) =>
    register(id, async (uri) => {
      if (!(await askForTrust())) return;
      const model = await targetModel(app, uri);
      if (model) await use(app, model);
    });
  return vscode.Disposable.from(
    register('open', async (uri) => {
      const given = uri instanceof vscode.Uri ? (modelOfText(uri) ?? uri) : undefined;
      const model = given ?? (await pickModel('Inspect which model?'));
      if (model) await app.editor.show(model);
    }),
    register('reveal', (uri, row) => reveal(app, uri, row)),
    onModel('profile', true, (view) =>
      profile(app, view, { ...measuring(app.context, view.document.uri), data: null }),
    ),
    onModel('quantize', true, (view) => quantizeWithMenu(app, view)),
    onModel(QUANTIZE_AS.replace('caliper.', ''), true, (view, wish) =>
      quantizeAndTell(app, view, typeof wish === 'object' && wish !== null ? wish : {}),
    ),
    register('compare', async (uri, selected) => {
      const model = await targetModel(app, uri);
      if (model) await compareWith(app, model, otherSelected(model, selected));
    }),
    register(OPEN_BOARD.replace('caliper.', ''), () => openBoard(app)),
    register('addToBoard', async (uri, selected) => {
      const model = await targetModel(app, uri);
      if (model) await addModels(app, modelsOf(model, selected));
    }),
    withHead('addHeadToBoard', async (_, model) => {
      const { path, commit } = await headCopy(app, model);
      await addToBoard(app, [{ path, name: `${fileName(model)} (HEAD, ${commit.slice(0, 7)})` }]);
      await openBoard(app);
    }),
    withHead('compareHead', compareHead),
    withHead('compareTextHead', compareTextHead),
    onModel('exportCsv', false, (view) => exportLayers(view, 'csv')),
    onModel('exportJson', false, (view) => exportLayers(view, 'json')),
    onModel('importMeasurements', false, (view) => importMeasurements(view)),
    onModel('saveTrace', false, (view) => saveTrace(view)),
    register('openText', (uri) => openText(app, uri)),
    register('compareText', (uri, selected) => compareText(app, uri, selected)),
    register('trySample', (step) => trySample(app, step)),
    register('checkBudgets', async () => {
      await app.budgets.check();
      await tellBudgets(app);
    }),
    register('measureBudgets', async () => {
      if (await askForTrust()) await measureBudgets(app);
    }),
    register('cancel', async () => app.jobs.cancel()),
    register('showLog', async () => app.log.show()),
  );
}

async function quantizeWithMenu(app: App, view: ModelView): Promise<unknown> {
  const wish = await quantizeMenu(view.document, await quantizeDefaults(app, view));
  if (!wish) return undefined;
  return quantizeAndTell(app, view, wish);
}

async function addModels(app: App, models: readonly vscode.Uri[]): Promise<void> {
  await addToBoard(
    app,
    models.map((uri) => ({ path: modelPath(uri), name: fileName(uri) })),
  );
  await openBoard(app);
}

/** All that are selected in the explorer, if the one that the menu was opened on is among them. */
function modelsOf(model: vscode.Uri, selected: unknown): vscode.Uri[] {
  const models = Array.isArray(selected) ? selected.filter((one) => one instanceof vscode.Uri) : [];
  return models.some((uri) => uri.toString() === model.toString()) ? models : [model];
}

/** With exactly two models selected in the explorer, the second one. */
function otherSelected(model: vscode.Uri, selected: unknown): vscode.Uri | undefined {
  if (!Array.isArray(selected) || selected.length !== 2) return undefined;
  return selected.find((uri) => uri instanceof vscode.Uri && uri.toString() !== model.toString());
}
