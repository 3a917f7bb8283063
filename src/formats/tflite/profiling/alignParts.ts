import { itemAt } from '../../../model/assert';
import type { NodeId } from '../../../model/nodeId';
import type { ElsewhereRow, EngineRow, PlacedRows } from '../../profiling';
import { attribute } from './attribution';
import type { Layers } from './layers';

/** `Delegate/Convolution (NHWC, F32) IGEMM:0`: an operator of XNNPACK, and its number in its part of the model. */
const PART = /^Delegate\/.*:(\d+)$/s;

export type Fate = PlacedRows['fates'] extends ReadonlyMap<NodeId, infer Value> ? Value : never;

export interface AlignedParts {
  /** Layers by the index of their row. */
  readonly owners: ReadonlyMap<number, NodeId>;
  readonly fates: ReadonlyMap<NodeId, Fate>;
  readonly notes: readonly string[];
}

const NONE: AlignedParts = { owners: new Map(), fates: new Map(), notes: [] };

/**
 * Gives XNNPACK's own rows to the layers that no other row names, by their order and kind. Only where it runs one part of
 * the model: the numbers of several begin again, and the summary adds up rows of the same name and number.
 *
 * @param named for each row the number of the node that it names, or null
 */
export function alignParts(
  layers: Layers,
  rows: readonly ElsewhereRow[],
  named: readonly (number | null)[],
): AlignedParts {
  const inside = rows.flatMap(({ name }, index) => (numberOf(name) === null ? [] : [index]));
  if (inside.length === 0 || !isOnePart(inside.map((index) => itemAt(rows, index)))) return NONE;
  const isInside = new Set(inside);
  const chosen = rows.flatMap((_, index) => (named[index] !== null || isInside.has(index) ? [index] : []));
  const placed = chosen.map((index): EngineRow => {
    const { name, op } = itemAt(rows, index);
    return { name, op, place: { graph: 0, operator: itemAt(named, index), caller: null } };
  });
  const { owners, fates } = attribute(layers, placed);
  const idOf = (layer: number): NodeId => itemAt(layers.all, layer).id;
  const found = new Map<number, NodeId>();
  chosen.forEach((index, at) => {
    const owner = itemAt(owners, at);
    if (owner !== null && named[index] === null) found.set(index, idOf(owner));
  });
  return {
    owners: found,
    // Where a row is nobody's, it may be that of a layer without one.
    fates:
      found.size < inside.length
        ? new Map()
        : new Map(
            [...fates].map(([layer, fate]): [NodeId, Fate] => [
              idOf(layer),
              typeof fate === 'number' ? { layer: idOf(fate) } : { words: fate },
            ]),
          ),
    notes: [
      `XNNPACK names no layers: ${found.size} of its ${inside.length} rows were given to layers by their order and kind.`,
    ],
  };
}

function numberOf(name: string): number | null {
  const number = PART.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

function isOnePart(rows: readonly ElsewhereRow[]): boolean {
  let before = -1;
  return rows.every(({ name, calls }) => {
    const number = numberOf(name) ?? -1;
    const follows = number > before && calls === 1;
    before = number;
    return follows;
  });
}
