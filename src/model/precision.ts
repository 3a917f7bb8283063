import type { NodeId } from './nodeId';

/** How weights are stored: `palette4` is a table of 2⁴ values and 4 bits a weight. */
export type WeightType = 'float32' | 'float16' | 'int8' | 'int4' | PaletteType;
export type PaletteType = `palette${1 | 2 | 3 | 4 | 6 | 8}`;

/** How a layer's numbers are stored and computed. */
export interface Precision {
  readonly weights: WeightType;
  /** `dynamic`: 8 bits, by the range that they have in each run. */
  readonly activations: 'float32' | 'float16' | 'int16' | 'int8' | 'uint8' | 'dynamic';
  /**
   * How many weights share a scale or a table: all, those of an output channel, those of so many output channels side
   * by side, or so many neighbours within one.
   */
  readonly granularity: 'tensor' | 'channel' | { readonly channels: number } | { readonly block: number };
  /** The share of the weights that is made zero, those of the smallest magnitude; absent: none. */
  readonly sparsity?: number;
}

/** The bits of an index into a palette's table; null for weights that have none. */
export function paletteBits(weights: WeightType): number | null {
  return weights.startsWith('palette') ? Number(weights.slice('palette'.length)) : null;
}

/**
 * What has to be known, and done, for a precision:
 * - `static`: activations are integers by ranges that calibration finds;
 * - `dynamic`: they are integers by the range that they have in each run;
 * - `weights`: only the weights are stored in fewer bits, and computing stays in float32;
 * - `float16`: everything is float16.
 */
export type Scheme = 'static' | 'dynamic' | 'weights' | 'float16' | 'float32';

/**
 * The precision of each layer (a mixed-precision assignment), by the id of its node in the main graph of the cleaned
 * model. A node that is not in it has none of its own: an activation function goes with the layer before it, anything
 * else stays as the model has it.
 */
export type Assignment = ReadonlyMap<NodeId, Precision>;

/** As the model has it. */
export const FLOAT32: Precision = { weights: 'float32', activations: 'float32', granularity: 'tensor' };
/** Weights and activations in half the bits. */
export const FLOAT16: Precision = { weights: 'float16', activations: 'float16', granularity: 'tensor' };

/** What has to be known, and done, for a precision. */
export function schemeOf({ weights, activations, sparsity }: Precision): Scheme {
  switch (activations) {
    case 'float32':
      return weights === 'float32' && !sparsity ? 'float32' : 'weights';
    case 'float16':
    case 'dynamic':
      return activations;
    default:
      return 'static';
  }
}

/** Somebody wants it in float, which is more than that nothing was said of it. */
export function staysInFloat(assignment: Assignment, node: NodeId): boolean {
  const precision = assignment.get(node);
  return precision !== undefined && schemeOf(precision) === 'float32';
}

/** The same assignment with these nodes in float. */
export function withFloat(assignment: Assignment, nodes: Iterable<NodeId>): Assignment {
  return new Map([...assignment, ...[...nodes].map((node) => [node, FLOAT32] as const)]);
}
