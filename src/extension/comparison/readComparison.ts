import * as vscode from 'vscode';
import { Reader, ReaderStopped } from '../../jobs/readerClient';
import type { CompareOptions, DimensionOptions } from '../../protocol/options';
import type { ModelGraph } from '../../protocol/page';
import type { Comparison } from '../../protocol/reports';
import type { App } from '../app';
import { measuring } from '../devices';
import { fileName } from '../files/targets';
import { liteRtPlaces } from '../liteRtPlaces';
import { storedOptions } from '../storedOptions';
import { showProgress } from '../telling/notifications';
import { headCopy } from '../versions/headCopy';
import { type KeptComparison, type NewComparison, stampsOf } from './keptComparisons';

/** A model that is compared, and how it is called. */
export interface Compared {
  readonly path: string;
  readonly name: string;
}

/** What two models were read for: `model` is the one whose options are used, `head` that the first one is HEAD's. */
interface Reading {
  readonly model: vscode.Uri;
  readonly before: Compared;
  readonly after: Compared;
  readonly head?: boolean;
  readonly warnings?: readonly string[];
}

/** The comparison of the same two files as they are now, not measured; null when the user cancelled. */
export async function compareAgain(app: App, page: KeptComparison): Promise<NewComparison | null> {
  const { comparison, beforeName, afterName, beforeIsHead } = page;
  const [before, after] = [
    { path: comparison.input, name: beforeName },
    { path: comparison.output, name: afterName },
  ];
  const model = vscode.Uri.file(after.path);
  if (!beforeIsHead || !mayAskGit()) return readComparison(app, { model, before, after });
  const head = await readWithHead(app, model);
  return head === 'unchanged' ? readComparison(app, { model, before, after, head: true }) : head;
}

/** What HEAD holds is read by git, which a repository can tell to run programs. */
export function mayAskGit(): boolean {
  return vscode.workspace.isTrusted;
}

/** A model beside itself as the last commit has it; null when the user cancelled. */
export async function readWithHead(app: App, model: vscode.Uri): Promise<NewComparison | 'unchanged' | null> {
  const { path, commit, unchanged, missing: warnings } = await headCopy(app, model);
  if (unchanged) return 'unchanged';
  const before = { path, name: `${fileName(model)} (HEAD, ${commit.slice(0, 7)})` };
  return readComparison(app, { model, before, after: named(model), head: true, warnings });
}

export function named(uri: vscode.Uri): Compared {
  return { path: uri.fsPath, name: fileName(uri) };
}

/** Compares two files without running them; null when the user cancelled. */
export async function readComparison(app: App, reading: Reading): Promise<NewComparison | null> {
  const { model, before, after, head = false, warnings = [] } = reading;
  const choice = choiceOf(app, model);
  const found = await readInThread(app, before, after, choice);
  if (found === null) return null;
  return {
    comparison: { ...found.comparison, warnings: [...warnings, ...found.comparison.warnings] },
    beforeName: before.name,
    afterName: after.name,
    beforeIsHead: head,
    options: compareOptions(app, model, [before.path, after.path]),
    cannotRun: found.cannotRun,
    stamps: found.stamps,
  };
}

/** How models are run: with what the user said of one of them. */
export function compareOptions(app: App, model: vscode.Uri, models: string[]): CompareOptions {
  const stored = storedOptions(app.context, model);
  return {
    models,
    ...measuring(app.context, model),
    ...choiceOf(app, model),
    data: stored.validation ?? stored.calibration ?? null,
    preprocessing: stored.preprocessing ?? null,
    seed: 0,
    measure: true,
  };
}

/** What somebody chose for open dimensions on the model's page, if it is open. */
function choiceOf(app: App, model: vscode.Uri): DimensionOptions {
  const [view] = app.editor.document(model)?.views ?? [];
  return view?.choice ?? { dims: {}, shapes: {} };
}

/** A model's graph, in a thread of its own. */
export async function readGraph(app: App, model: string, choice: DimensionOptions): Promise<ModelGraph> {
  const reader = new Reader(app.readerScript, model);
  try {
    return await reader.ask('graph', { choice });
  } finally {
    reader.stop();
  }
}

/** What reports call the engines that run both models on this computer now; null: not known without running them. */
export async function readEngines(
  app: App,
  { input, output, format }: Pick<Comparison, 'input' | 'output' | 'format'>,
): Promise<string[] | null> {
  const places = await liteRtPlaces(input, app.log);
  const engines: string[] = [];
  for (const model of format.before === format.after ? [input] : [input, output]) {
    const reader = new Reader(app.readerScript, model);
    try {
      const found = await reader.ask('engines', { places });
      if (found === null) return null;
      engines.push(...found);
    } finally {
      reader.stop();
    }
  }
  return engines;
}

/** In a thread of its own, which ends with the answer; null when the user cancelled. */
async function readInThread(app: App, before: Compared, after: Compared, choice: DimensionOptions) {
  const reader = new Reader(app.readerScript, before.path);
  const title = `Comparing ${before.name} with ${after.name}`;
  const stamps = stampsOf(before.path, after.path);
  try {
    const found = await showProgress(title, (_, token) => {
      token.onCancellationRequested(() => reader.stop());
      return reader.ask('compare', { choice, other: after.path });
    });
    return { ...found, stamps };
  } catch (error) {
    if (error instanceof ReaderStopped) return null;
    throw error;
  } finally {
    reader.stop();
  }
}
