import { formatBytes, formatCount, formatInteger, formatPercent, formatTotal, UNKNOWN } from './numbers';
import type { Comparison, Totals } from './reports';

/** A figure of both models, as the page, the terminal and a pull request show it. */
export interface ComparedFigure {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** `−73.8 %`, `the same`; UNKNOWN where one of them is. */
  readonly change: string;
  /** With all digits. */
  readonly tooltip: string;
  /** After / before; null where it is unknown or has no meaning. */
  readonly fraction: number | null;
}

type Known = number | null | undefined;

/** What can be said of two models without running them. */
export function comparedFigures({ bytes, totals, bytesByType }: Comparison): ComparedFigure[] {
  const { before, after } = totals;
  const inBytes = (label: string, a: Known, b: Known) => figure(label, a, b, formatBytes, 'bytes');
  const counted = (label: string, a: Known, b: Known) => figure(label, a, b, formatCount, '');
  /** Where one is not known, the part of it that is. */
  const total = (
    one: ComparedFigure,
    of: (totals: Totals) => readonly [total: Known, known: number],
    format: (value: Known) => string,
  ) => ({ ...one, before: formatTotal(...of(before), format), after: formatTotal(...of(after), format) });
  const types = [...new Set([...Object.keys(bytesByType.before), ...Object.keys(bytesByType.after)])];
  const arena = before.arenaBytes !== undefined || after.arenaBytes !== undefined;
  return [
    inBytes('File size', bytes.before, bytes.after),
    total(
      inBytes('Weights', before.parameterBytes, after.parameterBytes),
      (one) => [one.parameterBytes, one.knownParameterBytes],
      formatBytes,
    ),
    // One type on both sides says nothing more than the sum.
    ...(types.length > 1
      ? types.map((type) =>
          inBytes(`Weights in ${type}`, bytesByType.before[type] ?? 0, bytesByType.after[type] ?? 0),
        )
      : []),
    total(
      counted('Parameters', before.parameters, after.parameters),
      (one) => [one.parameters, one.knownParameters],
      formatCount,
    ),
    total(
      inBytes('Activations', before.activationBytes, after.activationBytes),
      (one) => [one.activationBytes, one.knownActivationBytes],
      formatBytes,
    ),
    total(
      inBytes('Peak activation memory', before.peakActivationBytes, after.peakActivationBytes),
      (one) => [one.peakActivationBytes, one.knownPeakActivationBytes],
      formatBytes,
    ),
    ...(arena ? [inBytes('Arena', before.arenaBytes, after.arenaBytes)] : []),
    total(counted('MACs', before.macs, after.macs), (one) => [one.macs, one.knownMacs], formatCount),
    counted('Layers', before.nodesWithSubgraphs, after.nodesWithSubgraphs),
  ];
}

function figure(
  label: string,
  before: Known,
  after: Known,
  format: (value: Known) => string,
  unit: string,
): ComparedFigure {
  const known = before != null && after != null;
  const fraction = known && before > 0 ? after / before : null;
  return {
    label,
    before: format(before),
    after: format(after),
    change: known ? changeOf(before, after, format) : UNKNOWN,
    tooltip: `${label}: ${formatInteger(before)} → ${formatInteger(after)} ${unit}`.trim(),
    fraction,
  };
}

function changeOf(before: number, after: number, format: (value: number) => string): string {
  if (before === after) return 'the same';
  // Of nothing there is no percentage, and a share that is rounded away would be called no change.
  const fraction = after / before - 1;
  const percent = before === 0 ? null : formatPercent(Math.abs(fraction));
  const amount = percent === null || percent === '0.0 %' ? format(Math.abs(after - before)) : percent;
  return `${after > before ? '+' : '−'}${amount}`;
}
