import { formatInteger } from './numbers';
import type { Latency } from './reports';

/** `196 of 210 runs counted`; null where a report does not say. */
export function countedRuns({ runs, counted }: Latency): string | null {
  if (runs === undefined || counted === undefined) return null;
  return `${formatInteger(counted)} of ${formatInteger(runs)} runs counted`;
}
