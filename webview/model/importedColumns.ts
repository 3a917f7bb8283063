import { html } from 'lit';
import type { ImportedLayer, ImportedProfile } from '../../src/protocol/imported';
import { formatMs, formatPercent, UNKNOWN } from '../../src/protocol/numbers';
import type { ShortNames } from '../../src/protocol/shortNames';
import type { Column } from '../grid/column';
import type { TableRow } from './rows';

/** One column for each file that says what layers took elsewhere: beside this computer's, and never divided by it. */
export function importedColumns(imported: readonly ImportedProfile[], names: ShortNames): Column<TableRow>[] {
  return imported.filter(({ layers }) => layers.length > 0).map((profile) => columnOf(profile, names));
}

function columnOf(profile: ImportedProfile, names: ShortNames): Column<TableRow> {
  const { device, engine, layers, rowStatistic, tool, source } = profile;
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const slowest = layers.reduce((most, { ms }) => Math.max(most, ms ?? 0), 0);
  const layerOf = (row: TableRow) => (row.added ? undefined : byId.get(row.id));
  const text = (row: TableRow) => (row.added ? '' : cellText(layerOf(row), names));
  return {
    id: `imported ${source}`,
    label: `Latency, ${device.name}`,
    description: `Latency on ${device.name}, measured by ${tool} with ${engine}: the ${rowStatistic} over its runs`,
    width: 155,
    numeric: true,
    color: 'var(--orange)',
    text,
    tooltip: (row) =>
      row.added ? 'The engine of this computer added this row' : tooltip(layerOf(row), device.name),
    render: (row) =>
      html`<span class=${layerOf(row)?.ms == null ? 'ellipsis muted' : 'ellipsis'}>${text(row)}</span>`,
    value: (row) => layerOf(row)?.ms ?? null,
    bar: (row) => {
      const ms = layerOf(row)?.ms ?? null;
      return ms === null || slowest <= 0 ? null : ms / slowest;
    },
  };
}

function cellText(layer: ImportedLayer | undefined, names: ShortNames): string {
  if (layer === undefined) return UNKNOWN;
  const { ms, fusedInto, fusedIntoId } = layer;
  if (ms !== null) return formatMs(ms);
  if (fusedInto === undefined) return UNKNOWN;
  return fusedIntoId === undefined ? fusedInto : `in ${names.short(fusedInto)}`;
}

function tooltip(layer: ImportedLayer | undefined, device: string): string {
  if (layer === undefined) return 'The file says nothing of this layer';
  const { ms, share, fusedInto } = layer;
  if (ms !== null) return `${ms.toPrecision(4)} ms on ${device} · ${formatPercent(share)} of all its rows`;
  return fusedInto === undefined
    ? 'Unknown: no row of the file is this layer’s for certain'
    : `It has no row of its own: ${fusedInto}`;
}
