import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { type Analysis, analyze } from '../analysis/inspect';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { ModelError } from '../model/modelError';
import type { Finding } from '../protocol/advice/finding';
import type { BudgetReport, LimitReport, ModelBudget, TextSpan } from '../protocol/budgets';
import { UNKNOWN } from '../protocol/numbers';
import type { DimensionOptions } from '../protocol/options';
import { CONTRACT_VERSION } from '../protocol/reports';
import type { Budget, BudgetFile, Limit } from './budget';
import { compressedBytes, filesWithin } from './compressed';
import { figuresOf, known, type ModelFigures } from './figures';
import type { FiguresMemory } from './figuresMemory';
import { helpFor } from './help';
import { type Before, type FileLimit, judge, type Verdict } from './judge';
import { judgeMeasured, type Measure, type MeasuredFigures, requestOf } from './measured';
import { findModels, ModelPattern } from './modelFiles';
import { type CheckTarget, checkTarget, judgeTarget } from './targets';

/** What checking may use, and which models it is about. */
export interface CheckSettings {
  /** Folder that paths of the report are from. */
  readonly base: string;
  /** These models alone; null: all that budgets are for. */
  readonly files: readonly string[] | null;
  /** One of several machines, counted from 1; null: all models are this one's. */
  readonly shard: { readonly index: number; readonly count: number } | null;
  /** What is known of models that did not change; null: all are read. */
  readonly memory: FiguresMemory | null;
  /** What the adviser finds in a model. */
  readonly advise: (file: ModelFile, analysis: Analysis) => Finding[];
  /** null: models are not compared with another revision. */
  readonly against: Against | null;
  /** null: no model is run. */
  readonly measure: Measure | null;
  readonly target?: CheckTarget;
  /** Told before each model. */
  readonly onModel?: (model: string, done: number, of: number) => void;
}

/** Another revision of the repository. */
export interface Against {
  readonly revision: string;
  readonly commit: string;
  /** Path of a model as the revision has it; or why there is none, in a sentence. */
  readonly copy: (model: string) => Promise<{ readonly path: string } | { readonly why: string }>;
}

/** A model and the budgets that are for it. */
interface Work {
  /** Absolute. */
  readonly path: string;
  readonly budgets: readonly Budget[];
}

/**
 * Checks models against the budgets for them, one after the other, so that what it holds does not grow with their number.
 *
 * @throws ModelError where too many files would have to be looked at, and what `measure` throws when it is cancelled.
 */
export async function checkBudgets(file: BudgetFile, settings: CheckSettings): Promise<BudgetReport> {
  const { shard, against, base } = settings;
  const { works, problems } = plan(file, settings);
  const own = works.filter((_, index) => shard === null || index % shard.count === shard.index - 1);
  const checker = new Checker(settings);
  const models: ModelBudget[] = shard === null || shard.index === 1 ? [...problems] : [];
  for (const [done, work] of own.entries()) {
    settings.onModel?.(work.path, done, own.length);
    models.push(...(await checker.check(work)));
  }
  settings.memory?.forgetOld();
  return {
    version: CONTRACT_VERSION,
    config: shownPath(base, file.path),
    subject: subjectOf(file, works, settings),
    ...(against !== null && { against: { revision: against.revision, commit: against.commit } }),
    ...(shard !== null && { shard: { ...shard } }),
    total: works.reduce((sum, { budgets }) => sum + budgets.length, problems.length),
    models,
  };
}

/** From a folder with slashes, where it is in it; else as it is. */
export function shownPath(base: string, path: string): string {
  const within = relative(base, path);
  const inside = within !== '' && within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within);
  return (inside ? within : path).split(sep).join('/');
}

/** Which models are checked; what is named and not there becomes a problem. */
function plan(
  { path, budgets }: BudgetFile,
  { files, base }: CheckSettings,
): { works: Work[]; problems: ModelBudget[] } {
  const folder = dirname(path);
  const patterns = budgets.map((budget) => ({ budget, pattern: new ModelPattern(budget.models) }));
  const wanted = files?.map((one) => shownPath(folder, resolve(one)));
  const found =
    wanted ??
    findModels(
      folder,
      patterns.map(({ pattern }) => pattern),
    );
  const works: Work[] = [];
  const problems: ModelBudget[] = [];
  const matched = new Set<Budget>();
  for (const model of new Set(found)) {
    const own = patterns.flatMap(({ budget, pattern }) => (pattern.matches(model) ? [budget] : []));
    for (const budget of own) matched.add(budget);
    const absolute = resolve(folder, model);
    if (own.length > 0) works.push({ path: absolute, budgets: own });
    else
      problems.push(
        nothing(shownPath(base, absolute), 'no budget', START, `no budget of ${basename(path)} is for it.`),
      );
  }
  for (const { budget } of wanted === undefined ? patterns : []) {
    if (matched.has(budget)) continue;
    const globs = budget.models.join(', ');
    const deeper = globs.includes('/') ? '' : `; **/${globs} also looks in folders`;
    problems.push(nothing(globs, budget.name, budget.at, `no model matches ${globs}${deeper}.`));
  }
  return { works, problems };
}

const START: TextSpan = { line: 1, column: 1, endLine: 1, endColumn: 2 };

function nothing(model: string, budget: string, at: TextSpan, reason: string): ModelBudget {
  return { model, budget, limits: [unreadable(reason, at)] };
}

function unreadable(reason: string, at: TextSpan): LimitReport {
  return {
    ...{
      rule: 'model' as const,
      status: 'unknown' as const,
      asks: 'a model that can be read',
      found: UNKNOWN,
    },
    ...{ limit: null, measured: null, unit: '', reason, at },
  };
}

function subjectOf(
  { text }: BudgetFile,
  works: readonly Work[],
  { base, against, measure }: CheckSettings,
): string {
  const models = works.map(({ path }) => shownPath(base, path));
  const asked = [text, models, against?.commit ?? null, measure !== null];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** Checks one model after the other. */
class Checker {
  constructor(private readonly settings: CheckSettings) {}

  async check({ path, budgets }: Work): Promise<ModelBudget[]> {
    const model = shownPath(this.settings.base, path);
    const reports: ModelBudget[] = [];
    for (const budget of budgets) {
      const opened = new Opened(path, budget.sizes);
      try {
        reports.push({ model, budget: budget.name, limits: await this.limits(path, budget, opened) });
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        reports.push({ model, budget: budget.name, limits: [unreadable(error.message, budget.at)] });
      } finally {
        opened.close();
      }
    }
    return reports;
  }

  private async limits(path: string, budget: Budget, opened: Opened): Promise<LimitReport[]> {
    const compresses = budget.limits.some((one) => 'figure' in one && one.figure === 'downloadSize');
    const figures = await this.figures(path, budget.sizes, opened, compresses);
    const before = budget.limits.some(({ kind }) => kind === 'growth')
      ? await this.before(path, budget.sizes, compresses)
      : null;
    const runs = new Map<string, MeasuredFigures | null | ModelError>();
    const limits: LimitReport[] = [];
    for (const limit of budget.limits) {
      const verdict = await this.verdict(limit, path, budget, { figures, before, opened, runs });
      limits.push({ ...verdict, ...this.help(verdict, figures, opened), at: limit.at });
    }
    return limits;
  }

  private async verdict(
    limit: Limit,
    path: string,
    budget: Budget,
    { figures, before, opened, runs }: Facts,
  ): Promise<Verdict> {
    switch (limit.kind) {
      case 'target':
        return judgeTarget(
          limit,
          (this.settings.target ?? checkTarget)(opened.file, opened.analysis, limit.target),
        );
      case 'latency':
      case 'accuracy': {
        const request = requestOf(limit, path, budget);
        const key = JSON.stringify(request);
        if (!runs.has(key)) runs.set(key, await this.measured(request));
        const result = runs.get(key) ?? null;
        if (!(result instanceof ModelError)) return judgeMeasured(limit, result);
        const { reason: _, ...verdict } = judgeMeasured(limit, null);
        return { ...verdict, status: 'unknown', reason: result.message };
      }
      default:
        return judge(limit satisfies FileLimit, figures, before);
    }
  }

  /** Why a model did not run is what is said of the limit; the other models are checked all the same. */
  private async measured(request: Parameters<Measure>[0]): Promise<MeasuredFigures | null | ModelError> {
    try {
      return (await this.settings.measure?.(request)) ?? null;
    } catch (error) {
      if (error instanceof ModelError) return error;
      throw error;
    }
  }

  private async before(path: string, sizes: DimensionOptions, compresses: boolean): Promise<Before | null> {
    const { against } = this.settings;
    if (against === null) return null;
    const copy = await against.copy(path);
    if ('why' in copy) return copy;
    const opened = new Opened(copy.path, sizes);
    try {
      return {
        figures: await this.figures(copy.path, sizes, opened, compresses),
        revision: against.revision,
      };
    } finally {
      opened.close();
    }
  }

  private async figures(
    path: string,
    sizes: DimensionOptions,
    opened: Opened,
    compresses: boolean,
  ): Promise<ModelFigures> {
    const { memory } = this.settings;
    const remembered = (await memory?.recall(path, sizes)) ?? null;
    if (remembered !== null && (!compresses || remembered.downloadSize !== null)) return remembered;
    const found = remembered ?? figuresOf(opened.file, sizes);
    const beside = opened.file.model.externalFiles;
    const figures = compresses ? { ...found, downloadSize: await downloadSize(path, beside) } : found;
    await memory?.remember(
      path,
      sizes,
      beside.map((one) => one.path),
      figures,
    );
    return figures;
  }

  private help(verdict: Verdict, figures: ModelFigures, opened: Opened): { help?: string[] } {
    if (verdict.status !== 'over' && verdict.status !== 'unknown') return {};
    const quantizes = opened.file.format.rewriter !== null;
    const findings = this.settings.advise(opened.file, opened.analysis);
    const help = [...(verdict.help ?? []), ...helpFor(verdict, findings, figures, quantizes)];
    return help.length === 0 ? {} : { help };
  }
}

interface Facts {
  readonly figures: ModelFigures;
  readonly before: Before | null;
  readonly opened: Opened;
  /** What each run gave, or why it failed. */
  readonly runs: Map<string, MeasuredFigures | null | ModelError>;
}

async function downloadSize(
  path: string,
  beside: readonly { readonly path: string; readonly bytes: number | null }[],
): Promise<ModelFigures['downloadSize']> {
  const there = beside.filter(({ bytes }) => bytes !== null);
  const bytes = await compressedBytes([...filesWithin(path), ...there.map((one) => one.path)]);
  return known(
    there.length < beside.length ? null : bytes,
    bytes,
    'a file with weights is missing beside the model',
  );
}

/** A model that is opened when somebody looks at it. */
class Opened {
  private opened: ModelFile | undefined;
  private analyzed: Analysis | undefined;

  constructor(
    private readonly path: string,
    private readonly sizes: DimensionOptions,
  ) {}

  get file(): ModelFile {
    this.opened ??= openModel(this.path);
    return this.opened;
  }

  get analysis(): Analysis {
    this.analyzed ??= analyze(this.file, this.sizes);
    return this.analyzed;
  }

  close(): void {
    this.opened?.close();
  }
}
