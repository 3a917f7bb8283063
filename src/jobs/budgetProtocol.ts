import type { MeasuredFigures, MeasureRequest } from '../budgets/measured';
import type { BudgetReport, TextSpan } from '../protocol/budgets';

/** What is asked about one `caliper.json`. */
export interface BudgetQuestion {
  /** Its absolute path. */
  readonly config: string;
  /** Folder where figures of models are remembered. */
  readonly memory: string;
  /** What models gave that were run before. */
  readonly measured: readonly (readonly [MeasureRequest, MeasuredFigures])[];
  /** Models as the last commit has them, by absolute paths of the models. */
  readonly committed: readonly (readonly [string, CommittedModel])[];
}

/** A file to compare a model with, or why there is none, in a sentence. */
export type CommittedModel = { readonly path: string } | { readonly why: string };

/**
 * Models against their budgets, what would have to run for the limits that are not measured, and the models whose last
 * commit is to be compared with; or a mistake in the file.
 */
export type BudgetOutcome =
  | {
      readonly report: BudgetReport;
      readonly wanted: readonly MeasureRequest[];
      readonly growing: readonly string[];
    }
  | { readonly mistake: { readonly message: string; readonly at: TextSpan } };

export interface BudgetRequests {
  check: { params: BudgetQuestion; result: BudgetOutcome };
}
