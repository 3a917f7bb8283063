import type { UNKNOWN, UnknownField } from './unknownFields';

/**
 * A .tflite file's tables as plain objects. Only fields that are stored are there; properties are named as the
 * schema names the fields, in camel case. Sharing is kept: what two tables point at is one object.
 */
export interface ModelTable {
  readonly version?: number;
  readonly operatorCodes?: readonly OperatorCodeTable[];
  readonly subgraphs?: readonly SubGraphTable[];
  readonly description?: string;
  readonly buffers?: readonly BufferTable[];
  readonly metadataBuffer?: readonly number[];
  readonly metadata?: readonly MetadataTable[];
  readonly signatureDefs?: readonly SignatureDefTable[];
  readonly externalBufferGroups?: readonly { readonly name?: string }[];
  readonly externalBuffers?: readonly ExternalBufferTable[];
}

export interface OperatorCodeTable {
  readonly deprecatedBuiltinCode?: number;
  readonly customCode?: string;
  readonly version?: number;
  readonly builtinCode?: number;
}

export interface SubGraphTable {
  readonly tensors?: readonly TensorTable[];
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
  readonly operators?: readonly OperatorTable[];
  readonly name?: string;
  readonly debugMetadataIndex?: number;
}

export interface TensorTable {
  readonly shape?: readonly number[];
  readonly type?: number;
  readonly buffer?: number;
  readonly name?: string;
  readonly quantization?: QuantizationTable;
  readonly isVariable?: boolean;
  readonly sparsity?: SparsityTable;
  readonly shapeSignature?: readonly number[];
  readonly hasRank?: boolean;
  readonly variantTensors?: readonly object[];
  readonly externalBuffer?: number;
}

export interface QuantizationTable {
  readonly min?: readonly number[];
  readonly max?: readonly number[];
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  readonly details?: Union;
  readonly quantizedDimension?: number;
}

export interface SparsityTable {
  readonly traversalOrder?: readonly number[];
  readonly blockMap?: readonly number[];
  readonly dimMetadata?: readonly {
    readonly format?: number;
    readonly denseSize?: number;
    readonly arraySegments?: Union;
    readonly arrayIndices?: Union;
  }[];
}

export interface OperatorTable {
  readonly opcodeIndex?: number;
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
  readonly builtinOptions?: Union;
  readonly customOptions?: Bytes;
  readonly customOptionsFormat?: number;
  readonly mutatingVariableInputs?: readonly boolean[];
  readonly intermediates?: readonly number[];
  readonly builtinOptions2?: Union;
  readonly debugMetadataIndex?: number;
}

export interface BufferTable {
  /** Also where the file keeps it behind the tables. */
  readonly data?: Bytes;
}

export interface ExternalBufferTable {
  readonly id?: number;
  readonly group?: number;
  readonly offset?: number;
  readonly length?: number;
  readonly packing?: string;
}

export interface MetadataTable {
  readonly name?: string;
  readonly buffer?: number;
}

export interface SignatureDefTable {
  readonly inputs?: readonly TensorMapTable[];
  readonly outputs?: readonly TensorMapTable[];
  readonly signatureKey?: string;
  readonly subgraphIndex?: number;
}

export interface TensorMapTable {
  readonly name?: string;
  readonly tensorIndex?: number;
}

/** One of several tables; `table` is its name in the schema, such as `Conv2DOptions`. */
export interface Union {
  readonly table: string;
  readonly value: Readonly<Record<string, Value>>;
}

/** Where bytes lie that were not read; or bytes in memory, in a model that is to be written. */
export type Bytes = Uint8Array | { readonly path: string; readonly offset: number; readonly length: number };

export type Value =
  | number
  | boolean
  | string
  | Bytes
  | readonly number[]
  | readonly boolean[]
  | readonly string[]
  | Union
  | Table
  | readonly Table[];

export interface Table {
  readonly [field: string]: Value | undefined;
  readonly [UNKNOWN]?: readonly UnknownField[];
}
