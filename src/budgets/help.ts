import type { Finding } from '../protocol/advice/finding';
import type { BudgetRule } from '../protocol/budgets';
import { formatBytes } from '../protocol/numbers';
import type { ModelFigures } from './figures';
import type { Verdict } from './judge';

/** Says which sizes are missing, so it also helps where a figure is not known. */
const ASSUMED = 'assumed sizes';

/** Rules of the adviser whose findings bear on a limit. */
const FINDINGS: Partial<Record<BudgetRule, readonly string[]>> = {
  'file-size': ['heavy weights', 'data beside the model'],
  'download-size': ['heavy weights', 'data beside the model'],
  'weight-bytes': ['heavy weights', 'data beside the model'],
  'peak-activation': ['peak of memory', ASSUMED],
  arena: ['peak of memory', ASSUMED],
  macs: [ASSUMED],
  precision: ['data beside the model'],
};

const OF_SIZE: readonly BudgetRule[] = ['file-size', 'download-size', 'weight-bytes'];
/** Saving less is worth nobody's time. */
const SAVED_BYTES = 50_000;

/** What would help a model to keep a limit, in sentences; the adviser's findings first. */
export function helpFor(
  { rule, status }: Verdict,
  findings: readonly Finding[],
  { bytesByType }: ModelFigures,
  quantizes: boolean,
): string[] {
  if (status !== 'over' && status !== 'unknown') return [];
  const wanted = (FINDINGS[rule] ?? []).filter((id) => status === 'over' || id === ASSUMED);
  const help = wanted.flatMap((id) => findings.filter((one) => one.rule === id).map(({ text }) => text));
  const float = bytesByType['float32'] ?? 0;
  if (status === 'over' && quantizes && OF_SIZE.includes(rule) && float >= SAVED_BYTES)
    help.push(
      `${formatBytes(float)} of the weights are float32: float16 saves about ${formatBytes(float / 2)}, int8 about ${formatBytes(0.75 * float)} (caliper quantize).`,
    );
  return help;
}
