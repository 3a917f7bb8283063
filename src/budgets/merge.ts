import { ModelError } from '../model/modelError';
import type { BudgetReport } from '../protocol/budgets';

/**
 * One report of the shares of several machines, in the order of the models' paths.
 *
 * @throws ModelError where they are not of the same question, or one is missing or there twice.
 */
export function mergeBudgets(reports: readonly BudgetReport[]): BudgetReport {
  const [first, ...others] = reports;
  if (first === undefined) throw new ModelError('There is nothing to merge.');
  if (others.some(({ subject }) => subject !== first.subject))
    throw new ModelError(
      'The reports are not of the same models, budgets and revision, so they cannot be merged.',
    );
  const count = first.shard?.count ?? 1;
  const seen = new Set<number>();
  for (const { shard } of reports) {
    const index = shard?.index ?? 1;
    if ((shard?.count ?? 1) !== count) throw new ModelError('The reports are shares of different counts.');
    if (seen.has(index)) throw new ModelError(`Share ${index} of ${count} is there twice.`);
    seen.add(index);
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !seen.has(index));
  // A gate that leaves out a part of the models would pass what it did not look at.
  if (missing.length > 0) throw new ModelError(`Share ${missing.join(', ')} of ${count} is missing.`);
  const { shard: _, ...rest } = first;
  const models = reports.flatMap((report) => report.models);
  return { ...rest, models: models.sort((a, b) => compare(a.model, b.model) || compare(a.budget, b.budget)) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
