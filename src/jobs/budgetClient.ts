import { ModelError } from '../model/modelError';
import type { BudgetOutcome, BudgetQuestion, BudgetRequests } from './budgetProtocol';
import { Thread } from './thread';

/** Heap of the thread in MB, as that of a reading thread: it opens one model at a time (CWE-400). */
const HEAP_LIMIT = 2048;

/** Checks budgets in a thread of its own, without running a model. */
export class BudgetChecker {
  private readonly thread: Thread<BudgetRequests>;

  /** @param script the bundled `reader.ts` */
  constructor(script: string) {
    this.thread = new Thread({ script, data: null, heapLimit: HEAP_LIMIT, work: 'Checking budgets' });
  }

  /** Rejects with ModelError where files are to blame. */
  check(question: BudgetQuestion): Promise<BudgetOutcome> {
    return this.thread.call('check', question);
  }

  /** Ends the thread; what was asked and not answered is rejected. */
  stop(): void {
    this.thread.stop(new ModelError('Checking budgets was stopped.'));
  }
}
