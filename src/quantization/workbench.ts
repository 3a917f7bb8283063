import type { Bench } from '../evaluation/bench';
import type { Rewriter } from '../formats/rewriter';

/** What every step of quantizing works with; all files are of one format. */
export interface Workbench extends Bench {
  readonly rewriter: Rewriter;
}
