import type { DimensionChoice, Inference, InferredGraph } from '../model/inference';
import type { Graph, Model, Tensor } from '../model/model';
import type { Layout } from '../model/operatorKind';
import type { Usage } from '../model/usage';
import type { TextModel } from '../onnxtxt/syntax';
import type { Profiling } from './profiling';
import type { Rewriter } from './rewriter';

/** What a file format is to the rest of the product. A new format is a new folder that exports one of these. */
export interface Format {
  readonly id: string;
  /** As people write it: ONNX, TensorFlow Lite. */
  readonly name: string;
  /** File name endings, with the dot. */
  readonly extensions: readonly string[];
  /** Of tensors with channels and places, unless a node says otherwise. */
  readonly layout: Layout;
  /** Names hold letters, digits and `_` alone: what stood between the steps of a path is lost. */
  readonly plainNames?: true;
  /** Recognized by content: `head` holds the first bytes of the file (at least 4096 where it has as many). */
  recognizes(head: Uint8Array): boolean;
  /** Whether a path is a model that is a folder, or the file that stands for such a folder. */
  isPackage?(path: string): boolean;
  /** Reads the structure, not the weights. Throws ModelError with a sentence for people. */
  open(path: string): ModelFile;
  /** Files that may have to be written beside a model of this name; absent where one file holds everything. */
  companionsOf?(target: string): readonly string[];
  /** null: files of this format cannot be quantized yet. */
  readonly rewriter: Rewriter | null;
  /** Writes a copy of a model that also gives these tensors as outputs. Absent where nothing runs such a copy. */
  withOutputs?(file: ModelFile, tensors: readonly string[], target: string): void;
  /** Writes a copy to run, in which some stored float32 tensors of the main graph have other values. Absent as above. */
  withValues?(file: ModelFile, values: ReadonlyMap<string, Float32Array>, target: string): void;
  /** Writes a copy with the shapes of an inference. Absent where engines take the sizes of open inputs as they are fed. */
  withSizes?(file: ModelFile, inferred: InferredGraph, target: string): void;
  /** Whether a model computes shapes while it runs, which a copy with the shapes of an inference may do without. Absent: no. */
  computesShapes?(file: ModelFile): boolean;
  /**
   * Writes a copy whose main graph is the one that a signature calls, and gives that graph's index; 0, and no copy,
   * where it is the main graph. Throws UsageError where there is no such signature. Absent where a file has no more
   * than one graph to run.
   */
  withSignature?(file: ModelFile, name: string, target: string): number;
  /**
   * Writes what was made of such a copy as the model has its graphs, with what the copy left out. Present where
   * `withSignature` and `rewriter` are.
   * @param graph the index that `withSignature` gave
   */
  restoreGraphs?(file: ModelFile, copy: ModelFile, graph: number, target: string): void;
  /** How the format's engines lay out activations before a run; absent where they take memory as they go. */
  readonly arena?: Arena;
  /** null: no engine can say what each layer of such a model takes. */
  readonly profiling: Profiling | null;
  /** Why no engine here runs models of this format, in a sentence for people; absent where one does. */
  readonly cannotRun?: string;
}

/** One block of memory for all activations: each gets a place in it that is free while it lives. */
export interface Arena {
  /** Places begin at multiples of so many bytes. */
  readonly alignment: number;
}

/** An opened file. Not safe to share between threads; close it when done. */
export interface ModelFile {
  readonly model: Model;
  readonly format: Format;
  infer(choice: DimensionChoice): Inference;
  /** The elements of a stored tensor as numbers (64-bit integers may lose digits), at most `limit` of them. */
  readTensor(tensor: Tensor, limit?: number): TensorElements;
  /**
   * All elements of a stored tensor of float32 or float16, each part of them valid until the next; null for other types.
   * All tensors of a format come in parts of the same size. Absent where a format reads tensors whole alone.
   */
  readParts?(tensor: Tensor): Generator<Float32Array> | null;
  /**
   * What gives all elements of a compressed weight as the real numbers that they stand for, throwing ModelError where
   * that is not known; null for one whose elements are stored one by one. Absent where the format has none.
   */
  decompressed?(tensor: Tensor): (() => Float32Array | Float64Array) | null;
  /**
   * What a stored tensor of a graph stands for where operators that read it say so; null where none does. Absent where
   * tensors of the format say it themselves.
   */
  decodingOf?(graph: Graph, tensor: Tensor): Decoding | null;
  /** Weight tensors of a graph that are data, as `definitions` has it: not scales, zero points, shape constants. */
  parameterTensors(graph: Graph): ParameterTensor[];
  /** null: this file says nothing of it; absent where its format never does. */
  usage?(): Usage | null;
  /** What its text says, in ONNX's textual syntax; elements of tensors are read while it is iterated. */
  text(): TextModel;
  /** Writes the model as it is; weights are streamed from where they lie. The target must not exist. */
  write(path: string): void;
  close(): void;
}

export interface TensorElements {
  /** Float64Array, or Float32Array where that holds every value of the type. */
  readonly values: Float32Array | Float64Array;
  /** false when `limit` cut it. */
  readonly complete: boolean;
}

/** How operators decode a stored tensor: real = scale · (stored − zero point). */
export interface Decoding {
  /** Name of the tensor with the scales; '' where they are not stored. */
  readonly scale: string;
  /** '' where there are none, and zero is. */
  readonly zeroPoint: string;
  /** Where the scales lie along, if there are several; from the end where it is negative. */
  readonly axis: number;
  /** Neighbours along the axis that share a scale. */
  readonly blockSize: number;
}

/** A weight tensor and the nodes that it reaches, directly or through operators that only reshape or decode it. */
export interface ParameterTensor {
  readonly tensor: Tensor;
  /** Indices into the graph's nodes. */
  readonly users: readonly number[];
}
