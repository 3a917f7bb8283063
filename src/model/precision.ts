/** What a choice is made for: a node of the main graph, by its name; nodes that share one share the choice. */
export type LayerKey = string;

/** How a layer's numbers are stored and computed. */
export interface Precision {
  readonly weights: 'float32' | 'float16' | 'int8' | 'int4';
  /** `dynamic`: 8 bits, by the range that they have in each run. */
  readonly activations: 'float32' | 'float16' | 'int16' | 'int8' | 'uint8' | 'dynamic';
  /** How many weights share a scale: all, those of an output channel, or so many neighbours. */
  readonly granularity: 'tensor' | 'channel' | { readonly block: number };
}

/**
 * The precision of each layer (a mixed-precision assignment). A node that is not in it has none of its own: an
 * activation function goes with the layer before it, anything else stays as the model has it.
 */
export type Assignment = ReadonlyMap<LayerKey, Precision>;

export const FLOAT32: Precision = { weights: 'float32', activations: 'float32', granularity: 'tensor' };
export const FLOAT16: Precision = { weights: 'float16', activations: 'float16', granularity: 'tensor' };

/** Somebody wants it in float, which is more than that nothing was said of it. */
export function staysInFloat(assignment: Assignment, layer: LayerKey): boolean {
  const precision = assignment.get(layer);
  return precision?.weights === 'float32' && precision.activations === 'float32';
}

/** The same assignment with these layers in float. */
export function withFloat(assignment: Assignment, layers: Iterable<LayerKey>): Assignment {
  return new Map([...assignment, ...[...layers].map((layer) => [layer, FLOAT32] as const)]);
}
