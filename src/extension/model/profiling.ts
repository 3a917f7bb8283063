import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as vscode from 'vscode';
import { place } from '../../files/place';
import { ModelError } from '../../model/modelError';
import type { DataOptions, MeasureOptions } from '../../protocol/options';
import type { ProfileReport } from '../../protocol/reports';
import { type App, storageFolder } from '../app';
import { stampOf } from '../files/fileStamp';
import { fileName } from '../files/targets';
import { storedOptions } from '../storedOptions';
import type { ModelView } from './modelView';

/** Measures a model and shows the result in all its views; null when the user cancelled. */
export async function profile(
  app: App,
  view: ModelView,
  wish: MeasureOptions & { data: DataOptions | null; signature?: string },
): Promise<ProfileReport | null> {
  const { document } = view;
  const folder = await storageFolder(app.context, 'traces');
  const trace = vscode.Uri.joinPath(folder, `${randomUUID()}.json`).fsPath;
  const stamp = stampOf(document.path);
  const { choice } = view;
  const report = await app.jobs.run({
    kind: 'profile',
    title: `Profiling ${fileName(document.uri)}`,
    options: {
      model: document.path,
      threads: wish.threads,
      runs: wish.runs,
      device: wish.device ?? null,
      ...choice,
      data: wish.data,
      preprocessing: storedOptions(app.context, document.uri).preprocessing ?? null,
      seed: 0,
      trace,
      ...(wish.signature === undefined ? {} : { signature: wish.signature }),
    },
    send: (event) => document.send(event),
    isShown: () => document.isShown,
    queuedFor: document.uri.toString(),
  });
  if (report === null) return null;
  if (stampOf(document.path) !== stamp) {
    await rm(trace, { force: true });
    throw new ModelError(`${fileName(document.uri)} has changed while it was measured: profile it again.`);
  }
  await document.setProfile({ report, choice }, report.profileFactor === null ? null : trace);
  app.editor.updateContext();
  return report;
}

/** Copies the trace of the last profile to where the user wants it. */
export async function saveTrace(view: ModelView): Promise<{ path: string } | null> {
  const { trace, uri, folder } = view.document;
  if (trace === null) throw new ModelError('There is no trace yet: profile the model first.');
  const target = await vscode.window.showSaveDialog({
    title: 'Save Trace',
    defaultUri: vscode.Uri.joinPath(folder, `${fileName(uri)}.trace.json`),
    filters: { 'Trace for Perfetto': ['json'] },
  });
  if (!target) return null;
  const inputs = await view.document.reader.ask('inputs', null);
  // The dialog has asked about replacing the file already.
  place(trace, [], target.fsPath, { inputs, force: true });
  return { path: target.fsPath };
}
