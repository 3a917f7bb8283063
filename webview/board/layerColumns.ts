import { html } from 'lit';
import { isBookkeeping } from '../../src/protocol/minorLayers';
import { type AlignedLayer, fates } from '../../src/protocol/modelTables';
import { formatBytes, formatDb, formatMs } from '../../src/protocol/numbers';
import type { LayerComparison, LayerSide } from '../../src/protocol/reports';
import type { ShortNames } from '../../src/protocol/shortNames';
import { operatorName, wholeName } from '../base/names';
import type { Column } from '../grid/column';

export type BoardRow = AlignedLayer & { readonly index: number };

/** What the columns of the models show of each layer. */
export const LAYER_FIGURES = {
  sqnr: { label: 'SQNR', of: ({ sqnrDb }: LayerComparison) => sqnrDb, first: null, format: formatDb },
  latency: {
    label: 'Latency',
    of: ({ after }: LayerComparison) => after?.medianMs ?? null,
    first: (side: LayerSide) => side.medianMs,
    format: formatMs,
  },
  weights: {
    label: 'Weights',
    of: ({ after }: LayerComparison) => after?.parameterBytes ?? null,
    first: (side: LayerSide) => side.parameterBytes,
    format: formatBytes,
  },
  activations: {
    label: 'Activations',
    of: ({ after }: LayerComparison) => after?.activationBytes ?? null,
    first: (side: LayerSide) => side.activationBytes,
    format: formatBytes,
  },
} as const;

export type LayerFigure = keyof typeof LAYER_FIGURES;

/** Figures that some layer of some model has. */
export function knownFigures(rows: readonly BoardRow[]): LayerFigure[] {
  const known = Object.entries(LAYER_FIGURES).flatMap(([id, { of, first }]) => {
    const has = ({ before, found }: BoardRow) =>
      found.some((layer) => layer !== null && of(layer) !== null) ||
      (before !== null && first !== null && first(before) !== null);
    return rows.some(has) ? [id as LayerFigure] : [];
  });
  return known;
}

/** Layers of which at least one model says more than that another layer does their work. */
export function tellingRows(rows: readonly AlignedLayer[]): BoardRow[] {
  return rows.flatMap((row, index) =>
    row.found.every((layer) => layer === null || isBookkeeping(layer)) ? [] : [{ ...row, index }],
  );
}

/** A column for each model, the first one's before the others; the lowest SQNR or the most of a cost is found by sorting. */
export function layerColumns(
  names: readonly string[],
  shown: LayerFigure,
  short: ShortNames,
): Column<BoardRow>[] {
  const [firstName = '', ...others] = names;
  const { label, of, first, format } = LAYER_FIGURES[shown];
  const common = commonStart(names);
  const model = (id: string, name: string, value: (row: BoardRow) => number | null): Column<BoardRow> => ({
    id,
    label: common === 0 ? name : `…${name.slice(common)}`,
    description: `${label}, ${name}`,
    width: 120,
    numeric: true,
    text: (row) => format(value(row)),
    tooltip: (row) => `${name}: ${format(value(row))}, ${fates(row, (other) => others[other] ?? '')}`,
    value,
  });
  return [
    {
      id: 'name',
      label: 'Name',
      description: 'The layer, as the first model calls it',
      width: 200,
      grow: true,
      text: ({ name }) => name,
      render: ({ name }) => wholeName(short.parts(name)),
      value: ({ name }) => name,
    },
    {
      id: 'op',
      label: 'Operator',
      description: 'Type of the operator',
      width: 115,
      text: ({ op }) => op,
      render: ({ op }) => html`${operatorName(op)}`,
      value: ({ op }) => op,
    },
    ...(first === null
      ? []
      : [model('first', firstName, ({ before }) => (before === null ? null : first(before)))]),
    ...others.map((name, place) =>
      model(`other${place}`, name, ({ found }) => {
        const layer = found[place] ?? null;
        return layer === null ? null : of(layer);
      }),
    ),
  ];
}

/** Length of what all names begin with, up to the end of a word: cut at their ends they could not be told apart. */
function commonStart(names: readonly string[]): number {
  const [first = '', ...others] = names;
  let length = 0;
  for (const { index } of first.matchAll(/(?<=[._/-])/g))
    if (others.every((name) => name.startsWith(first.slice(0, index)))) length = index;
  return others.length === 0 ? 0 : length;
}
