import type { DataType } from '../model/dataType';
import type { Recipe } from '../protocol/recipes';
import type { ModelFile } from './format';

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
  /** Layers of a cleaned model that int8 can quantize, in execution order. */
  layers(cleaned: ModelFile, keep: ReadonlySet<string>): QuantizableLayer[];
  /** Tensors of a cleaned model whose range `int8` must be given, with these layers in float or more of them. */
  rangesNeeded(cleaned: ModelFile, keep: ReadonlySet<string>): string[];
  /** A copy that also gives each tensor's smallest and largest value. */
  withRanges(cleaned: ModelFile, tensors: readonly string[], target: string): Map<string, MinMaxNames>;
  /** A copy that also gives each tensor's mean a channel (axis 1), over everything else; by tensor. */
  withChannelMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, string>;
  /**
   * A copy in which each of these tensors is shifted, channel by channel (axis 1), so that its mean over
   * everything else is what a further input says; the shift is a further output. By tensor.
   */
  withMatchedMeans(file: ModelFile, tensors: readonly string[], target: string): Map<string, MatchedMean>;
  /**
   * A small float model, clean already, to find out on which int8 types this computer is fast and right: inputs
   * from [0, 1] and positive weights, so that sums of products are as large as int8 makes them.
   */
  probe(target: string): void;
  int8(cleaned: ModelFile, settings: Int8Settings, target: string): RewriteResult;
  int8Dynamic(
    cleaned: ModelFile,
    settings: Pick<Int8Settings, 'keep' | 'reduceRange'>,
    target: string,
  ): RewriteResult;
  /** Tensors of a cleaned model whose range `float16` is given, to leave in float32 what overflows or vanishes. */
  float16Tensors(cleaned: ModelFile): string[];
  float16(cleaned: ModelFile, settings: Pick<Int8Settings, 'keep' | 'ranges'>, target: string): RewriteResult;
}

/** Runs a model without inputs and gives all its outputs: how constants are folded. */
export type Evaluate = (path: string) => Promise<ReadonlyMap<string, ConstantValue>>;

export interface ConstantValue {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Elements in little-endian order, packed. */
  readonly bytes: Uint8Array;
}

export interface QuantizableLayer {
  /** The node's name, as `Node.name`. */
  readonly name: string;
  readonly op: string;
  /** The node's own output. */
  readonly rawOutput: string;
  /** The output after the activation function that is folded into the layer; else the raw output. */
  readonly output: string;
  /** Bias correction applies: a convolution or matrix product with constant weights. */
  readonly correctable: boolean;
}

export interface Range {
  readonly min: number;
  readonly max: number;
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
  readonly activations: 'uint8' | 'int8';
  /** 7-bit weights, for CPUs whose 16-bit sums saturate. */
  readonly reduceRange: boolean;
  readonly ranges: ReadonlyMap<string, Range>;
  /** Names of layers that stay in float. */
  readonly keep: ReadonlySet<string>;
  /** By layer: what to add to its float bias, one value an output channel. */
  readonly biasCorrections: ReadonlyMap<string, Float32Array>;
}

export interface RewriteResult {
  /** Layers that had to stay in float, with the reason; those that the caller kept are not among them. */
  readonly kept: ReadonlyMap<string, string>;
}
