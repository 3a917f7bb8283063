import { formatDb, formatPercent, formatRatio } from '../../src/protocol/numbers';
import type { Comparison, Speedup } from '../../src/protocol/reports';

/** Sizes that differ by less are called the same. */
const SAME_SIZE = 0.02;

/** What the numbers say, in a sentence: size, latency, accuracy. */
export function verdict(comparison: Comparison): string {
  const latency =
    comparison.latencyMs === null ? 'latency not measured' : speed(comparison.latencyMs.speedup);
  const text = [size(comparison.bytes), latency, accuracy(comparison)]
    .filter((part) => part !== '')
    .join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The same against the float model that was only cleaned; '' where it was not measured. */
export function verdictOverCleaned(comparison: Comparison): string {
  const speedup = comparison.latencyMs?.speedupOverCleaned;
  return speedup === undefined ? '' : `Against the cleaned float model: ${speed(speedup)}.`;
}

function size({ before, after }: Comparison['bytes']): string {
  if (before <= 0 || after <= 0) return '';
  if (Math.abs(before / after - 1) < SAME_SIZE) return 'same size';
  return before > after ? `${formatRatio(before / after)} smaller` : `${formatRatio(after / before)} larger`;
}

function speed({ ratio, ci95, verdict: found }: Speedup): string {
  const interval = `${ci95[0].toFixed(2)}–${ci95[1].toFixed(2)}`;
  if (found === 'faster') return `${formatRatio(ratio)} faster (${interval})`;
  if (found === 'slower') return `not faster on this computer: ${formatRatio(ratio)} the speed (${interval})`;
  return `no difference in latency measured (${formatRatio(ratio)}, ${interval})`;
}

function accuracy({ accuracy: { top1, top1Agreement, sqnrDb, identical, samples } }: Comparison): string {
  if (top1) return `top-1 ${(top1.before * 100).toFixed(1)} → ${formatPercent(top1.after)}`;
  if (identical) return 'identical outputs';
  const of = `${samples} ${samples === 1 ? 'sample' : 'samples'}`;
  if (top1Agreement !== null) return `the same top class for ${formatPercent(top1Agreement)} of ${of}`;
  return sqnrDb === null ? '' : `${formatDb(sqnrDb)} SQNR over ${of}`;
}
