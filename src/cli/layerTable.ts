import { costsNothing } from '../protocol/freeLayers';
import { moduleTree, nameWithin, type TreeItem, type TreeLayer } from '../protocol/moduleTree';
import {
  formatBytes,
  formatCount,
  formatEnergy,
  formatInteger,
  formatShape,
  formatTotal,
  UNKNOWN,
} from '../protocol/numbers';
import type { InspectReport, LayerReport, ModuleFigures, Totals } from '../protocol/reports';
import { shortNames } from '../protocol/shortNames';
import { chosenRows, leftOut, type SortFlags, type SortKeys } from './sorting';
import { tableLines } from './table';

/** A layer of the flattened list. */
export type FlatLayer = Omit<LayerReport, 'body'> &
  TreeLayer & { readonly depth: number; readonly hasBody: boolean };

/** Bodies' layers behind the layer that they belong to, one deeper. */
export function flatLayers({ layers }: Pick<InspectReport, 'layers'>): FlatLayer[] {
  const flat: FlatLayer[] = [];
  const add = (list: readonly LayerReport[], depth: number, parent: number | null) => {
    for (const { body, ...layer } of list) {
      const index = flat.length;
      flat.push({ ...layer, index, depth, parent, hasBody: body !== undefined });
      if (body) add(body, depth + 1, index);
    }
  };
  add(layers, 0, null);
  return flat;
}

/** What the table of layers can be ordered by. */
export const LAYER_KEYS = {
  macs: ({ macs }) => macs,
  params: ({ parameters }) => parameters,
  bytes: ({ parameterBytes }) => parameterBytes,
  activations: ({ activationBytes }) => activationBytes,
  operator: ({ op }) => op,
  layer: ({ name }) => name,
} satisfies SortKeys<FlatLayer>;

/** What costs most, where nobody says by what. */
export const LAYER_FIGURE = 'macs';

/**
 * What each layer costs; those that cost nothing are left out. Where the terminal has a width, names are what tells layers
 * apart, and no two are shown alike.
 * @returns null when there are no layers
 */
export function layerTable(
  report: InspectReport,
  width: number | null,
  sort: SortFlags = {},
): Iterable<string> | null {
  if (report.layers.length === 0) return null;
  const all = flatLayers(report).filter((layer) => !costsNothing(layer));
  const layers = chosenRows(all, sort, LAYER_KEYS, LAYER_FIGURE);
  // In another order than the file's a body is not behind its layer, so nothing is indented.
  const indents = sort.sort === undefined && sort.top === undefined;
  const names = width === null ? null : shortNames(all.map(({ name }) => name));
  const lines = tableLines(
    [
      { title: 'layer', flexible: true, tag: (place) => tagOf(layers[place], place) },
      { title: 'operator', flexible: true },
      { title: 'output', flexible: true, spare: 2 },
      { title: 'type', spare: 1 },
      { title: 'parameters', shortTitle: 'params', align: 'right' },
      { title: 'bytes', align: 'right', spare: 3 },
      { title: 'activations', shortTitle: 'activ.', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'energy ≈', align: 'right', spare: 0 },
    ],
    // Each row is made when it is printed: there may be a million of them.
    {
      *[Symbol.iterator]() {
        for (const layer of layers) {
          const name = names?.short(layer.name) ?? layer.name;
          yield layerRow(layer, indents ? `${'  '.repeat(layer.depth)}${name}` : name);
        }
        const { totals } = report;
        const { energy } = report;
        yield [
          'total',
          ...['', '', ''],
          ...figures(totals),
          formatTotal(energy?.picojoules, energy?.knownPicojoules ?? 0, formatEnergy),
        ];
      },
    },
    width,
  );
  return withEnd(lines, leftOut(all.length, layers.length));
}

function* withEnd(lines: Iterable<string>, end: string): Generator<string> {
  yield* lines;
  if (end !== '') yield end;
}

/** Ids in bodies of bodies are longer than a column: then it is the row that tells. */
const MAX_TAG = 12;

function tagOf(layer: FlatLayer | undefined, place: number): string {
  if (layer === undefined) return '';
  return layer.id.length < MAX_TAG ? `#${layer.id}` : `(${place + 1})`;
}

function layerRow(layer: FlatLayer, name: string): string[] {
  return [
    name,
    layer.op,
    layer.outputs.map(({ shape }) => formatShape(shape)).join(' '),
    layer.outputs[0]?.type ?? UNKNOWN,
    ...ownFigures(layer),
    none(layer.energyPicojoules ?? null, formatEnergy),
  ];
}

function ownFigures(layer: FlatLayer): string[] {
  return [
    none(layer.parameters, formatCount) + (layer.shared ? '*' : ''),
    none(layer.parameterBytes, formatBytes),
    none(layer.activationBytes, formatBytes),
    none(layer.macs, formatCount),
  ];
}

function figures(sums: ModuleFigures | Totals): string[] {
  return [
    formatTotal(sums.parameters, sums.knownParameters, formatCount),
    formatTotal(sums.parameterBytes, sums.knownParameterBytes, formatBytes),
    formatTotal(sums.activationBytes, sums.knownActivationBytes, formatBytes),
    formatTotal(sums.macs, sums.knownMacs, formatCount),
  ];
}

/** An empty cell for a known 0, so that the figures that matter stand out; unknown is shown as such. */
function none(value: number | null, format: (value: number | null) => string): string {
  return value === 0 ? '' : format(value);
}

/** The same of modules by their sums, of which an unknown part makes all unknown. */
const ITEM_KEYS: SortKeys<TreeItem<FlatLayer>> = {
  macs: ({ module, layer }) => (module ?? layer)?.macs ?? null,
  params: ({ module, layer }) => (module ?? layer)?.parameters ?? null,
  bytes: ({ module, layer }) => (module ?? layer)?.parameterBytes ?? null,
  activations: ({ module, layer }) => (module ?? layer)?.activationBytes ?? null,
  operator: ({ layer }) => layer?.op ?? '',
  layer: ({ module, layer }) => module?.name ?? layer?.name ?? '',
};

/**
 * Modules with their sums, and the layers beside them.
 * @param depth levels that are shown: what is deeper is in the sums alone
 */
export function moduleTable(
  report: InspectReport,
  depth: number,
  width: number | null,
  sort: SortFlags = {},
): Iterable<string> {
  const rows: { texts: string[]; id: string }[] = [];
  const layers = flatLayers(report).filter((layer) => !costsNothing(layer));
  const names = shortNames(layers.map(({ name }) => name));
  const add = (items: readonly TreeItem<FlatLayer>[], level: number, path: string) => {
    const indent = '  '.repeat(level);
    const shown = chosenRows(items, sort, ITEM_KEYS, LAYER_FIGURE);
    for (const { module, layer, items: inner } of shown) {
      if (module !== null) {
        rows.push({
          texts: [`${indent}${module.name}`, formatInteger(module.layers), ...figures(module)],
          id: module.path,
        });
        if (level + 1 < depth) add(inner, level + 1, module.path);
      } else if (layer !== null) {
        const within = nameWithin(layer.name, path);
        const name = within === layer.name ? names.short(layer.name) : within;
        rows.push({ texts: [`${indent}${name}`, '', ...ownFigures(layer)], id: `#${layer.id}` });
        if (level + 1 < depth) add(inner, level + 1, path);
      }
    }
    const more = items.length - shown.length;
    if (more > 0) rows.push({ texts: [`${indent}… and ${formatInteger(more)} more`], id: path });
  };
  add(moduleTree(layers, report.modules ?? []), 0, '');
  rows.push({
    texts: ['total', formatInteger(layers.length), ...figures(report.totals)],
    id: '',
  });
  return tableLines(
    [
      { title: 'module', flexible: true, tag: (place) => rows[place]?.id ?? '' },
      { title: 'layers', align: 'right' },
      { title: 'parameters', shortTitle: 'params', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'activations', shortTitle: 'activ.', align: 'right' },
      { title: 'MACs', align: 'right' },
    ],
    rows.map(({ texts }) => texts),
    width,
  );
}
