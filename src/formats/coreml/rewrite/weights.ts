import type { NodeId } from '../../../model/nodeId';
import type { FloatWeight } from './compress';

/** A weight of a model that can be compressed. */
export interface ModelWeight extends FloatWeight {
  /** Of the tensor, for people. */
  readonly name: string;
  /** Nodes of the main graph that read it, or in whose bodies it is read; null: in another function of the program. */
  readonly nodes: ReadonlySet<NodeId | null>;
  /** All elements. @throws ModelError when they cannot be read. */
  read(): Float32Array;
}

/** Why a weight of a node is not compressed, for people. */
export interface LeftWeight {
  readonly nodes: ReadonlySet<NodeId | null>;
  readonly reason: string;
}

export interface FoundWeights<W extends ModelWeight> {
  readonly weights: readonly W[];
  readonly left: readonly LeftWeight[];
}
