import { formatBytes, formatInteger, formatShape, formatTotal } from '../../protocol/numbers';
import { code } from '../hover/markdown';
import type { LayerCall } from '../sourceFile';
import { foldingSum, foldingText } from './countsText';
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

/** More models than these hide what else a hover says. */
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
  const notes = notesOf(path, models);
  if (linked.length === 0) return notes;
  const rows = linked.map((model) => {
    const { link, latencies } = model;
    const layer = link.layers.get(path);
    const found = rowsOf(layer);
    return [
      modelLink(model, found),
      `${plain(operators(found))} ${typeOf(model)}`,
      `${formatShape(found[0]?.input)} → ${formatShape(found.at(-1)?.output)}`,
      isShared(layer) ? 'none' : weightsText(found),
      totalOf(found, (row) => row.activationBytes, formatBytes),
      totalOf(found, (row) => row.macs, formatInteger),
      plain(latencies?.text(found) ?? 'not measured'),
    ];
  });
  const shared = linked.some(({ link }) => isShared(link.layers.get(path)));
  if (shared) notes.push('The row is that of another layer too: its figures are of both together.');
  const body = table(
    [code(path, true), 'operator', 'input → output', 'weights', 'activations', 'MACs', 'last latency'],
    rows,
  );
  return [body, ...notes];
}

function ofMany(paths: readonly string[], models: readonly LinkedModel[]): string[] {
  const [best] = models;
  if (best === undefined) return [];
  const [first = ''] = paths;
  const names = models.map(
    (model) => `${modelLink(model, rowsOf(model.link.layers.get(first)))} ${typeOf(model)}`,
  );
  const parts = [`Found in ${names.join(', ')}:`];
  const folded = paths.every((path) => best.link.layers.get(path)?.state === 'folded');
  parts.push(folded ? foldedTable(paths, best) : figuresTable(paths, best, models));
  if (paths.length > MAX_LAYERS) parts.push(`… and ${paths.length - MAX_LAYERS} more.`);
  const layer = best.link.layers.get(first);
  const folding = layer?.state === 'linked' ? foldingText(best.link, layer) : null;
  if (folding !== null) parts.push(`${code(first)}: ${folding}`);
  return parts;
}

/** Layers with what their rows cost, and all of them together. */
function figuresTable(paths: readonly string[], best: LinkedModel, models: readonly LinkedModel[]): string {
  const timed = models.filter(({ latencies }) => latencies !== null);
  const latencies = (some: readonly string[]) =>
    timed.map(({ link, latencies: known }) => {
      const rows = some.flatMap((path) => rowsOf(link.layers.get(path)));
      return plain(known?.text(rows) ?? '');
    });
  const costs = (rows: readonly IndexedRow[]) => [
    totalOf(rows, (row) => row.activationBytes, formatBytes),
    totalOf(rows, (row) => row.macs, formatInteger),
  ];
  const body = paths.slice(0, MAX_LAYERS).map((path) => {
    const rows = rowsOf(best.link.layers.get(path));
    const name = rowLink(path, best.uri, mainRow(rows));
    if (best.link.layers.get(path)?.state !== 'linked')
      return [name, stateText(path, best), '', '', ...timed.map(() => '')];
    const shapes = `${formatShape(rows[0]?.input)} → ${formatShape(rows.at(-1)?.output)}`;
    return [name, shapes, ...costs(rows), ...latencies([path])];
  });
  const all = [...new Set(paths.flatMap((path) => rowsOf(best.link.layers.get(path))))];
  const heads = timed.map((model) => `last latency ${typeOf(model)}`);
  return table(
    ['layer', 'input → output', 'activations', 'MACs', ...heads],
    [...body, [`all ${paths.length}`, '', ...costs(all), ...latencies(paths)]],
  );
}

/** Normalizations with the layers that they became part of. */
function foldedTable(paths: readonly string[], { link, uri }: LinkedModel): string {
  const rows = paths.slice(0, MAX_LAYERS).flatMap((path) => {
    const layer = link.layers.get(path);
    if (layer?.state !== 'folded') return [];
    const host = link.layers.get(layer.into);
    const counts = host?.state === 'linked' ? foldingSum(link, host) : null;
    return [[code(path, true), rowLink(layer.into, uri, mainRow(layer.rows)), counts ?? '']];
  });
  return table(['layer', 'folded when exporting into', 'what the two had → what the file has'], rows);
}

/** What must be said of a layer besides its figures; what holds for several models once. */
function notesOf(path: string, models: readonly LinkedModel[]): string[] {
  const notes = new Map<string, string[]>();
  for (const model of models) {
    const layer = model.link.layers.get(path);
    const linked = layer?.state === 'linked';
    const note = linked ? foldingText(model.link, layer) : stateText(path, model);
    if (note === null) continue;
    const names = notes.get(note) ?? [];
    notes.set(note, names);
    if (!linked) names.push(rowLink(model.label, model.uri, mainRow(rowsOf(layer))));
  }
  return [...notes].map(([note, names]) => (names.length === 0 ? note : `${names.join(', ')}: ${note}.`));
}

/** Why a layer has no row of its own. */
function stateText(path: string, { link }: LinkedModel): string {
  const layer = link.layers.get(path);
  switch (layer?.state) {
    case 'folded': {
      const host = link.layers.get(layer.into);
      const sum = host?.state === 'linked' ? foldingSum(link, host) : null;
      return `folded into ${code(layer.into, true)} when exporting${sum === null ? '' : `: ${sum}`}`;
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

/** Id of the row with the most work, which is the one to look at. */
function mainRow(rows: readonly IndexedRow[]): string {
  const [first] = rows.toSorted(
    (a, b) => (b.macs ?? 0) - (a.macs ?? 0) || b.weights.length - a.weights.length,
  );
  return first?.id ?? '0';
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

/** Without weights of its own, in a row that has some. */
function isShared(layer: LayerLink | undefined): boolean {
  const own = layer?.instance.weights?.length !== 0;
  return !own && rowsOf(layer).some(({ weights }) => weights.length > 0);
}

function weightsText(rows: readonly IndexedRow[]): string {
  const weights = new Map(rows.flatMap((row) => row.weights).map((one) => [one.name, one]));
  if (weights.size === 0) return 'none';
  const elements = [...weights.values()].reduce((total, one) => total + one.elements, 0);
  return formatInteger(elements);
}

/** A figure of all rows together, or what it is at least where that of one is unknown. */
export function totalOf(
  rows: readonly IndexedRow[],
  figure: (row: IndexedRow) => number | null,
  format: (value: number | null | undefined) => string,
): string {
  const known = rows.reduce((sum, row) => sum + (figure(row) ?? 0), 0);
  return formatTotal(rows.some((row) => figure(row) === null) ? null : known, known, format);
}
