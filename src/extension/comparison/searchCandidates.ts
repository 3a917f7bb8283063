import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { makeScratch } from '../../files/scratch';
import { Reader } from '../../jobs/readerClient';
import { ModelError } from '../../model/modelError';
import type { BoardWish } from '../../protocol/board';
import { mergeSearches, whyNotMerged } from '../../protocol/mergeSearches';
import type { QuantizeOptions } from '../../protocol/options';
import type { PageEvent } from '../../protocol/page';
import type { Comparison } from '../../protocol/reports';
import { FLOAT, type SearchReport } from '../../protocol/search';
import type { App } from '../app';
import { type CandidateFiles, KeptFolder } from '../quantizing/keptFiles';
import { choosePath } from '../telling/dialogs';
import type { KeptComparison, NewComparison } from './keptComparisons';
import { readComparison } from './readComparison';

const GONE = 'The files of this search are gone: search again.';

/** @throws ModelError where they are gone. */
export function candidateFile(files: CandidateFiles | null, id: string): string {
  const file = files?.get(id);
  if (file === undefined || !existsSync(file)) throw new ModelError(GONE);
  return file;
}

/** A candidate's file, and how it is called where there are other models too. */
export function candidateWish(page: KeptComparison, files: CandidateFiles | null, id: string): BoardWish {
  const label = searchOf(page).candidates.find((one) => one.id === id)?.label ?? id;
  return { path: candidateFile(files, id), name: `${label} of ${page.beforeName}` };
}

/** What became of the original's layers in a candidate, read and not run. */
export async function candidateLayers(app: App, page: KeptComparison, file: string): Promise<Comparison> {
  const reader = new Reader(app.readerScript, page.comparison.input);
  try {
    const choice = { dims: page.options?.dims ?? {}, shapes: page.options?.shapes ?? {} };
    return (await reader.ask('compare', { choice, other: file })).comparison;
  } finally {
    reader.stop();
  }
}

/** Asks where, and gives a candidate that name; null when the user cancelled. */
export async function saveCandidate(
  app: App,
  page: KeptComparison,
  file: string,
): Promise<{ path: string } | null> {
  const { input } = page.comparison;
  const suggested = vscode.Uri.file(path.join(path.dirname(input), path.basename(file)));
  const chosen = await choosePath('output', suggested);
  if (chosen === null) return null;
  const reader = new Reader(app.readerScript, input);
  try {
    // The dialog has asked about replacing a file already.
    await reader.ask('place', { built: file, output: chosen.path, force: true });
  } finally {
    reader.stop();
  }
  return chosen;
}

/** Two candidates beside each other, read and not run; null when the user cancelled. */
export async function compareCandidates(
  app: App,
  page: KeptComparison,
  files: CandidateFiles | null,
  before: string,
  after: string,
): Promise<NewComparison | null> {
  const { input } = page.comparison;
  const { candidates } = searchOf(page);
  const side = (id: string) => ({
    path: id === FLOAT ? input : candidateFile(files, id),
    name: id === FLOAT ? page.beforeName : (candidates.find((one) => one.id === id)?.label ?? id),
  });
  return readComparison(app, {
    model: vscode.Uri.file(input),
    before: side(before),
    after: side(after),
  });
}

/** Looks for more candidates around one; what was found before stays. null when the user cancelled. */
export async function searchOn(
  app: App,
  page: KeptComparison,
  files: CandidateFiles | null,
  id: string,
  send: (event: PageEvent) => void,
): Promise<KeptComparison | null> {
  const { comparison, options } = page;
  if (files === null || options === null || !('calibration' in options) || !('recipe' in comparison))
    throw new ModelError(GONE);
  const report = searchOf(page);
  const from = report.candidates.find((one) => one.id === id)?.kept.map((layer) => layer.id) ?? [];
  const folder = new KeptFolder(await makeScratch()).hold();
  try {
    const outcome = await app.jobs.run({
      kind: 'search',
      title: `Searching around ${report.candidates.find((one) => one.id === id)?.label ?? id}`,
      options: searchOptions(options, from),
      scratch: folder.path,
      send,
    });
    if (outcome === null) return null;
    const why = whyNotMerged([report, outcome.report]);
    if (why !== null) throw new ModelError(`${why} Quantize the model again.`);
    files.add(folder, outcome.files);
    return { ...page, comparison: { ...comparison, search: keptNames(report, outcome.report) } };
  } finally {
    await folder.release();
  }
}

/** Candidates that are known keep their names, so that people find them again. */
function keptNames(report: SearchReport, more: SearchReport): SearchReport {
  const merged = mergeSearches([report, more]);
  const known = new Map(report.candidates.map(({ id, label }) => [id, label]));
  let number = report.candidates.filter(({ label }) => label.startsWith('Mix')).length;
  const candidates = merged.candidates.map((one) => ({
    ...one,
    label: known.get(one.id) ?? (one.stored ? one.label : `Mix ${++number}`),
  }));
  return { ...merged, candidates };
}

function searchOptions({ recipe: _, measure: __, output: ___, ...options }: QuantizeOptions, from: string[]) {
  return { ...options, output: null, from, shard: null };
}

function searchOf({ comparison }: KeptComparison): SearchReport {
  const report = 'search' in comparison ? comparison.search : undefined;
  if (report === undefined) throw new Error('The page asked for what it does not offer.');
  return report;
}
