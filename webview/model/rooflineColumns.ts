import { formatCount } from '../../src/protocol/numbers';
import {
  boundMeaning,
  formatRate,
  type LayerRoofline,
  type RooflineReport,
} from '../../src/protocol/roofline';
import type { Column } from '../grid/column';
import type { ShownRow } from './moduleRows';

/** What the roofline's picture shows, for whoever reads the table. */
export function rooflineColumns({ layers, ceilings }: RooflineReport): Column<ShownRow>[] {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const number = (
    id: string,
    label: string,
    description: string,
    value: (layer: LayerRoofline) => number | null,
    format: (value: number) => string,
  ): Column<ShownRow> => {
    const of = (row: ShownRow) => {
      const layer = byId.get(row.id);
      return layer === undefined ? null : value(layer);
    };
    return {
      ...{ id, label, description, width: 100, numeric: true, value: of },
      text: (row) => {
        const known = of(row);
        return known === null ? '' : format(known);
      },
    };
  };
  const columns = [
    number(
      'intensity',
      'MACs/byte',
      'Multiply-accumulates for each byte that the layer moves at least, with what was folded into it',
      ({ intensity }) => intensity,
      formatCount,
    ),
    number(
      'macsPerSecond',
      'MAC rate',
      'Multiply-accumulates that it reached a second',
      // What multiplies nothing has none.
      ({ macsPerSecond }) => macsPerSecond || null,
      (rate) => formatRate(rate, 'GMAC/s'),
    ),
    number(
      'bytesPerSecond',
      'Byte rate',
      'Bytes that it moved a second at least',
      ({ bytesPerSecond }) => bytesPerSecond,
      (rate) => formatRate(rate, 'GB/s'),
    ),
  ];
  if (ceilings === null) return columns;
  const bound = (row: ShownRow) => byId.get(row.id)?.bound ?? null;
  return [
    ...columns,
    number(
      'reached',
      'Of ceiling',
      'Of its time, what the ceilings of this computer ask for at least',
      ({ reached }) => reached,
      (reached) => `${Math.round(100 * reached)} %`,
    ),
    {
      ...{ id: 'bound', label: 'Bound by', description: 'What takes at least half of its time', width: 80 },
      value: bound,
      text: (row) => bound(row) ?? '',
      tooltip: (row) => {
        const known = bound(row);
        return known === null ? 'Not known' : boundMeaning(known);
      },
    },
  ];
}
