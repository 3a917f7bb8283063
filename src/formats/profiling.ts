import type { DataType } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import type { ModelFile } from './format';

/** How it is found out what each node of a model takes: from an engine's profile, or by running each alone. */
export interface Profiling {
  /**
   * For engines with a profile: a model that computes the same and whose nodes an engine's profile tells apart. It is
   * the file itself, or a copy that is written to `target`.
   */
  instrument?(file: ModelFile, inferred: InferredGraph, target: string): InstrumentedModel;
  /**
   * For engines without one, and for what its clock is too coarse for: models that together are the main graph, in its order. `passes` says whether an engine
   * can be fed tensors of a type, and gives them: nodes that pass each other any others stay together.
   */
  slices?(file: ModelFile, passes?: (type: DataType | null) => boolean): Slice[];
  /** With `slices`: writes a model that does next to nothing with its input `x`, one float of shape [1]. A call takes what it takes. */
  writeIdleModel?(target: string): void;
  /**
   * What inputs are for, as far as random values must know it: an index that is too large stops a run. Inputs
   * that are not in the map can be anything of their type.
   */
  inputRoles(file: ModelFile, inferred: InferredGraph): ReadonlyMap<string, InputRole>;
  /** Writes models, each in a file of its own in the folder, that show what an engine reaches at most on a computer. */
  writeYardsticks?(folder: string): Yardstick[];
  /** Whose rows those of a profile are that was made elsewhere, of the model as it is in the file. Only what is certain. */
  placeRows?(file: ModelFile, inferred: InferredGraph, rows: readonly ElsewhereRow[]): PlacedRows;
}

/** A model that does one thing, as fast as an engine can. */
export interface Yardstick {
  readonly path: string;
  /** float, int8: it multiplies such numbers. memory: it reads and writes. */
  readonly kind: 'float' | 'int8' | 'memory';
  /** In a run. */
  readonly macs: number;
  readonly movedBytes: number;
  /** Bytes that are in use at any time. */
  readonly workingBytes: number;
}

/**
 * `index`: picks one of so many rows of a table. `mask`: says which elements count. `choice`: is compared with a
 * constant to choose between branches, such as the rate of a sound. `quantized`: stands for real numbers.
 */
export type InputRole =
  | { readonly kind: 'index'; readonly below: number }
  | { readonly kind: 'mask' }
  | { readonly kind: 'quantized'; readonly scale: number; readonly zeroPoint: number }
  | { readonly kind: 'choice'; readonly value: number };

/** A node that is a model of its own, or several that cannot be told apart. */
export interface Slice {
  /** Indices of the graph's nodes that are in it; those in no slice are constants. */
  readonly nodes: readonly number[];
  /** Tensors that it needs and that are not stored: the inputs of the model. */
  readonly inputs: readonly string[];
  /** Writes the model; `shapes` are those that tensors have in a run, its inputs at least. The target must not exist. */
  write(target: string, shapes: ReadonlyMap<string, readonly number[]>): void;
}

export interface InstrumentedModel {
  /** Path of what the engine is to run. */
  readonly path: string;
  /** All nodes of the model in order, each followed by those of its bodies. */
  readonly layers: readonly { readonly id: NodeId; readonly name: string; readonly op: string }[];
  /** A row's name with the model's own names in it instead of the copy's. */
  label(row: string): string;
  /** `optimized` is the file that the engine wrote of what it made of the copy, null if it wrote none. */
  attribute(rows: readonly EngineRow[], optimized: string | null): Attribution;
}

/** A row of an engine's profile; the engine chooses its name, which no other row has. Rows are in order of execution. */
export interface EngineRow {
  readonly name: string;
  readonly op: string;
  /** Where the engine says that it ran; absent where it says so by names alone. */
  readonly place?: RowPlace;
}

export interface RowPlace {
  /** Number of the graph in the file. */
  readonly graph: number;
  /** Number of the operator in that graph; null: what ran it does not know. */
  readonly operator: number | null;
  /** Index of the row whose operator called the graph; null: it is the graph that was run. */
  readonly caller: number | null;
}

/** A row of a profile that was made elsewhere. */
export interface ElsewhereRow extends EngineRow {
  /** Calls in a run; null where it is not said. */
  readonly calls: number | null;
}

export interface PlacedRows {
  /** For each row. */
  readonly owners: readonly RowOwner[];
  /** Of layers without a row what is known to have become of them: the layer whose row holds their time, or a few words. */
  readonly fates: ReadonlyMap<NodeId, { readonly layer: NodeId } | { readonly words: string }>;
  /** Sentences that a reader of the rows must know. */
  readonly notes: readonly string[];
}

/**
 * `engine`: the engine added it, or it is several layers in one. `unknown`: it may be a layer of the model, and it is not
 * said which. `foreign`: it is named after something that the model does not have.
 */
export type RowOwner =
  | { readonly kind: 'layer'; readonly id: NodeId }
  | { readonly kind: 'engine' | 'unknown' | 'foreign' };

export interface Attribution {
  /** For each row the index of the layer whose time it holds; null: the engine added it. */
  readonly owners: readonly (number | null)[];
  /** For each layer without a row what became of it: the index of the layer that it was folded into, or a few words. */
  readonly fates: ReadonlyMap<number, number | string>;
}
