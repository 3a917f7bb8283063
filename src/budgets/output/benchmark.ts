import type { BudgetReport, BudgetRule } from '../../protocol/budgets';

/** Of which less is better. */
const COSTS: ReadonlySet<BudgetRule> = new Set([
  'file-size',
  'download-size',
  'parameters',
  'weight-bytes',
  'peak-activation',
  'arena',
  'macs',
  'latency',
]);

const UNITS: Readonly<Record<string, string>> = { bytes: 'B', milliseconds: 'ms', ratio: '×', count: '' };

/** The figures that cost something, in the form that github-action-benchmark calls customSmallerIsBetter. */
export function benchmarkOf({ models }: BudgetReport): object[] {
  const byName = new Map<string, object>();
  for (const { model, budget, limits } of models) {
    for (const { rule, subject, measured, unit, asks } of limits) {
      if (measured === null || !COSTS.has(rule)) continue;
      const name = [model, rule, subject].filter((part) => part !== undefined).join(' ');
      // Of a model under several budgets a figure is listed once, unless sizes make it another one.
      const extra = `${budget}: ${asks}`;
      const known = byName.get(name) as { value: number } | undefined;
      const key = known === undefined || known.value === measured ? name : `${name} (${budget})`;
      byName.set(key, { name: key, unit: UNITS[unit] ?? unit, value: measured, extra });
    }
  }
  return [...byName.values()];
}
