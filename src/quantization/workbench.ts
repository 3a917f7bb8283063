import type { Bench } from '../evaluation/bench';
import type { Observing, Rewriter } from '../formats/rewriter';

/** What every step of quantizing works with that observes a running model; all files are of one format. */
export interface Workbench extends Bench {
  readonly rewriter: Rewriter;
  /** The rewriter's. */
  readonly observing: Observing;
}
