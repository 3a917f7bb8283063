/** Whether models are within the budgets that `caliper.json` sets, as the terminal prints it and the editor shows it. */

/** Every limit has a rule, whose id never changes: alerts of earlier runs are found again by it. */
export const BUDGET_RULES = {
  'file-size': 'Size of the file, with the files that hold its weights',
  'download-size': 'Size of the files when each is compressed by gzip',
  parameters: 'Number of parameters',
  'weight-bytes': 'Stored bytes of the weights',
  'peak-activation': 'Most memory that activations take at once',
  arena: 'Memory that the engine plans for activations',
  macs: 'Multiply-accumulates of one run',
  operators: 'Operators that may be used',
  precision: 'Share of the multiply-accumulates at a precision',
  opset: 'Version of the operator set',
  version: 'Version of the file format',
  growth: 'Growth since another revision',
  latency: 'Time of one run',
  'top-1': 'Accuracy on labelled data',
  agreement: 'Samples of which the top class stays the same',
  sqnr: 'Power of the reference’s outputs over that of the difference',
  target: 'Rules of a deployment target',
  model: 'The model can be read',
} as const;
export type BudgetRule = keyof typeof BUDGET_RULES;

/**
 * over: the limit is broken. unknown: it can neither be said to be kept nor to be broken. unmeasured: a model has to
 * run for it, which nobody asked for.
 */
export type LimitStatus = 'fits' | 'over' | 'unknown' | 'unmeasured';

/** Where something stands in a text, counted from 1; the end is behind it. */
export interface TextSpan {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export interface LimitReport {
  rule: BudgetRule;
  /** What of it, where a rule has several limits: an element type, a figure that must not grow, a target. */
  subject?: string;
  status: LimitStatus;
  /** What it asks for, for people: `at most 2.00 MB`. */
  asks: string;
  /** What the model has, for people. */
  found: string;
  /** The figures behind the two, in the unit; null where there is no such number. */
  limit: number | null;
  measured: number | null;
  unit: string;
  /** How much too much it is: `312 kB over`. */
  over?: string;
  /** Why it is unknown, or not measured, in a sentence. */
  reason?: string;
  /** What would help, in sentences. */
  help?: string[];
  /** Of the limit in `caliper.json`. */
  at: TextSpan;
}

/** One model under one budget. */
export interface ModelBudget {
  /** Path, from the same folder as that of the configuration, with slashes. */
  model: string;
  /** What the budget is called, or which one it is. */
  budget: string;
  limits: LimitReport[];
}

/** What a model's page shows of a budget that is for it. */
export interface PageBudget extends ModelBudget {
  /** Path of the file that it stands in. */
  config: string;
}

export interface BudgetReport {
  version: number;
  /** Path of `caliper.json`, with slashes; from the folder that paths start at, where it is within. */
  config: string;
  /** Hash of what was asked: only shares of the same can be merged. */
  subject: string;
  /** The revision that models were compared with. */
  against?: { revision: string; commit: string };
  /** Which part of the models this is, and which parts where several were merged. */
  shard?: { index: number; count: number };
  /** Pairs of a model and a budget, in all shares. */
  total: number;
  models: ModelBudget[];
}

/** How many limits have which status. */
export function countLimits(models: readonly ModelBudget[]): Record<LimitStatus, number> {
  const counts: Record<LimitStatus, number> = { fits: 0, over: 0, unknown: 0, unmeasured: 0 };
  for (const { limits } of models) for (const { status } of limits) counts[status]++;
  return counts;
}

/** What a limit is about, for people: `weight-bytes float32`. */
export function limitName({ rule, subject }: Pick<LimitReport, 'rule' | 'subject'>): string {
  return subject === undefined ? rule : `${rule} ${subject}`;
}

/** A sentence that says what is wrong with a limit that is not kept. */
export function limitSentence({ status, rule, subject, asks, found, over, reason }: LimitReport): string {
  const name = limitName(subject === undefined ? { rule } : { rule, subject });
  if (status === 'over')
    return `${name}: ${found}, ${over === undefined ? 'which is not ' : `${over}, `}${asks}.`;
  if (status === 'fits') return `${name}: ${found}, ${asks}.`;
  return `${name} (${asks}) ${status === 'unknown' ? 'cannot be checked' : 'is not measured'}: ${reason ?? 'nothing says why.'}`;
}
