import type { DataType, DeclaredShape } from './dataType';
import type { NodeId } from './nodeId';
import type { Layout, OperatorKind } from './operatorKind';

/** A model of any format. Everything here is known from the file's structure; no weights are loaded. */
export interface Model {
  /** Id of the format it was read with, such as `onnx`. */
  readonly format: string;
  readonly file: string;
  /** Bytes of the file itself. */
  readonly fileBytes: number;
  /** Files beside the model that hold weights, each once. */
  readonly externalFiles: readonly ExternalFile[];
  /** What the format says of the file in its own words: opset, IR version, producer, domain, description … */
  readonly properties: readonly Property[];
  /** Keys and values that whoever made the model left in it. */
  readonly metadata: readonly Property[];
  /** Main graph. */
  readonly graph: Graph;
  /** Ways to call the model that the file names, where its format has them. */
  readonly signatures?: readonly Signature[];
  /** What is wrong with the file, although the rest of it could be read. */
  readonly problems: readonly Problem[];
}

/** Names that callers use, and the tensors that they mean. */
export interface Signature {
  readonly name: string;
  /** Name of the graph that it calls. */
  readonly graph: string;
  readonly inputs: readonly { readonly name: string; readonly tensor: string }[];
  readonly outputs: readonly { readonly name: string; readonly tensor: string }[];
}

export interface Property {
  readonly name: string;
  readonly value: string;
}

export interface ExternalFile {
  /** Absolute path; always inside the model's folder. */
  readonly path: string;
  /** null when it is missing. */
  readonly bytes: number | null;
}

export interface Problem {
  /** One sentence for people: what is wrong and, where one can say it, what to do. */
  readonly message: string;
  /** Name of the node that it is about, and which one of that name it is. */
  readonly node?: string;
  readonly nodeId?: NodeId;
  /** Byte of the file that it is about. */
  readonly offset?: number;
}

/** Tensors are named; a name is unique in its graph. Bodies see the names of the graphs around them. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Inputs that are not initializers. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types and shapes that the file states for inputs, outputs and intermediate tensors. */
  readonly valueInfo: ReadonlyMap<string, ValueInfo>;
  /** Tensors with stored values, by name: initializers, sparse initializers, outputs of Constant nodes. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Names of all tensors in the order of their numbers, where the format numbers them. */
  readonly tensorNames?: readonly string[];
}

export interface ValueInfo {
  readonly name: string;
  readonly type: DataType | null;
  readonly declaredShape: DeclaredShape | null;
  /** It is a sequence, of tensors like these. */
  readonly items?: Pick<ValueInfo, 'type' | 'declaredShape'>;
  /** Where the format fills in some size for dimensions that it leaves open. */
  readonly statedShape?: readonly number[];
  /** Where the format says it of the tensor itself, not by operators around it. */
  readonly quantization?: Quantization;
}

/** What stored numbers stand for: real = scale · (stored − zero point). */
export interface Quantization {
  /** One for the whole tensor, or one for each slice along the axis; none where a tensor of their own holds them. */
  readonly scales: readonly number[];
  /** As many as scales, or one for all. */
  readonly zeroPoints: readonly number[];
  /** null: one scale for the whole tensor, or blocks along several axes. */
  readonly axis: number | null;
  /** Neighbouring elements that share a scale, where it is not a whole slice. */
  readonly blockSize: number | null;
  /** The tensor that holds the scales, where they are not listed. */
  readonly scaleTensor: string | null;
}

export interface Node {
  readonly id: NodeId;
  /** For people: the node's name, else that of its first output. Others may have the same. */
  readonly name: string;
  /** Operator type, with its domain (`com.microsoft.Attention`) unless that is the format's default. */
  readonly op: string;
  /** What it does, whatever its format calls it; null: something that has no name here, or that is not known. */
  readonly kind: OperatorKind | null;
  /** Of the operator, where the format states one for each. */
  readonly version?: number;
  /** Of its tensors, where the operator tells channels from places. */
  readonly layout?: Layout | undefined;
  /** Names of tensors; '' is an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Attribute[];
  /** Graphs inside it: branches of If, bodies of Loop and Scan, the definition of a model-local function. */
  readonly bodies: readonly Body[];
  /** It holds weights of its own that are not tensors and not counted. */
  readonly parametersUnknown?: boolean;
  /** It calls a graph that is not shown inside it: one that calls itself, or too many nodes in all. */
  readonly bodiesHidden?: boolean;
  readonly description?: string;
  /** Path of the module of its source that the exporter noted, such as `features.3.conv.1`. */
  readonly scope?: string;
}

export interface Body {
  /** What the operator calls it: `then_branch`, `body` …; a function has its own name. */
  readonly role: string;
  readonly graph: Graph;
}

/** An attribute as it is shown; tensors and graphs among them are described in words. */
export interface Attribute {
  readonly name: string;
  readonly value: number | string | readonly number[] | readonly string[];
}

export interface Tensor {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Bytes as stored, packed; sparse tensors: values and indices. */
  readonly bytes: number;
  /** Elements that are stored; fewer than the shape has when it is sparse. */
  readonly storedElements: number;
  readonly sparse: boolean;
  /** Where the bytes are: read when somebody looks at them. null = within the structure, or nowhere to be found. */
  readonly location: TensorLocation | null;
  readonly quantization?: Quantization;
}

export interface TensorLocation {
  /** Absolute path. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}
