import { itemAt } from '../../model/assert';
import type { NodeId } from '../../model/nodeId';

/** What a layer's integers alone take from the model. */
export interface LayerSensitivity {
  readonly id: NodeId;
  /** SQNR at the model's outputs with only this layer in integers; Infinity: no difference. */
  readonly decibels: number;
  /** Its part of the errors of all layers. */
  readonly share: number;
  /** What is special about it, for people; null: it rounds as any other, or that was not looked at. */
  readonly cause: string | null;
}

/** Layers that are named, and looked at more closely, from the most sensitive on. */
const NAMED = 5;
/** A layer that adds less to the error of all is not worth a word. */
const NEGLIGIBLE = 0.02;

/** Indices of the layers that lose most. */
export function mostSensitive(errors: readonly number[]): number[] {
  const all = errors.reduce((sum, error) => sum + error, 0);
  return [...errors.keys()]
    .sort((a, b) => itemAt(errors, b) - itemAt(errors, a))
    .slice(0, NAMED)
    .filter((layer) => itemAt(errors, layer) > NEGLIGIBLE * all);
}

/**
 * Says of the layers that lose most what they lose.
 * @param errors of all layers, as `layerErrors` gives them
 * @param causes by index of a layer
 */
export function sensitivities(
  layers: readonly { readonly id: NodeId }[],
  errors: readonly number[],
  causes: ReadonlyMap<number, string | null>,
): LayerSensitivity[] {
  const all = errors.reduce((sum, error) => sum + error, 0);
  return mostSensitive(errors).map((layer) => ({
    id: itemAt(layers, layer).id,
    decibels: -10 * Math.log10(itemAt(errors, layer)),
    share: itemAt(errors, layer) / all,
    cause: causes.get(layer) ?? null,
  }));
}
