import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { version } from '../../package.json';
import { checkBudgets, shownPath } from '../budgets/check';
import { readBudgets } from '../budgets/config';
import { FiguresMemory } from '../budgets/figuresMemory';
import { mergeBudgets } from '../budgets/merge';
import { benchmarkOf } from '../budgets/output/benchmark';
import { annotationsOf, withoutCommands } from '../budgets/output/github';
import { junitOf } from '../budgets/output/junit';
import { budgetMarkdown } from '../budgets/output/markdown';
import { sarifOf } from '../budgets/output/sarif';
import { placeText } from '../files/place';
import { makeScratch, removeScratch } from '../files/scratch';
import { reason } from '../files/systemError';
import { measuringBudgets } from '../jobs/measureBudgets';
import { ModelError, UsageError } from '../model/modelError';
import { type BudgetReport, countLimits } from '../protocol/budgets';
import { jsonLines } from '../protocol/json';
import { againstRevision } from './againstRevision';
import { budgetText } from './budgetText';
import { programsOf } from './deviceOptions';
import { findingsOf } from './findings';
import { memoryFolder, runWithProgress } from './job';
import { liteRtOf, type MeasureFlags, measureOf } from './options';
import { print, terminalWidth } from './output';
import { ProgressBar } from './progressBar';

/** Options of `check` that are about budgets. */
export interface BudgetFlags extends MeasureFlags {
  config?: string;
  against?: string;
  measure?: true;
  shard?: { index: number; count: number };
  merge?: true;
  all?: true;
  json?: true;
  md?: true;
  sarif?: string;
  junit?: string;
  benchmark?: string;
}

/** What budgets are in. */
const CONFIG = 'caliper.json';
/** Exit statuses; over budget is the one of other checks that fail. */
const OVER = 3;
const NOT_CHECKED = 1;
/** A report is some hundred bytes a limit. */
const MAX_REPORT_BYTES = 256 * 2 ** 20;

/** Checks models against `caliper.json`, or merges what several machines found, and writes what was asked for. */
export async function runBudgets(files: readonly string[], flags: BudgetFlags): Promise<void> {
  const report = flags.merge ? mergeBudgets(files.map(readReport)) : await checked(files, flags);
  await write(report, flags);
  const { over, unknown } = countLimits(report.models);
  if (over > 0) process.exitCode = OVER;
  else if (unknown > 0) process.exitCode = NOT_CHECKED;
}

async function checked(files: readonly string[], flags: BudgetFlags): Promise<BudgetReport> {
  const config = flags.config === undefined ? findConfig() : resolve(flags.config);
  const budgets = readBudgets(config);
  const bar = new ProgressBar();
  const scratch = flags.against === undefined ? null : await makeScratch();
  const reach = { programs: programsOf(flags), litert: liteRtOf(flags) };
  try {
    return await checkBudgets(budgets, {
      base: baseFolder(),
      files: files.length === 0 ? null : files,
      shard: flags.shard ?? null,
      memory: new FiguresMemory(memoryFolder()),
      advise: (file, analysis) => findingsOf(file, analysis, null),
      against:
        flags.against === undefined || scratch === null
          ? null
          : await againstRevision(flags.against, dirname(config), scratch),
      measure: flags.measure
        ? measuringBudgets(
            {
              profile: (options) => runWithProgress('profile', options, reach),
              compare: (options) => runWithProgress('compare', options, reach),
            },
            measureOf(flags),
          )
        : null,
      onModel: (model, done, of) =>
        bar.show({ message: shownPath(baseFolder(), model), fraction: done / of }),
    });
  } finally {
    bar.clear();
    if (scratch !== null) await removeScratch(scratch);
  }
}

/** The folder that systems for continuous integration show paths from. */
function baseFolder(): string {
  const { GITHUB_WORKSPACE, CI_PROJECT_DIR } = process.env;
  return resolve(GITHUB_WORKSPACE || CI_PROJECT_DIR || '.');
}

/** In this folder, or the nearest one around it. @throws UsageError where there is none */
function findConfig(): string {
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, CONFIG);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) break;
  }
  throw new UsageError(
    `There is no ${CONFIG} in this folder or around it: name one by --config, or a deployment target by --target.`,
  );
}

function readReport(file: string): BudgetReport {
  const text = readFileSync(file);
  if (text.length > MAX_REPORT_BYTES) throw new ModelError(`${file} is too large for a report.`, { file });
  let report: Partial<BudgetReport> | null;
  try {
    report = JSON.parse(text.toString('utf8'));
  } catch (error) {
    throw new ModelError(`${file} is no report of budgets: it is no JSON.`, { file }, error);
  }
  if (typeof report?.subject !== 'string' || !Array.isArray(report.models))
    throw new ModelError(`${file} is no report of budgets: make one with caliper check --json.`, { file });
  return report as BudgetReport;
}

async function write(report: BudgetReport, flags: BudgetFlags): Promise<void> {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
  if (flags.sarif !== undefined) placeText(jsonLines(sarifOf(report, version)), flags.sarif, []);
  if (flags.junit !== undefined) placeText(junitOf(report), flags.junit, []);
  if (flags.benchmark !== undefined) placeText(jsonLines(benchmarkOf(report)), flags.benchmark, []);
  const text = flags.json
    ? jsonLines(report)
    : flags.md
      ? [budgetMarkdown(report)]
      : budgetText(report, terminalWidth(), flags.all === true);
  if (GITHUB_ACTIONS !== 'true' || flags.json || flags.md) await print(text);
  else await print(safeLines(text));
  if (GITHUB_ACTIONS !== 'true' || flags.shard !== undefined) return;
  // Where stdout is for a program, the runner reads its commands from stderr just as well.
  if (flags.json || flags.md) for (const line of annotationsOf(report)) process.stderr.write(line);
  else await print(annotationsOf(report));
  if (GITHUB_STEP_SUMMARY) addSummary(GITHUB_STEP_SUMMARY, budgetMarkdown(report));
}

function* safeLines(text: Iterable<string>): Generator<string> {
  for (const line of text) yield withoutCommands(line);
}

function addSummary(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw new ModelError(`The summary cannot be written to ${file}: ${reason(error)}.`, { file }, error);
  }
}
