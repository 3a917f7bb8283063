import * as vscode from 'vscode';
import { ModelError } from '../../model/modelError';
import { outputPath } from '../../quantization/outputPath';
import type { App } from '../app';
import { compareWith } from '../comparison/comparing';
import { measuring } from '../devices';
import { profile } from '../model/profiling';
import { quantizeAndTell } from '../quantizing/quantizeAndTell';
import { askForTrust } from '../trust';
import { exists, SAMPLE, sampleFolder } from './sampleFiles';

/** Steps of the walkthrough, each with the sample model. */
export const SAMPLE_STEPS = ['open', 'profile', 'quantize', 'compare', 'hover'] as const;
type Step = (typeof SAMPLE_STEPS)[number];

/** The line of the sample's source whose layer one points at, as the file has it. */
const HOVERED = 'nn.Conv2d(';

/** Does a step of the walkthrough; the step is ticked when it was done. */
export async function trySample(app: App, wish: unknown): Promise<void> {
  const step = SAMPLE_STEPS.find((one) => one === wish) ?? 'open';
  const folder = await sampleFolder(app);
  if (!(await STEPS[step](app, folder))) return;
  await vscode.commands.executeCommand('setContext', `caliper.tried.${step}`, true);
}

/** Each resolves to whether it was done. */
const STEPS: Readonly<Record<Step, (app: App, folder: vscode.Uri) => Promise<boolean>>> = {
  async open(app, folder) {
    await app.editor.show(modelIn(folder));
    return true;
  },
  async profile(app, folder) {
    if (!(await askForTrust())) return false;
    const view = await app.editor.show(modelIn(folder));
    return (await profile(app, view, { ...measuring(app.context, view.document.uri), data: null })) !== null;
  },
  async quantize(app, folder) {
    if (!(await askForTrust())) return false;
    const view = await app.editor.show(modelIn(folder));
    const path = vscode.Uri.joinPath(folder, SAMPLE.calibration).fsPath;
    const calibration = { path, labels: null, labelOffset: 0 };
    // All layers, so that there is something to compare on every computer.
    const { status } = await quantizeAndTell(app, view, { recipe: 'int8-all', calibration, force: true });
    return status === 'written';
  },
  async compare(app, folder) {
    const model = modelIn(folder);
    const made = outputPath(model.fsPath, 'int8-all');
    if (!(await exists(made)))
      throw new ModelError('There is no quantized sample yet: do the step before this one first.');
    await compareWith(app, model, vscode.Uri.file(made));
    return true;
  },
  async hover(_, folder) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, SAMPLE.source));
    const editor = await vscode.window.showTextDocument(document);
    const at = document.positionAt(
      Math.max(0, document.getText().indexOf(HOVERED)) + HOVERED.indexOf('Conv'),
    );
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
    await vscode.commands.executeCommand('editor.action.showHover');
    return true;
  },
};

function modelIn(folder: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(folder, SAMPLE.model);
}
