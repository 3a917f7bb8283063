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
}

/** Models against their budgets, and what would have to run for the limits that are not measured; or a mistake in the file. */
export type BudgetOutcome =
  | { readonly report: BudgetReport; readonly wanted: readonly MeasureRequest[] }
  | { readonly mistake: { readonly message: string; readonly at: TextSpan } };

export interface BudgetRequests {
  check: { params: BudgetQuestion; result: BudgetOutcome };
}
