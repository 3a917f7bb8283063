import * as vscode from 'vscode';
import type { App } from './app';
import { registerBoard } from './board/boardPanel';
import { Budgets } from './budgets/budgets';
import { commitsOf } from './budgets/growth';
import { registerCommands } from './commands';
import { registerComparisons } from './comparison/comparisonPanel';
import { JobRunner } from './jobRunner';
import { Measurements } from './model/measurements';
import { registerModelEditor } from './model/modelEditor';
import { OpenModels } from './model/openModels';
import { registerPython } from './python/index';
import { createLog } from './telling/log';
import { TextDocuments } from './text/textDocuments';
import { registerTexts } from './text/textLanguage';
import { registerViews } from './views/index';

/** Given to the tests in the extension host, which cannot look into pages. */
export type Api = Pick<App, 'editor' | 'jobs'>;

export function activate(context: vscode.ExtensionContext): Api {
  const log = createLog();
  const memory = vscode.Uri.joinPath(context.globalStorageUri, 'computer');
  const jobs = new JobRunner(memory, log);
  const editor = new OpenModels();
  const readerScript = vscode.Uri.joinPath(context.extensionUri, 'dist', 'reader.js').fsPath;
  const diagnostics = vscode.languages.createDiagnosticCollection('caliper');
  const texts = new TextDocuments(readerScript, editor, diagnostics);
  const profiles = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'profiles');
  const measurements = new Measurements(profiles, log);
  const budgets = new Budgets(
    readerScript,
    memory,
    commitsOf(() => app),
    log,
  );
  const app: App = { context, log, jobs, editor, readerScript, texts, measurements, budgets };
  context.subscriptions.push(
    log,
    diagnostics,
    texts,
    measurements,
    budgets,
    budgets.onDidChange(() => editor.tell({ kind: 'budgets' })),
    registerModelEditor(app),
    registerComparisons(app),
    registerBoard(app),
    registerCommands(app),
    registerTexts(app),
    registerPython(app),
    registerViews(app),
    {
      // A window that closes must not leave a child process behind.
      dispose: () => jobs.cancel(),
    },
  );
  // Pages say why models are not run; they ask again when that has changed.
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      editor.refresh();
      void budgets.check();
    }),
  );
  return { editor, jobs };
}
