import type { DataType } from '../model/dataType';
import type { Assignment, LayerKey } from '../model/precision';
import type { Recipe } from '../protocol/recipes';
import type { ModelFile } from './format';
import type { Layout, ModelPlan, Range } from './plan';

/**
 * How the files of a format are made smaller. Each step reads a file and writes another (the target must not
 * exist); the source is never changed. Names of tensors and layers are kept from step to step, so that float and
 * quantized models can be compared tensor by tensor: in an int8 file the raw output of a layer keeps its name, and
 * so does the tensor after an activation function that was folded into the layer. An output of the graph has its
 * name as the graph gives it, after quantizing.
 */
export interface Rewriter {
  /** Why this model cannot be quantized, in a sentence for people; null when it can. */
  refusal(file: ModelFile, recipe: Recipe): string | null;
  /** The recipe that fits the model, and why: `a convolutional network`. */
  suggest(file: ModelFile): { recipe: Recipe; reason: string };
  /** The float model cleaned and folded: what the recipe `float32` delivers and every other one starts from. */
  clean(source: ModelFile, target: string, evaluate: Evaluate): Promise<void>;
  /** What can be done with the nodes of a cleaned model; made once, and then laid out by any assignment. */
  plan(cleaned: ModelFile): ModelPlan;
  /** A copy that also gives each tensor's smallest and largest value. */
  withRanges(cleaned: ModelFile, tensors: readonly string[], target: string): Map<string, MinMaxNames>;
  /** A copy that also gives the mean of each channel of these outputs of layers with a bias, over everything else; by tensor. */
  withChannelMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, string>;
  /**
   * A copy in which each of these tensors is shifted, channel by channel, so that its mean over
   * everything else is what a further input says; the shift is a further output. By tensor.
   */
  withMatchedMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, MatchedMean>;
  /**
   * A small float model, clean already, to find out on which int8 types this computer is fast and right: inputs
   * from [0, 1] and positive weights, so that sums of products are as large as int8 makes them.
   */
  probe(target: string): void;
  /** Writes a cleaned model as it is laid out. */
  int8(cleaned: ModelFile, layout: Layout, settings: Int8Settings, target: string): void;
  int8Dynamic(cleaned: ModelFile, settings: DynamicSettings, target: string): RewriteResult;
  /** Tensors of a cleaned model whose range `float16` is given, to leave in float32 what overflows or vanishes. */
  float16Tensors(cleaned: ModelFile): string[];
  float16(cleaned: ModelFile, settings: Float16Settings, target: string): RewriteResult;
}

/** Runs a model without inputs and gives all its outputs: how constants are folded. */
export type Evaluate = (path: string) => Promise<ReadonlyMap<string, ConstantValue>>;

export interface ConstantValue {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Elements in little-endian order, packed. */
  readonly bytes: Uint8Array;
}

export interface MinMaxNames {
  readonly min: string;
  readonly max: string;
}

/** Names of an input and an output of shape [channels]. */
export interface MatchedMean {
  readonly mean: string;
  readonly shift: string;
}

export interface Int8Settings {
  /** 7-bit weights, for CPUs whose 16-bit sums saturate. */
  readonly reduceRange: boolean;
  /** By tensor, of all that the layout quantizes. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** By layer: what to add to its float bias, one value an output channel. */
  readonly biasCorrections: ReadonlyMap<LayerKey, Float32Array>;
}

export interface DynamicSettings extends Pick<Int8Settings, 'reduceRange'> {
  readonly assignment: Assignment;
}

export interface Float16Settings extends Pick<Int8Settings, 'ranges'> {
  readonly assignment: Assignment;
}

export interface RewriteResult {
  /** Layers that had to stay in float, with the reason; those that the assignment has in float are not among them. */
  readonly kept: ReadonlyMap<string, string>;
}
