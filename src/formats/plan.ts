import type { NodeId } from '../model/nodeId';
import type { Assignment, Precision, Scheme } from '../model/precision';
import type { Window } from '../model/window';

/** What can be done with each node of a cleaned model: a format's policy, and what the graph says of it. */
export interface ModelPlan {
  /** Those of the main graph, in execution order. */
  readonly nodes: readonly PlanNode[];
  /**
   * Layers hand integers on to each other as they are, so that a graph of integers alone is what there is to gain.
   * Absent: only products gain, and others only between them.
   */
  readonly integersThroughout?: true;
}

/** A node, what it can be made, and what integers need to know of it. */
export interface PlanNode {
  /** As the cleaned model has it. */
  readonly id: NodeId;
  /** For people. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What its operator and its weights allow besides float32, the best of each scheme first. */
  readonly precisions: readonly Precision[];
  /** Why it has no precision of a scheme, for people; absent where it has one, or nobody would ask. */
  readonly refusals: Readonly<Partial<Record<Scheme, string>>>;
  /** Its part in a graph of integers; null: it has none. */
  readonly role: Role | null;
  /** The range that it limits its input to; null where it does more than that, or something else. */
  readonly clamp: Range | null;
  /** The activation function that is part of the node and works on what it gives; absent: it has none. */
  readonly folded?: FoldedActivation;
  /** How it treats what its channels are multiplied by; absent: as its kind always does. */
  readonly channelwise?: Channelwise;
  /** Index of the node that alone reads its first output, if nothing else needs that. */
  readonly onlyReader: number | null;
  /** How it multiplies its weights; null: it has no stored ones, or does more than one product. */
  readonly product: Product | null;
  /** When people are told why it stays in float beside static integers: nobody asks about shape arithmetic. */
  readonly mention: 'always' | 'beside int8' | 'never';
}

/** The range that an activation function limits to; `other`: it does more than that. */
export type FoldedActivation = Range | 'other';

/**
 * What a node does that has its channels where its data has them:
 * - `homogeneous`: f(s·x) = s·f(x) for s > 0 in each channel: zeros around the places.
 * - `linear`: f(x + t) = f(x) + t as well, where all of a channel have the same t: a mean over the places.
 */
export type Channelwise = 'homogeneous' | 'linear';

/**
 * A node's product of stored weights with its data: a convolution, or a matrix product, which is a convolution without
 * windows. Each output of a group is the sum over its input channels and the places of the window.
 */
export interface Product {
  /** Tensors. */
  readonly data: string;
  readonly weights: string;
  /** What is added, one value an output; null: nothing, or something else. */
  readonly bias: string | null;
  /** Sizes of the weights; those of a group's outputs follow one another along `output`. */
  readonly shape: readonly number[];
  readonly groups: number;
  /** Axes of the weights; `input` null: a group has one input channel, and no axis for it. */
  readonly output: number;
  readonly input: number | null;
  readonly places: readonly number[];
  /** Axis of the channels in the data, counted from behind where it is negative. */
  readonly channels: number;
  /** How the window moves over the data, by axes of the data. */
  readonly windows: readonly { readonly axis: number; readonly window: Window }[];
}

/**
 * - `product`: a convolution or matrix product with constant weights; the reason for all the rest.
 * - `arithmetic`: has a kernel for integers, whose output has a range of its own.
 * - `pooling`: the same, and worth it wherever its input is in integers already.
 * - `same-scale`: only moves or picks elements, so its output has its input's scale and zero point.
 */
export interface Role {
  readonly kind: 'product' | 'arithmetic' | 'pooling' | 'same-scale';
  /** Indices of the inputs that are activations. */
  readonly data: readonly number[];
  /** Axis of the output channels in its weights; null: it has none, or one scale for all. */
  readonly weightAxis: number | null;
  /** Axis of its output along which a bias has one value each, so that it can be corrected; null: it has no bias. */
  readonly biasAxis: number | null;
  /** The range that its kernel demands of its output; absent: what calibration finds. */
  readonly outputRange?: Range;
  /** Its kernel can give float, straight from the sums in 32 bits. */
  readonly givesFloat: boolean;
}

/** From the smallest to the largest value, in the units of the model. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A layer of integers, as an assignment has it. */
export interface PlannedLayer {
  readonly id: NodeId;
  /** For people. */
  readonly name: string;
  /** Index of its node in the plan. */
  readonly node: number;
  readonly role: Role;
  readonly precision: Precision;
  /** The node's own output. */
  readonly rawOutput: string;
  /** The output after the activation function that the output's range does the work of; else the raw output. */
  readonly output: string;
  /** Index of that function's node. */
  readonly activation: number | null;
  /** The range that it limits to. */
  readonly clamp: Range | null;
  /** false: its result goes on in float, straight from the sums in 32 bits. */
  readonly quantizesOutput: boolean;
}

/**
 * What a plan becomes by an assignment: which nodes are computed in integers with static scales, and which tensors have
 * such a form. All other nodes are as the assignment has them.
 */
export interface Layout {
  readonly assignment: Assignment;
  /** Those of the assignment, and those that were asked for though no node has them. */
  readonly schemes: ReadonlySet<Scheme>;
  /** In execution order. */
  readonly layers: readonly PlannedLayer[];
  /** For each tensor in integers, the one whose range gives its scale and zero point: the same-scale groups. */
  readonly roots: ReadonlyMap<string, string>;
  /** Ranges that kernels demand, by tensor; those of all other roots are found by calibration. */
  readonly fixedRanges: ReadonlyMap<string, Range>;
  /** Why nodes stay in float though nobody asked for it. */
  readonly reasons: ReadonlyMap<NodeId, string>;
}
