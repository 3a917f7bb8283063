import type { DataType } from '../model/dataType';
import type { NodeId } from '../model/nodeId';
import type { WeightForm } from '../protocol/options';
import type { Recipe } from '../protocol/recipes';
import type { Grid } from './compression/grid';
import type { ModelFile } from './format';
import type { Layout, ModelPlan, Range } from './plan';
import type { QuantizedWeights } from './uniform';

/** Why float16 is refused where it has nothing to do. */
export const HALVES_ALREADY =
  'The model has its weights in float16 already, so float16 would change nothing.';

/**
 * How the files of a format are made smaller. Each step reads a file and writes another (the target must not
 * exist); the source is never changed. Names of tensors are kept from step to step, so that float and quantized models
 * can be compared tensor by tensor: in a file with integers the raw output of a layer keeps its name, and so does the
 * tensor after an activation function that was folded into the layer. An output of the graph has its name as the graph
 * gives it, after quantizing. Ids of nodes are those of one file: each step says what became of those before it.
 *
 * All of it may throw ModelError, with the node that it is about where there is one.
 */
export interface Rewriter {
  /** Why this model cannot be quantized, in a sentence for people; null when it can. */
  refusal(file: ModelFile, recipe: Recipe): string | null;
  /** The recipe that fits the model, and why: `a convolutional network`. */
  suggest(file: ModelFile): { recipe: Recipe; reason: string };
  /** What a reader must know of what a recipe makes of this model, in sentences. Absent: nothing. */
  notes?(file: ModelFile, recipe: Recipe): readonly string[];
  /**
   * The float model cleaned and folded: what the recipe `float32` delivers and every other one starts from.
   * @param evaluate folds constants; without an engine it gives none, and the model stays right without.
   * @param untimed neither timed nor delivered, so that large weights may stay in the source's file
   */
  clean(source: ModelFile, target: string, evaluate: Evaluate, untimed?: boolean): Promise<Origins>;
  /** What can be done with the nodes of a cleaned model; made once, and then laid out by any assignment. */
  plan(cleaned: ModelFile): ModelPlan;
  /**
   * Writes a cleaned model as it is laid out: every precision of its plan beside every other in one file, with what
   * converts between them. A node that the assignment does not name stays as it is.
   */
  write(cleaned: ModelFile, layout: Layout, settings: WriteSettings, target: string): Written;
  /** null: no engine runs models of this format, so that nothing can be observed and no scheme but `weights` works. */
  readonly observing: Observing | null;
  /** How many neighbouring weights can share a scale, where not any number can; none: no weights are in groups. */
  readonly groupSizes?: readonly number[];
  /** Whether weights alone can be written in either form of `WriteSettings.weightForm`; absent: there is one. */
  readonly weightForms?: true;
}

/** Copies of a model that say more of themselves when they run. */
export interface Observing {
  /** A copy that also gives each tensor's smallest and largest value; by tensor. */
  withRanges(cleaned: ModelFile, tensors: readonly string[], target: string): Map<string, MinMaxNames>;
  /** A copy that also gives the mean of each channel of these outputs of layers with a bias, over everything else; by tensor. */
  withChannelMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, string>;
  /**
   * A copy in which each of these tensors is shifted, channel by channel, so that its mean over
   * everything else is what a further input says; the shift is a further output. By tensor.
   */
  withMatchedMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, MatchedMean>;
  /**
   * The same nodes in the same order with other numbers in some stored tensors of float32, which no body reads, and other
   * names for these and for others that nodes give; both by tensor. Absent: channels are not equalized.
   */
  replaceValues?(
    cleaned: ModelFile,
    values: ReadonlyMap<string, Float32Array>,
    names: ReadonlyMap<string, string>,
    target: string,
  ): void;
  /**
   * A copy in which what reads these tensors reads them clipped and rounded, as further inputs say: so the error that
   * the integers of one tensor alone cause can be measured, for any range. By tensor; those that nothing reads are left out.
   * Absent: nothing is known of single tensors.
   */
  withRounding?(cleaned: ModelFile, tensors: readonly string[], target: string): Map<string, RoundingNames>;
  /**
   * A small float model, clean already, to find out on which int8 types this computer is fast and right: inputs
   * from [0, 1] and positive weights, so that sums of products are as large as int8 makes them. Absent where there is
   * one type alone.
   */
  probe?(target: string): void;
}

/**
 * For nodes of the main graph of a file that was written, the nodes that they were in the file before: the one that they
 * are, or that they do the work of (a Gemm: the MatMul whose bias it took in). A node that was added has none.
 */
export type Origins = ReadonlyMap<NodeId, NodeId>;

/** Runs a model without inputs and gives all its outputs: how constants are folded. */
export type Evaluate = (path: string) => Promise<ReadonlyMap<string, ConstantValue>>;

/** A tensor that an engine computed. */
export interface ConstantValue {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Elements in little-endian order, packed. */
  readonly bytes: Uint8Array;
}

/** Names of two scalar outputs. */
export interface MinMaxNames {
  readonly min: string;
  readonly max: string;
}

/** Names of inputs without axes. */
export interface RoundingNames {
  /** What is clipped to; both are whole steps. */
  readonly min: string;
  readonly max: string;
  readonly step: string;
  /** 1: the tensor is rounded; 0: it stays as it is. */
  readonly share: string;
}

/** Names of an input and an output of shape [channels]. */
export interface MatchedMean {
  readonly mean: string;
  readonly shift: string;
}

/** What a file is written by, besides its layout. */
export interface WriteSettings {
  /**
   * By tensor, in the model's own units. Of every root of the layout: what its integers cover, demanded by a kernel,
   * or measured and limited by the activation function that is folded in. Of tensors that become float16: what was
   * seen, so that nothing overflows; absent where nothing was.
   */
  readonly ranges: ReadonlyMap<string, Range>;
  /** By node: what to add to its float bias, one value an output channel. */
  readonly biasCorrections: ReadonlyMap<NodeId, Float32Array>;
  /** 7-bit weights, for CPUs whose 16-bit sums saturate. */
  readonly reduceRange: boolean;
  /**
   * By weight tensor: integers that were rounded with more care than to the nearest, in the order and for the
   * granularity of the layer's precision. Others are rounded to the nearest.
   */
  readonly quantizedWeights: ReadonlyMap<string, QuantizedWeights>;
  /**
   * By weight tensor, for writers that find themselves what weights can become: rounds one with more care than to the
   * nearest, as others are. Absent: none.
   */
  readonly rounding?: ReadonlyMap<string, CarefulRounding>;
  /** Weights alone: by the format's standard alone, so that every engine reads it, or by what its own engine is fastest at. */
  readonly weightForm: WeightForm;
  /** Float unless stated. Those that no layer of integers gives or takes stay as they are. */
  readonly ports?: Ports;
}

/** Gives a code of the grid for each element of a weight, in the order of its tensor. */
export type CarefulRounding = (values: Float32Array, grid: Grid) => Int16Array;

/** What the graph's inputs and outputs are, where they are integers inside. */
export type Ports = 'float' | 'int8' | 'uint8';

/** What was written. */
export interface Written {
  /** Of the nodes that were written, in the cleaned model. */
  readonly origins: Origins;
  /** Nodes of the cleaned model that had to stay in float, with the reason, though the assignment has them otherwise. */
  readonly kept: ReadonlyMap<NodeId, string>;
  /** What a reader of the result must know: the system that the file needs from now on. */
  readonly warnings?: readonly string[];
  /**
   * Of the weights that are stored in another form, over all of them: the power of what they were, and of the
   * difference to what they are decompressed to. Absent where the writer does not sum it.
   */
  readonly weights?: { readonly signal: number; readonly noise: number };
}
