import { costsNothing } from '../../src/protocol/freeLayers';
import type { Placement } from '../../src/protocol/targets';
import type { TableRow } from '../model/rows';
import type { Classes } from './classes';

/** Where layers run on a deployment target, with their colours. */
export const PLACES = [
  { where: 'there', name: 'there', color: 'var(--vscode-charts-green)' },
  { where: 'falls back', name: 'falls back', color: 'var(--vscode-charts-red)' },
  { where: 'unknown', name: 'unknown', color: 'var(--vscode-descriptionForeground)' },
] as const satisfies readonly { where: Placement; name: string; color: string }[];

/** By id of the row. */
export type Placements = ReadonlyMap<string, Placement>;

/** Place among PLACES; null where the layer runs nowhere, as constants do. */
function placeOf(placements: Placements, row: TableRow): number | null {
  const place = PLACES.findIndex(({ where }) => where === placements.get(row.id));
  return place < 0 ? null : place;
}

/** Colour of a layer by where it runs on the target; null where it has none. */
export function colorOfPlace(placements: Placements, row: TableRow): string | null {
  return PLACES[placeOf(placements, row) ?? -1]?.color ?? null;
}

/** Colours layers by where they run on a target. */
export function targetClasses(target: string, placements: Placements): Classes {
  return {
    id: 'target',
    label: `Target: ${target}`,
    classes: PLACES,
    place: (row) => (costsNothing(row) ? null : placeOf(placements, row)),
    text: (row) => PLACES[placeOf(placements, row) ?? -1]?.name ?? '',
    group: 'largest',
  };
}
