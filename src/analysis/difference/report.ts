import {
  type BeforeAfter,
  CONTRACT_VERSION,
  type Comparison,
  type InspectReport,
  LAYER_STATUSES,
  type LayerStatus,
} from '../../protocol/reports';
import type { Differences } from './differences';

/** What the reports name the two files. */
export interface ComparedNames {
  readonly input: string;
  readonly output: string;
}

/** The report of two models that were not run: all that was not measured is null. */
export function comparisonReport(
  { before, after, changes, layers, warnings }: Differences,
  names: ComparedNames,
  seconds: number,
): Comparison {
  const [a, b] = [before.analysis.report, after.analysis.report];
  const both = <T>(of: (report: InspectReport) => T): BeforeAfter<T> => ({ before: of(a), after: of(b) });
  return {
    version: CONTRACT_VERSION,
    ...names,
    format: both(({ format }) => format),
    bytes: both(({ fileBytes, externalBytes }) => fileBytes + externalBytes),
    parameterBytes: both(({ totals }) => totals.parameterBytes),
    peakActivationBytes: both(({ totals }) => totals.peakActivationBytes),
    totals: both(({ totals }) => totals),
    bytesByType: both(({ bytesByType }) => bytesByType),
    ...(a.energy && b.energy ? { energy: { before: a.energy, after: b.energy } } : {}),
    changes: [...changes],
    statuses: count(layers.map(({ report }) => report.status)),
    latencyMs: null,
    engine: null,
    cpu: null,
    threads: null,
    accuracy: null,
    seconds: Math.round(seconds * 100) / 100,
    layers: layers.map(({ report }) => report),
    warnings: [...warnings],
  };
}

function count(statuses: readonly LayerStatus[]): Record<LayerStatus, number> {
  const counts = Object.fromEntries(LAYER_STATUSES.map((status) => [status, 0])) as Record<
    LayerStatus,
    number
  >;
  for (const status of statuses) counts[status]++;
  return counts;
}
