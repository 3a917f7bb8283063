import path from 'node:path';
import * as vscode from 'vscode';
import { BudgetChecker } from '../../jobs/budgetClient';
import type { BudgetOutcome, BudgetQuestion, CommittedModel } from '../../jobs/budgetProtocol';
import type { MeasuredFigures, MeasureRequest } from '../../jobs/measureBudgets';
import { ModelError } from '../../model/modelError';
import type { PageBudget } from '../../protocol/budgets';
import { stampOf } from '../files/fileStamp';
import { MODEL_ENDINGS } from '../files/modelEndings';
import { modelPath } from '../files/packages';
import type { Log } from '../telling/log';
import { BudgetProblems } from './budgetProblems';
import type { Commits } from './commits';

const CONFIGS = '**/caliper.json';
const EXCLUDED = '**/node_modules/**';
/** Files of budgets in one workspace that are watched. */
const MAX_CONFIGS = 100;
/** Whoever writes a file does so in several steps; it is read when nothing happened for so many ms. */
const SETTLE_TIME = 400;
/** A folder of budgets that takes longer holds a file that nothing can be done with, in ms. */
const TIME_LIMIT = 600_000;

/** What is known of one `caliper.json`. */
interface Checked {
  readonly uri: vscode.Uri;
  outcome: BudgetOutcome | null;
}

/** Budgets of the workspace, checked in the background when a `caliper.json` or a model was saved. No model is run. */
export class Budgets implements vscode.Disposable {
  private readonly known = new Map<string, Checked>();
  private readonly waiting = new Set<string>();
  /** What models gave when they were run, with the state of the files then. */
  private readonly measured = new Map<
    string,
    { request: MeasureRequest; figures: MeasuredFigures; stamp: string }
  >();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly problems = new BudgetProblems();
  private readonly watchers: vscode.FileSystemWatcher[];
  private readonly idle = new vscode.EventEmitter<void>();
  private settling: NodeJS.Timeout | undefined;
  private watching: Promise<vscode.Disposable> | undefined;
  private checker: BudgetChecker | undefined;
  private working = false;
  private disposed = false;

  /**
   * @param script the bundled `reader.ts`
   * @param memory a folder of our own for what is known of models
   * @param commits what limits on growth compare with
   */
  constructor(
    private readonly script: string,
    private readonly memory: vscode.Uri,
    private readonly commits: Commits,
    private readonly log: Log,
  ) {
    const configs = vscode.workspace.createFileSystemWatcher(CONFIGS);
    configs.onDidCreate((uri) => this.arrived(uri));
    configs.onDidChange((uri) => this.arrived(uri));
    configs.onDidDelete((uri) => this.left(uri));
    const patterns = [`**/*.{${MODEL_ENDINGS.join()}}`, '**/*.mlpackage/**'];
    const models = patterns.map((pattern) => vscode.workspace.createFileSystemWatcher(pattern));
    for (const watcher of models)
      for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
        event((uri) => this.modelChanged(uri));
    this.watchers = [configs, ...models];
    void this.find();
  }

  /** Of a model's page: each budget that is for the model. */
  of(model: vscode.Uri): PageBudget[] {
    const file = modelPath(model);
    return [...this.known.values()].flatMap(({ uri, outcome }) => {
      if (outcome === null || !('report' in outcome)) return [];
      const folder = path.dirname(uri.fsPath);
      return outcome.report.models
        .filter((one) => path.resolve(folder, one.model) === file)
        .map((one) => ({ ...one, config: uri.fsPath }));
    });
  }

  /** Runs for limits that are not measured yet. */
  get wanted(): MeasureRequest[] {
    return [...this.known.values()].flatMap(({ outcome }) =>
      outcome !== null && 'wanted' in outcome ? outcome.wanted : [],
    );
  }

  /** Remembers what a run gave, until one of its files changes. */
  remember(request: MeasureRequest, figures: MeasuredFigures): void {
    this.measured.set(JSON.stringify(request), { request, figures, stamp: stampOfRun(request) });
  }

  /** Checks all again. @returns when that is done */
  async check(): Promise<void> {
    await this.find();
    if (this.working || this.waiting.size > 0)
      await new Promise<void>((resolve) => {
        const listener = this.idle.event(() => {
          listener.dispose();
          resolve();
        });
      });
  }

  /** Reports of what is known now, by their files. */
  get outcomes(): ReadonlyMap<string, BudgetOutcome> {
    return new Map(
      [...this.known.values()].flatMap(({ uri, outcome }) =>
        outcome === null ? [] : [[uri.fsPath, outcome]],
      ),
    );
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settling);
    for (const watcher of this.watchers) watcher.dispose();
    this.checker?.stop();
    void this.watching?.then((one) => one.dispose());
    this.problems.dispose();
    this.changed.dispose();
    this.idle.dispose();
  }

  private async find(): Promise<void> {
    for (const uri of await vscode.workspace.findFiles(CONFIGS, EXCLUDED, MAX_CONFIGS)) this.arrived(uri, 0);
  }

  private arrived(uri: vscode.Uri, time = SETTLE_TIME): void {
    if (uri.path.includes('/node_modules/') || this.disposed) return;
    const key = uri.toString();
    if (!this.known.has(key) && this.known.size >= MAX_CONFIGS) return;
    if (!this.known.has(key)) this.known.set(key, { uri, outcome: null });
    this.waiting.add(key);
    this.settle(time);
  }

  private left(uri: vscode.Uri): void {
    if (!this.known.delete(uri.toString())) return;
    this.waiting.delete(uri.toString());
    this.problems.forget(uri);
    this.changed.fire();
  }

  /** Budgets are for models in their folder and below. */
  private modelChanged(model: vscode.Uri): void {
    for (const { uri } of this.known.values()) {
      const folder = uri.path.slice(0, uri.path.lastIndexOf('/') + 1);
      if (model.path.startsWith(folder)) this.arrived(uri);
    }
  }

  private settle(time: number): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.work(), time);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    for (const key of this.waiting) {
      if (this.disposed) break;
      this.waiting.delete(key);
      const checked = this.known.get(key);
      if (checked === undefined) continue;
      await this.checkOne(checked);
      if (this.disposed) return;
    }
    this.working = false;
    // A thread that waits for the next save takes memory for nothing.
    this.checker?.stop();
    this.checker = undefined;
    this.idle.fire();
  }

  private async checkOne(checked: Checked): Promise<void> {
    const tell = (outcome: BudgetOutcome | null) => {
      if (this.disposed) return;
      checked.outcome = outcome;
      this.problems.set(checked.uri, outcome);
      this.changed.fire();
    };
    const outcome = await this.ask(checked.uri, []);
    tell(outcome);
    if (outcome === null || 'mistake' in outcome || outcome.growing.length === 0) return;
    // What HEAD has takes git, and is only asked where a limit needs it: the other limits are shown before.
    this.watching ??= this.commits.watch(() => void this.check());
    const committed: [string, CommittedModel][] = [];
    for (const model of outcome.growing) {
      if (this.disposed) return;
      committed.push([model, await this.commits.copy(model)]);
    }
    tell(await this.ask(checked.uri, committed));
  }

  private async ask(uri: vscode.Uri, committed: BudgetQuestion['committed']): Promise<BudgetOutcome | null> {
    this.checker ??= new BudgetChecker(this.script);
    const { checker } = this;
    const limit = setTimeout(() => checker.stop(), TIME_LIMIT);
    const measured = [...this.measured.values()]
      .filter(({ request, stamp }) => stampOfRun(request) === stamp)
      .map(({ request, figures }) => [request, figures] as const);
    try {
      return await checker.check({ config: uri.fsPath, memory: this.memory.fsPath, measured, committed });
    } catch (error) {
      const detail = error instanceof ModelError ? error.message : String(error);
      if (!this.disposed) this.log.warn(`${uri.fsPath} was not checked: ${detail}`);
      return null;
    } finally {
      clearTimeout(limit);
    }
  }
}

function stampOfRun({ model, reference }: MeasureRequest): string {
  return [model, ...(reference === null ? [] : [reference])].map(stampOf).join('\n');
}
