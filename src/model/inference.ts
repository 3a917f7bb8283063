import type { DataType, DeclaredShape, Shape } from './dataType';
import type { Graph, Node, Problem, Quantization } from './model';

/** Values that a user gives to dimensions that the file leaves open. */
export interface DimensionChoice {
  /** By the dimension's name. */
  readonly dims: Readonly<Record<string, number>>;
  /** Whole inputs, by the input's name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** A symbolic dimension and the value that was used for it; assumed = neither the user nor the model gave it, so it is 1. */
export interface DimensionValue {
  readonly value: number;
  readonly assumed: boolean;
  /** It is the model's own default. */
  readonly byDefault?: true;
}

/** Types, shapes and costs of a graph's tensors and nodes, found without running it. */
export interface Inference {
  readonly dims: ReadonlyMap<string, DimensionValue>;
  /** Inputs with an unnamed open dimension that was assumed 1. */
  readonly assumedInputs: readonly string[];
  readonly graph: InferredGraph;
  readonly problems: readonly Problem[];
}

/** A body that is entered from several nodes is inferred once for each, since its inputs' shapes differ. */
export interface InferredGraph {
  readonly graph: Graph;
  /** Every tensor of the graph by name: inputs, constants, outputs of nodes. */
  readonly tensors: ReadonlyMap<string, InferredTensor>;
  /** In the graph's own order, one for each of its nodes. */
  readonly nodes: readonly InferredNode[];
  /** How often it runs each time its node does: 0 for a branch that is never taken, 1 for the main graph; null = unknown. */
  readonly runs: number | null;
}

export interface InferredTensor {
  readonly name: string;
  readonly type: DataType | null;
  readonly shape: Shape | null;
  readonly declaredShape: DeclaredShape | null;
  /** Its value is known without running: it is stored, or follows from stored values and shapes. */
  readonly constant: boolean;
  /** Row-major, NaN where one is unknown; null or absent: none is known, or there are too many to follow. */
  readonly elements?: readonly number[] | null;
  /** It is a sequence of tensors; `items` are null where they are not known one by one, then `each` is like them all. */
  readonly sequence?: {
    readonly length: number | null;
    readonly items: readonly SequenceItem[] | null;
    readonly each: SequenceItem | null;
  };
  /** Where the format says it of the tensor itself. */
  readonly quantization?: Quantization;
}

export type SequenceItem = Pick<InferredTensor, 'type' | 'shape'>;

export interface InferredNode {
  readonly node: Node;
  /** Multiply-accumulates of one run, bodies excluded; 0 where the operator does none; null = unknown. */
  readonly macs: number | null;
  /** Elements that a node without MACs works through (those of its outputs; pooling and reductions: of its input). */
  readonly elementOps: number | null;
  readonly bodies: readonly InferredGraph[];
  /** Exactly one of its bodies runs, as with branches. */
  readonly alternatives: boolean;
}
