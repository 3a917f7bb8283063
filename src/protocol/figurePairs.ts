import {
  formatBytes,
  formatCount,
  formatEnergy,
  formatInteger,
  formatPercent,
  formatTotal,
  UNKNOWN,
} from './numbers';
import type { BeforeAfter, Comparison, EnergyReport, Speedup, Totals } from './reports';

/** A figure of both models, as the page, the terminal and a pull request show it. */
export interface ComparedFigure {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** `−73.8 %`, `the same`; UNKNOWN where one of them is. */
  readonly change: string;
  /** With all digits. */
  readonly tooltip: string;
  /** How large the change is and whether it is a good one; null where there is none, or it is not known. */
  readonly size: ChangeSize | null;
}

/** A change as a part of what was before: 0.25 is a quarter more or less. */
export interface ChangeSize {
  readonly part: number;
  readonly effect: 'better' | 'worse' | 'neither';
}

/** What `change` says where nothing did. */
export const THE_SAME = 'the same';

type Known = number | null | undefined;

/** What can be said of two models without running them. `among`: all that have the same rows, to be set side by side. */
export function comparedFigures(
  comparison: Comparison,
  among: readonly Comparison[] = [comparison],
): ComparedFigure[] {
  const { bytes, totals, bytesByType, energy } = comparison;
  const { before, after } = totals;
  const inBytes = (label: string, a: Known, b: Known) => figure(label, a, b, formatBytes, 'bytes');
  const counted = (label: string, a: Known, b: Known) => figure(label, a, b, formatCount, '');
  /** Where one is not known, the part of it that is. */
  const total = (
    one: ComparedFigure,
    of: (totals: Totals) => readonly [total: Known, known: number],
    format: (value: Known) => string,
  ) => ({ ...one, before: formatTotal(...of(before), format), after: formatTotal(...of(after), format) });
  /** Where more of one is less of another, or more is no cost by itself. */
  const neither = (line: ComparedFigure): ComparedFigure =>
    line.size === null ? line : { ...line, size: { ...line.size, effect: 'neither' } };
  const all = <T>(of: (one: Comparison) => BeforeAfter<T>): T[] =>
    among.flatMap((one) => [of(one).before, of(one).after]);
  const types = [...new Set(all((one) => one.bytesByType).flatMap(Object.keys))];
  const arena = all((one) => one.totals).some(({ arenaBytes }) => arenaBytes !== undefined);
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
          neither(inBytes(`Weights in ${type}`, bytesByType.before[type] ?? 0, bytesByType.after[type] ?? 0)),
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
    ...(energy ? [energyFigure(energy)] : []),
    neither(counted('Layers', before.nodesWithSubgraphs, after.nodesWithSubgraphs)),
  ];
}

/** Of one run: an estimate, as its tooltip says. */
function energyFigure({ before, after }: BeforeAfter<EnergyReport>): ComparedFigure {
  const text = ({ picojoules, knownPicojoules }: EnergyReport) =>
    formatTotal(picojoules, knownPicojoules, formatEnergy);
  return {
    ...figure('Energy ≈', before.picojoules, after.picojoules, formatEnergy, ''),
    ...{ before: text(before), after: text(after), tooltip: after.source },
  };
}

function figure(
  label: string,
  before: Known,
  after: Known,
  format: (value: Known) => string,
  unit: string,
): ComparedFigure {
  const known = before != null && after != null;
  return {
    label,
    before: format(before),
    after: format(after),
    change: known ? changeOf(before, after, format) : UNKNOWN,
    tooltip: `${label}: ${formatInteger(before)} → ${formatInteger(after)} ${unit}`.trim(),
    size: known ? sizeOf(before, after) : null,
  };
}

/** Of a figure of which less is better; null where nothing changed, or of nothing there is no part. */
function sizeOf(before: number, after: number): ChangeSize | null {
  if (before <= 0 || before === after) return null;
  return { part: Math.abs(after / before - 1), effect: after < before ? 'better' : 'worse' };
}

/** The same of a latency; null where no difference was measured. */
export function latencyChange({ ratio, verdict }: Speedup): ChangeSize | null {
  if (verdict === 'no difference measured' || !(ratio > 0)) return null;
  return { part: Math.abs(1 / ratio - 1), effect: verdict === 'faster' ? 'better' : 'worse' };
}

function changeOf(before: number, after: number, format: (value: number) => string): string {
  if (before === after) return THE_SAME;
  // Of nothing there is no percentage, and a share that is rounded away would be called no change.
  const fraction = after / before - 1;
  const percent = before === 0 ? null : formatPercent(Math.abs(fraction));
  const amount = percent === null || percent === '0.0 %' ? format(Math.abs(after - before)) : percent;
  return `${after > before ? '+' : '−'}${amount}`;
}
