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

/**
 * What each layer costs; those that cost nothing are left out. Where the terminal has a width, names are what tells layers
 * apart, and no two are shown alike.
 * @returns null when there are no layers
 */
export function layerTable(report: InspectReport, width: number | null): Iterable<string> | null {
  if (report.layers.length === 0) return null;
  const layers = flatLayers(report).filter((layer) => !costsNothing(layer));
  const names = width === null ? null : shortNames(layers.map(({ name }) => name));
  return tableLines(
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
        for (const layer of layers) yield layerRow(layer, names?.short(layer.name) ?? layer.name);
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
}

/** Ids in bodies of bodies are longer than a column: then it is the row that tells. */
const MAX_TAG = 12;

function tagOf(layer: FlatLayer | undefined, place: number): string {
  if (layer === undefined) return '';
  return layer.id.length < MAX_TAG ? `#${layer.id}` : `(${place + 1})`;
}

function layerRow(layer: FlatLayer, name: string): string[] {
  return [
    `${'  '.repeat(layer.depth)}${name}`,
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

/**
 * Modules with their sums, and the layers beside them.
 * @param depth levels that are shown: what is deeper is in the sums alone
 */
export function moduleTable(report: InspectReport, depth: number, width: number | null): Iterable<string> {
  const rows: { texts: string[]; id: string }[] = [];
  const layers = flatLayers(report).filter((layer) => !costsNothing(layer));
  const names = shortNames(layers.map(({ name }) => name));
  const add = (items: readonly TreeItem<FlatLayer>[], level: number, path: string) => {
    const indent = '  '.repeat(level);
    for (const { module, layer, items: inner } of items) {
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
