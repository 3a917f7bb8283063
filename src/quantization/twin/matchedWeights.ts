import { nearestOrder, orders, reordered } from '../../analysis/difference/layout';
import { matchLayers } from '../../analysis/difference/matching';
import { type Side, type SideRow, sideOf } from '../../analysis/difference/side';
import type { ModelFile } from '../../formats/format';
import type { Product } from '../../formats/plan';
import { itemAt } from '../../model/assert';
import type { DimensionChoice } from '../../model/inference';
import type { Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import type { NodeId } from '../../model/nodeId';
import { matrixPlaces } from '../rounding/productInputs';

/** Weights that are the same differ by the rounding of float16, which leaves some 70 dB. */
const SAME_DB = 40;

/** A weight of a model that does not run here, and the same weight in its twin. */
export interface MatchedWeight {
  /** Of the stored tensor. */
  readonly name: string;
  /** Of the main graph, which reads it. */
  readonly node: NodeId;
  /** In the twin, which is cleaned. */
  readonly twin: Tensor;
  /** How the twin multiplies it; null: not as one product. */
  readonly product: Product | null;
  /** Of each element of the twin's, the place of its counterpart. */
  readonly places: Int32Array;
  /** What it is multiplied by, one factor an element of the twin's: what the twin has folded into its channels. */
  readonly factors: Float32Array;
}

/** The elements of a stored tensor as the numbers that they stand for. @throws ModelError where they cannot be read. */
export function weightValues(file: ModelFile, tensor: Tensor): Float32Array | Float64Array {
  return file.decompressed?.(tensor)?.() ?? file.readTensor(tensor).values;
}

/**
 * Finds the weights of a model in its twin of another format: in the layers that are matched as in any comparison, those
 * that are the same up to layout, rounding, and a factor for each output channel of a product.
 * @param products of the twin's cleaned model, by weight tensor
 */
export function matchedWeights(
  file: ModelFile,
  twin: ModelFile,
  choice: { readonly file: DimensionChoice; readonly twin: DimensionChoice },
  products: ReadonlyMap<string, Product>,
): Map<string, MatchedWeight> {
  const [side, other] = [sideOf(file, choice.file), sideOf(twin, choice.twin)];
  const found = new Map<string, MatchedWeight>();
  for (const [row, partner] of matchLayers(side, other)) {
    if (row.place.parent !== null || partner.place.parent !== null) continue;
    for (const tensor of weightsOf(row)) {
      if (found.has(tensor.name)) continue;
      for (const candidate of weightsOf(partner)) {
        if (!twin.model.graph.constants.has(candidate.name)) continue;
        const match = matched(side, tensor, other, candidate, products.get(candidate.name) ?? null);
        if (match === null) continue;
        found.set(tensor.name, { ...match, name: tensor.name, node: row.place.entry.node.id });
        break;
      }
    }
  }
  return found;
}

/** Of matrices and more: what is one number a channel is no weight that is compressed. */
function weightsOf({ place: { graph, position } }: SideRow): Tensor[] {
  return (graph.parameters.get(position) ?? []).flatMap(({ tensor }) =>
    tensor.shape.length < 2 || tensor.sparse ? [] : [tensor],
  );
}

function matched(
  side: Side,
  tensor: Tensor,
  other: Side,
  twin: Tensor,
  product: Product | null,
): Omit<MatchedWeight, 'name' | 'node'> | null {
  const possible = orders(tensor.shape, twin.shape);
  if (possible.length === 0 || twin.type !== 'float32') return null;
  try {
    const ours = weightValues(side.file, tensor);
    const theirs = weightValues(other.file, twin);
    if (ours.length !== theirs.length) return null;
    const order = nearestOrder(possible, ours, tensor.shape, theirs);
    if (order === null) return null;
    const indices = Float64Array.from({ length: ours.length }, (_, i) => i);
    const places = Int32Array.from(reordered(indices, tensor.shape, order));
    const factors = factorsOf(ours, theirs, places, product);
    return factors && { twin, product, places, factors };
  } catch (error) {
    // What cannot be read has no counterpart.
    if (error instanceof ModelError) return null;
    throw error;
  }
}

type Values = ArrayLike<number>;

/** null: they are not the same. */
function factorsOf(
  ours: Values,
  theirs: Values,
  places: Int32Array,
  product: Product | null,
): Float32Array | null {
  const factors = new Float32Array(places.length).fill(1);
  if (product !== null) {
    const { rowOffsets, columnOffsets } = matrixPlaces(product);
    for (const row of rowOffsets) {
      let [both, own] = [0, 0];
      for (const column of columnOffsets) {
        const at = row + column;
        const value = itemAt(ours, itemAt(places, at));
        both += value * itemAt(theirs, at);
        own += value * value;
      }
      const factor = own > 0 ? both / own : 1;
      for (const column of columnOffsets) factors[row + column] = factor;
    }
  }
  let [signal, noise] = [0, 0];
  for (let at = 0; at < places.length; at++) {
    const value = itemAt(theirs, at);
    signal += value * value;
    noise += (value - itemAt(factors, at) * itemAt(ours, itemAt(places, at))) ** 2;
  }
  return noise <= signal / 10 ** (SAME_DB / 10) ? factors : null;
}
