import { formatBytes, formatInteger, formatShape } from '../../protocol/numbers';
import type { LayerCall } from '../sourceFile';
import { foldingText } from './countsText';
import type { RowLatencies } from './latency';
import { plain, rowLink, table } from './markdown';
import type { IndexedRow } from './modelIndex';
import type { LayerLink, ModuleLink } from './moduleLink';

/** A model that a module was found in. */
export interface LinkedModel {
  readonly uri: string;
  /** What its users call it: the path in the workspace. */
  readonly label: string;
  readonly link: ModuleLink;
  readonly latencies: RowLatencies | null;
}

/** More columns than these do not fit into a hover. */
const MAX_MODELS = 4;
/** Layers of one constructor that are listed; the page shows all. */
const MAX_LAYERS = 10;

/**
 * What models say of the layers that a constructor makes, as Markdown with links to their rows.
 *
 * @param models those that the module of the layers was found in, the best first.
 * @returns null where no model says anything of them.
 */
export function linkedMarkdown(
  call: LayerCall,
  module: string,
  models: readonly LinkedModel[],
): string | null {
  const paths = call.instances.flatMap((one) =>
    one.module === module && one.path !== null ? [one.path] : [],
  );
  const shown = models.slice(0, MAX_MODELS);
  const [path] = paths;
  if (path === undefined || shown.length === 0) return null;
  const parts = paths.length === 1 ? ofOne(path, shown) : ofMany(paths, shown);
  if (models.length > shown.length) parts.push(`It is in ${models.length - shown.length} more models.`);
  return parts.join('\n\n');
}

function ofOne(path: string, models: readonly LinkedModel[]): string[] {
  const linked = models.filter(({ link }) => link.layers.get(path)?.state === 'linked');
  const notes = models
    .flatMap((model) => noteOf(path, model) ?? [])
    .filter((note, at, all) => all.indexOf(note) === at);
  if (linked.length === 0) return notes;
  const columns = linked.map((model) => ({ model, rows: rowsOf(model.link.layers.get(path)) }));
  const figures: [string, (rows: readonly IndexedRow[], model: LinkedModel) => string][] = [
    ['operator', (rows) => plain(operators(rows))],
    ['input', (rows) => formatShape(rows[0]?.input)],
    ['output', (rows) => formatShape(rows.at(-1)?.output)],
    ['weights', (rows) => weightsText(rows)],
    ['activations', (rows) => formatBytes(sum(rows, (row) => row.activationBytes))],
    ['MACs', (rows) => formatInteger(sum(rows, (row) => row.macs))],
    ['last latency', (rows, { latencies }) => plain(latencies?.text(rows) ?? 'not measured')],
  ];
  const body = table(
    [`\`${path}\``, ...columns.map(({ model, rows }) => `${modelLink(model, rows)} ${typeOf(model)}`)],
    figures.map(([name, text]) => [name, ...columns.map(({ model, rows }) => text(rows, model))]),
  );
  return [body, ...notes];
}

function ofMany(paths: readonly string[], models: readonly LinkedModel[]): string[] {
  const [best] = models;
  if (best === undefined) return [];
  const listed = paths.slice(0, MAX_LAYERS);
  const timed = models.filter(({ latencies }) => latencies !== null);
  const rows = listed.map((path) => {
    const layer = best.link.layers.get(path);
    const found = rowsOf(layer);
    const [first] = found;
    const name = first ? rowLink(path, best.uri, mainRow(found)) : `\`${path}\``;
    if (layer?.state !== 'linked') return [name, stateText(path, best), '', '', ...timed.map(() => '')];
    return [
      name,
      `${formatShape(first?.input)} → ${formatShape(found.at(-1)?.output)}`,
      formatBytes(sum(found, (row) => row.activationBytes)),
      formatInteger(sum(found, (row) => row.macs)),
      ...timed.map(({ link, latencies }) => plain(latencies?.text(rowsOf(link.layers.get(path))) ?? '—')),
    ];
  });
  const names = models.map(
    (model) => `${modelLink(model, rowsOf(model.link.layers.get(paths[0] ?? '')))} ${typeOf(model)}`,
  );
  const parts = [
    `Found in ${names.join(', ')}:`,
    table(
      ['layer', 'input → output', 'activations', 'MACs', ...timed.map((model) => `latency ${typeOf(model)}`)],
      rows,
    ),
  ];
  if (paths.length > listed.length) parts.push(`… and ${paths.length - listed.length} more.`);
  const layer = best.link.layers.get(paths[0] ?? '');
  const folding = layer?.state === 'linked' ? foldingText(best.link, layer) : null;
  if (folding !== null) parts.push(`\`${paths[0]}\`: ${folding}`);
  return parts;
}

/** What must be said of a layer in a model besides its figures. */
function noteOf(path: string, model: LinkedModel): string | null {
  const layer = model.link.layers.get(path);
  if (layer?.state === 'linked') return foldingText(model.link, layer);
  return layer === undefined ? null : `${modelLink(model, rowsOf(layer))}: ${stateText(path, model)}.`;
}

/** Why a layer has no row of its own. */
function stateText(path: string, { uri, link }: LinkedModel): string {
  const layer = link.layers.get(path);
  switch (layer?.state) {
    case 'folded': {
      const host = link.layers.get(layer.into);
      const sum = host?.state === 'linked' ? foldingText(link, host) : null;
      const into = rowLink(layer.into, uri, mainRow(layer.rows));
      return `folded into ${into} when exporting${sum === null ? '' : ` (${sum.slice(sum.indexOf(': ') + 2, -1)})`}`;
    }
    case 'removed':
      return 'removed when exporting, because it does nothing after training';
    case 'differs':
      return `another version: the file has ${formatShape(layer.actual)} there, the source makes ${formatShape(layer.expected)}`;
    case 'unconfirmed':
      return 'a layer of that name, whose shapes the source does not say';
    case 'nameless':
      return 'the file does not say which module its nodes belong to';
    default:
      return 'not found';
  }
}

function rowsOf(layer: LayerLink | undefined): readonly IndexedRow[] {
  return layer !== undefined && 'rows' in layer ? layer.rows : [];
}

/** The row with the most work, which is the one to look at. */
function mainRow(rows: readonly IndexedRow[]): number {
  const [first] = rows.toSorted(
    (a, b) => (b.macs ?? 0) - (a.macs ?? 0) || b.weights.length - a.weights.length,
  );
  return first?.row ?? 0;
}

function modelLink({ uri, label }: LinkedModel, rows: readonly IndexedRow[]): string {
  return rowLink(label, uri, mainRow(rows));
}

function typeOf({ link }: LinkedModel): string {
  return plain(link.index.weightType ?? '');
}

function operators(rows: readonly IndexedRow[]): string {
  return [...new Set(rows.map(({ op }) => op))].slice(0, 4).join(', ');
}

function weightsText(rows: readonly IndexedRow[]): string {
  const weights = new Map(rows.flatMap((row) => row.weights).map((one) => [one.name, one]));
  if (weights.size === 0) return 'none';
  const elements = [...weights.values()].reduce((total, one) => total + one.elements, 0);
  return formatInteger(elements);
}

function sum(rows: readonly IndexedRow[], figure: (row: IndexedRow) => number | null): number | null {
  return rows.reduce<number | null>((total, row) => {
    const value = figure(row);
    return total === null || value === null ? null : total + value;
  }, 0);
}
