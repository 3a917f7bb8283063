import { html } from 'lit';
import { deviceId, otherDevice } from '../../src/protocol/deviceNames';
import type { ImportedProfile } from '../../src/protocol/imported';
import {
  formatEnergy,
  formatInteger,
  formatPercent,
  formatShape,
  formatTotal,
} from '../../src/protocol/numbers';
import type { OpenedModel } from '../../src/protocol/page';
import { hasShares, markOf, markReason } from '../../src/protocol/profileMarks';
import type { ProfileReport, RowMark } from '../../src/protocol/reports';
import type { RooflineReport } from '../../src/protocol/roofline';
import type { ShortNames } from '../../src/protocol/shortNames';
import { latencyText } from '../base/latency';
import { operatorName, wholeName } from '../base/names';
import type { Column } from '../grid/column';
import { type FigureId, figure } from './figures';
import { importedColumns } from './importedColumns';
import type { ShownRow } from './moduleRows';
import { rooflineColumns } from './rooflineColumns';
import type { TableRow } from './rows';

const NOT_INFERRED = 'Unknown: it could not be inferred without running the model';
const NOT_COUNTED = 'Unknown: the layer holds weights that are not counted';

/** Pixels in which `Latency, this computer` can be read. */
const NAMED_WIDTH = 175;

/** What the columns are made from. */
interface Shown {
  maxima: OpenedModel['maxima'];
  rows: readonly TableRow[];
  names: ShortNames;
  /** null: those of the latency are left out. */
  profile: ProfileReport | null;
  /** Of other devices: each has a column of latencies. */
  others: readonly ProfileReport[];
  /** What was measured elsewhere: a column each. */
  imported: readonly ImportedProfile[];
  /** Its columns stand while its picture is shown; null: it is not. */
  roofline: RooflineReport | null;
}

/** The table's columns: of the model, of its profiles, of what was measured elsewhere. */
export function layerColumns(shown: Shown, showRow: (index: number) => void): Column<ShownRow>[] {
  const [name, op, ...others] = modelColumns(shown, showRow);
  const named = [name, op].filter((column) => column !== undefined);
  // Where no layer was timed they would be empty.
  const timed = shown.roofline?.layers.some(({ medianMs }) => medianMs !== null);
  const measured = shown.roofline && timed ? rooflineColumns(shown.roofline) : [];
  return [...named, ...measured, ...others, ...importedColumns(shown.imported, shown.names)];
}

/** Shares only where the rows explain the whole. */
function modelColumns(
  { maxima, rows, names, profile, others }: Shown,
  showRow: (index: number) => void,
): Column<ShownRow>[] {
  const columns: Column<ShownRow>[] = [
    {
      id: 'name',
      label: 'Name',
      description: 'The node’s name, else that of its first output',
      width: 180,
      grow: true,
      text: (row) => row.name,
      tooltip: (row) => (row.added ? `${row.name}: added by the engine` : row.name),
      render: (row) =>
        row.added
          ? html`<span class="ellipsis">${row.name} <span class="muted">added by the engine</span></span>`
          : row.title !== undefined
            ? html`<span class=${row.known === undefined ? 'ellipsis' : 'ellipsis module'}>${row.title}</span>`
            : wholeName(names.parts(row.name)),
      value: (row) => row.name,
    },
    {
      id: 'op',
      label: 'Operator',
      description: 'Type of the operator',
      width: 100,
      text: (row) => row.op,
      render: (row) =>
        row.known === undefined ? operatorName(row.op) : html`<span class="ellipsis muted">${row.op}</span>`,
      value: (row) => row.op,
    },
    {
      id: 'shape',
      label: 'Output shape',
      description: 'Shape of the first output',
      width: 125,
      text: (row) => (row.known === undefined ? shapeText(row) : ''),
      tooltip: shapeTooltip,
    },
    numberColumn('parameters', 90, maxima.parameters),
    numberColumn('parameterBytes', 85, maxima.parameterBytes),
    numberColumn('activationBytes', 95, maxima.activationBytes),
    numberColumn('macs', 80, maxima.macs),
  ];
  // What is estimated stands behind what is counted or measured.
  const energy = energyColumn(rows);
  if (profile === null) return [...columns, energy];
  const slowest = rows.reduce((most, row) => Math.max(most, row.latency?.medianMs ?? 0), 0);
  const shares = hasShares(profile);
  const text = (row: TableRow) =>
    latencyText(row.latency, rowMark(row, profile), (into) =>
      row.fusedRow === null ? into : `in ${names.short(into)}`,
    );
  columns.push({
    ...numberColumn('latency', others.length > 0 ? NAMED_WIDTH : 155, slowest),
    label: latencyLabel(profile, others.length > 0),
    text,
    tooltip: (row) => latencyTooltip(row, shares, profile),
    render: (row) => latencyCell(row, text(row), showRow),
  });
  columns.push(...others.map((other, place) => otherLatency(other, place, rows)));
  if (!shares) return [...columns, energy];
  columns.push({
    id: 'share',
    label: 'Share',
    description: 'Of the sum of the rows’ latencies',
    width: 70,
    numeric: true,
    color: 'var(--orange)',
    text: (row) => formatPercent(row.latency?.share),
    value: (row) => row.latency?.share ?? null,
    bar: (row) => row.latency?.share ?? null,
  });
  return [...columns, energy];
}

/** What a run of each layer may take, called an estimate. */
function energyColumn(rows: readonly TableRow[]): Column<ShownRow> {
  const most = rows.reduce((largest, row) => Math.max(largest, row.energyPicojoules ?? 0), 0);
  const value = (row: ShownRow) => row.energyPicojoules ?? null;
  return {
    id: 'energy',
    label: 'Energy ≈',
    description:
      'An estimate from published energies of operations and bytes in a 45 nm chip (Horowitz, ISSCC 2014): it ranks layers and precisions',
    width: 85,
    numeric: true,
    color: 'var(--vscode-charts-yellow)',
    value,
    text: (row) => (row.added ? '' : formatTotal(value(row), row.known?.energy ?? 0, formatEnergy)),
    tooltip: (row) =>
      row.added
        ? ''
        : value(row) === null
          ? `Unknown${row.known === undefined ? '' : ' of some layers in it'}: sizes, types or MACs are not known, or weights and activations differ in type`
          : `About ${formatEnergy(value(row))} a run, an estimate (Horowitz, ISSCC 2014; 45 nm)`,
    // A sum beside single layers would be a bar that is always full.
    bar: (row) => (most > 0 && row.known === undefined ? (value(row) ?? 0) / most : null),
  };
}

/** Names the device where there are several, or where it is not this computer. */
function latencyLabel(profile: ProfileReport, named: boolean): string {
  const device = otherDevice(profile) ?? (named ? 'this computer' : null);
  return device === null ? 'Latency' : `Latency, ${device}`;
}

/** What each layer takes on another device: beside the others, never in one figure with them. */
function otherLatency(profile: ProfileReport, place: number, rows: readonly TableRow[]): Column<TableRow> {
  const of = (row: TableRow) => row.otherLatencies[place];
  const value = (row: TableRow) => of(row)?.medianMs ?? null;
  const slowest = rows.reduce((most, row) => Math.max(most, value(row) ?? 0), 0);
  const label = latencyLabel(profile, true);
  return {
    ...numberColumn('latency', NAMED_WIDTH, slowest),
    id: `latency of ${deviceId(profile)}`,
    label,
    description: `${label}: by ${profile.engine}`,
    value,
    text: (row) => latencyText(of(row), markOf(profile, of(row)?.mark), (into) => into),
    tooltip: (row) => {
      const milliseconds = value(row);
      return milliseconds === null
        ? (of(row)?.fusedInto ?? 'Unknown')
        : `${milliseconds.toPrecision(4)} ms, ${profile.engine}`;
    },
    bar: (row) => {
      const milliseconds = value(row);
      return milliseconds === null || slowest <= 0 ? null : milliseconds / slowest;
    },
  };
}

/** How the row's time fits the whole; undefined where it does, or has none. */
export function rowMark({ latency }: TableRow, profile: ProfileReport): RowMark | undefined {
  return latency === undefined || latency.medianMs === null ? undefined : markOf(profile, latency.mark);
}

function numberColumn(id: FigureId, width: number, maximum: number): Column<ShownRow> {
  const { label, description, color, value, format } = figure(id);
  return {
    id,
    label,
    description,
    width,
    numeric: true,
    color,
    value,
    text: (row) => {
      const sum = row.known !== undefined && id !== 'latency' ? row.known[id] : 0;
      return formatTotal(value(row), sum, (known) => format(known ?? null));
    },
    tooltip: (row) => {
      if (row.known !== undefined) return `${label} of all layers in it: ${formatInteger(value(row))}`;
      if (row.added) return 'The engine added this row; the model has no such layer';
      const known = value(row);
      const ofWeights = id === 'parameters' || id === 'parameterBytes';
      if (known === null) return ofWeights ? NOT_COUNTED : NOT_INFERRED;
      const shared = row.shared && ofWeights;
      const percent = maximum > 0 ? ` · ${formatPercent(known / maximum)} of the largest` : '';
      return `${label}: ${formatInteger(known)}${percent}${shared ? ' · shared with other layers' : ''}`;
    },
    bar: (row) => {
      // A sum beside single layers would be a bar that is always full.
      const known = row.known === undefined ? value(row) : null;
      return known === null || maximum <= 0 ? null : known / maximum;
    },
  };
}

function shapeText(row: TableRow): string {
  return formatShape(row.outputs[0]?.shape);
}

function shapeTooltip(row: TableRow): string {
  if (row.added) return 'The engine added this row; the model has no such layer';
  return row.outputs
    .map((output) => {
      const shape = output.shape === null ? 'shape unknown' : formatShape(output.shape);
      return `${output.name}: ${output.type ?? 'type unknown'} ${shape}`;
    })
    .join('\n');
}

function latencyTooltip(row: TableRow, shares: boolean, profile: ProfileReport): string {
  const latency = row.latency;
  if (latency === undefined) return 'The profile says nothing of this layer';
  if (latency.medianMs !== null) {
    const mark = rowMark(row, profile);
    const share = shares && latency.share !== null ? ` · ${formatPercent(latency.share)} of all rows` : '';
    const reason = mark === undefined ? '' : `\n${markReason(mark, profile.profileFactor)}`;
    return `${latency.medianMs.toPrecision(4)} ms${share}${reason}`;
  }
  if (latency.fusedInto === undefined) return 'It did not run';
  return row.fusedRow === null
    ? `It takes no time of its own: ${latency.fusedInto}`
    : `The engine runs it as a part of ${latency.fusedInto}`;
}

function latencyCell(row: TableRow, text: string, showRow: (index: number) => void) {
  const target = row.fusedRow;
  if (target === null) {
    const quiet = row.latency?.medianMs === null || row.latency === undefined;
    return html`<span class=${quiet ? 'ellipsis muted' : 'ellipsis'}>${text}</span>`;
  }
  return html`<button
    class="link ellipsis small"
    tabindex="-1"
    @click=${(event: Event) => {
      event.stopPropagation();
      showRow(target);
    }}
  >
    ${text}
  </button>`;
}
