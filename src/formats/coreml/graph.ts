import type { DeclaredShape } from '../../model/dataType';
import type { Body, Graph, Node, Problem, Tensor } from '../../model/model';
import type { LostWeights } from '../lostWeights';
import type { BlobFiles } from './blobs';
import type { NeuralNetworkLayer, Operation } from './coreml_pb';
import type { Numbers } from './decompress';
import type { Stored } from './stored';

export interface CoreMlGraph extends Graph {
  readonly nodes: readonly CoreMlNode[];
  /** How a neural network sees an input, where that is another shape than the described one. */
  readonly mappedInputs: ReadonlyMap<string, (shape: DeclaredShape) => DeclaredShape>;
}

export interface CoreMlNode extends Node {
  readonly bodies: readonly CoreMlBody[];
  readonly source: Source;
}

export interface CoreMlBody extends Body {
  readonly graph: CoreMlGraph;
}

/** What a node stands for: an operation of an ML Program, a layer of a neural network, or a whole model. */
export type Source =
  | {
      readonly kind: 'operation';
      readonly operation: Operation;
      readonly inputsOf: InputsOf;
      /** How often a loop's body runs, where that follows from constants. */
      readonly runs: number | null;
    }
  | { readonly kind: 'layer'; readonly layer: NeuralNetworkLayer }
  | {
      readonly kind: 'model';
      readonly macs: number | null;
      readonly elementOps: number | null;
      /** Of a model in a pipeline: the tensor that each of its inputs is, and what it calls its outputs itself. */
      readonly given?: ReadonlyMap<string, string>;
      readonly gives?: readonly string[];
    };

/** The values that an operation is given for a parameter, by name. */
export type InputsOf = (parameter: string) => readonly string[];

/** What is shared while the graphs of one file are built. */
export interface GraphContext {
  readonly path: string;
  readonly blobs: BlobFiles;
  /** Where the elements of each constant are. */
  readonly stored: WeakMap<Tensor, Stored>;
  /** What decompresses each compressed constant; it throws ModelError. */
  readonly decompress: WeakMap<Tensor, () => Numbers>;
  /** Takes those whose elements cannot be read. */
  readonly lost: Pick<LostWeights, 'add'>;
  report(problem: Problem): void;
}
