import { isBookkeeping, isConversion } from '../../src/protocol/minorLayers';
import type { Comparison, LayerComparison } from '../../src/protocol/reports';
import { ratioOf } from './columns';
import { changeText, namesOf, operators } from './texts';

export const FILTERS = [
  'all',
  'different',
  'changed',
  'added',
  'removed',
  'folded',
  'conversions',
  'kept',
  'slower',
] as const;
export type Filter = (typeof FILTERS)[number];

export const FILTER_LABELS: Record<Filter, string> = {
  all: 'All layers',
  different: 'Differences',
  changed: 'Changed',
  added: 'Added',
  removed: 'Removed',
  folded: 'Folded',
  conversions: 'Conversions',
  kept: 'Kept in float',
  slower: 'Slower than before',
};

export function passes(row: LayerComparison, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'different':
      return row.status !== 'unchanged' && !isConversion(row);
    case 'conversions':
      return isConversion(row);
    case 'kept':
      return row.kept !== undefined;
    case 'slower':
      return (ratioOf(row) ?? 1) < 1;
    default:
      return row.status === filter;
  }
}

/** What is looked for first: what differs, where most does not. */
export function firstFilter({ layers, statuses, latencyMs }: Comparison): Filter {
  const some = statuses.unchanged > 0 && statuses.unchanged < layers.length;
  const told = layers.some((row) => row.status !== 'unchanged' && !isBookkeeping(row));
  return some && told && latencyMs === null ? 'different' : 'all';
}

/** Filters that show bookkeeping rows only where somebody wants them; the others ask for them by name. */
export function hidesBookkeeping(filter: Filter): boolean {
  return filter === 'all' || filter === 'different';
}

/** `wanted` is in lower case. */
export function mentions(row: LayerComparison, wanted: string): boolean {
  return [namesOf(row), operators(row), changeText(row)].some((text) => text.toLowerCase().includes(wanted));
}
