import type { TensorShape, Value } from '../evaluate/values';
import type { LayerArguments } from './arguments';
import type { SignatureParameter } from './signature';
import type { Dim } from './sizes';

/** One tensor of a layer, with what decides its sizes. */
export interface WeightSpec {
  /** The framework's name of it. */
  readonly role: string;
  readonly shape: readonly Dim[];
  /** false: a buffer or statistic. */
  readonly trainable?: boolean;
  /** Sizes in the order in which people multiply them, if that is not the tensor's own. */
  readonly factors?: readonly Dim[];
}

/** A layer's weight, and its bias where it has one. */
export function withBias(weight: WeightSpec, shape: readonly Dim[], has: boolean): WeightSpec[] {
  return has ? [weight, { role: 'bias', shape }] : [weight];
}

/** A layer of a framework: what its constructor takes, holds and gives. */
export interface LayerSpec {
  readonly signature: readonly SignatureParameter[];
  /** Tensors that it creates, sizes that are not known by the name of what decides them. null = not known. */
  weights?(args: LayerArguments): readonly WeightSpec[] | null;
  /** Shape of its output. null = nothing is known of it. */
  output?(args: LayerArguments): readonly Dim[] | null;
  /** The parameters' count in a form of its own, for layers of many tensors. */
  formula?(args: LayerArguments): string;
}

/** A layer as it was made: what its tables are asked about. */
export interface LayerSetting {
  readonly args: ReadonlyMap<string, Value>;
  /** Keras: shapes that it was called with; null = not known. */
  readonly inputs: readonly (TensorShape | null)[] | null;
}
