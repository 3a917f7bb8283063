import type { Node } from '../../model/model';
import type { OperatorKind } from '../../model/operatorKind';

/** Kinds that exporters write as one another: they are compared as one. */
const FAMILIES: ReadonlyMap<OperatorKind, Family> = new Map([
  ['depthwise convolution', 'convolution'],
  ['global average pooling', 'reduced mean'],
]);

/** A kind, or of an operator that has none its name alone: most such operators share it, as `Shape`, `SHAPE`, `shape` do. */
export type Family = OperatorKind | NameOnly;

/** Begins as no kind does. */
type NameOnly = `?${string}`;

/** What an operator does, as far as its place in two models of any formats tells the same. */
export function familyOf({ kind, op }: Pick<Node, 'kind' | 'op'>): Family {
  return kind === null ? `?${simple(op)}` : (FAMILIES.get(kind) ?? kind);
}

/** The operator's name without its domain, underscores, and capitals. */
function simple(op: string): string {
  return op
    .slice(op.lastIndexOf('.') + 1)
    .replaceAll('_', '')
    .toLowerCase();
}

/** Applied to each element by itself, so that a layer before it can do it as it writes its output. */
export const ACTIVATIONS: ReadonlySet<Family> = new Set<Family>([
  ...(['clip', 'relu', 'leaky relu', 'sigmoid', 'hard sigmoid', 'hard swish', 'tanh', 'elu'] as const),
]);

/** Linear with constants, or in the sign alone, so that a layer before it can take them into its weights. */
export const LINEAR: ReadonlySet<Family> = new Set<Family>([
  ...(['batch normalization', 'addition', 'subtraction', 'multiplication', 'division', 'negation'] as const),
]);

/** Layers that hand on what they get in another type or form, and may take over the names of the tensors that they convert. */
export const CONVERSIONS: ReadonlySet<Family> = new Set<Family>([
  ...(['quantize', 'dequantize', 'cast', 'transpose', 'reshape', 'identity'] as const),
]);
