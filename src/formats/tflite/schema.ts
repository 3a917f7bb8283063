import { ENUMS } from './enums';
import { METADATA_TABLES, METADATA_UNIONS } from './metadataSchema';
import { OPTION_TABLES, OPTION_UNIONS } from './optionsSchema';

/** A table of the schema: what type each field has, as the schema writes it. */
export type TableFields = Readonly<Record<string, string>>;

/**
 * The tables of a .tflite file (https://github.com/google-ai-edge/LiteRT, schema version 3d): the type of
 * each field, in the order of the fields' numbers. A union takes two numbers. `bytes` is a vector of bytes whose
 * place is kept instead of its content, because it may be weights.
 */
const MODEL_TABLES: Readonly<Record<string, TableFields>> = {
  Model: {
    version: 'uint',
    operator_codes: '[OperatorCode]',
    subgraphs: '[SubGraph]',
    description: 'string',
    buffers: '[Buffer]',
    metadata_buffer: '[int]',
    metadata: '[Metadata]',
    signature_defs: '[SignatureDef]',
    external_buffer_groups: '[ExternalBufferGroup]',
    external_buffers: '[ExternalBuffer]',
  },
  OperatorCode: {
    deprecated_builtin_code: 'byte',
    custom_code: 'string',
    version: 'int',
    builtin_code: 'int',
  },
  SubGraph: {
    tensors: '[Tensor]',
    inputs: '[int]',
    outputs: '[int]',
    operators: '[Operator]',
    name: 'string',
    debug_metadata_index: 'int',
  },
  Operator: {
    opcode_index: 'uint',
    inputs: '[int]',
    outputs: '[int]',
    builtin_options: 'BuiltinOptions',
    custom_options: 'bytes',
    custom_options_format: 'byte',
    mutating_variable_inputs: '[bool]',
    intermediates: '[int]',
    large_custom_options_offset: 'ulong',
    large_custom_options_size: 'ulong',
    builtin_options_2: 'BuiltinOptions2',
    debug_metadata_index: 'int',
  },
  Tensor: {
    shape: '[int]',
    type: 'byte',
    buffer: 'uint',
    name: 'string',
    quantization: 'QuantizationParameters',
    is_variable: 'bool',
    sparsity: 'SparsityParameters',
    shape_signature: '[int]',
    has_rank: 'bool',
    variant_tensors: '[VariantSubType]',
    external_buffer: 'uint',
  },
  QuantizationParameters: {
    min: '[float]',
    max: '[float]',
    scale: '[float]',
    zero_point: '[long]',
    details: 'QuantizationDetails',
    quantized_dimension: 'int',
  },
  CustomQuantization: {
    custom: 'bytes',
  },
  BlockwiseQuantization: {
    scales: 'int',
    zero_points: 'int',
    block_size: 'int',
  },
  MultiAxisQuantization: {
    scales: 'int',
    zero_points: 'int',
    block_size: 'int',
    quantized_dimensions: '[int]',
  },
  SparsityParameters: {
    traversal_order: '[int]',
    block_map: '[int]',
    dim_metadata: '[DimensionMetadata]',
  },
  DimensionMetadata: {
    format: 'byte',
    dense_size: 'int',
    array_segments: 'SparseIndexVector',
    array_indices: 'SparseIndexVector',
  },
  Int32Vector: {
    values: '[int]',
  },
  Uint16Vector: {
    values: '[ushort]',
  },
  Uint8Vector: {
    values: '[ubyte]',
  },
  VariantSubType: {
    shape: '[int]',
    type: 'byte',
    has_rank: 'bool',
  },
  Buffer: {
    data: 'bytes',
    offset: 'ulong',
    size: 'ulong',
  },
  ExternalBufferGroup: {
    name: 'string',
  },
  ExternalBuffer: {
    id: 'uint',
    group: 'uint',
    offset: 'ulong',
    length: 'ulong',
    packing: 'string',
  },
  Metadata: {
    name: 'string',
    buffer: 'uint',
  },
  SignatureDef: {
    inputs: '[TensorMap]',
    outputs: '[TensorMap]',
    signature_key: 'string',
    deprecated_tag: 'string',
    subgraph_index: 'uint',
  },
  TensorMap: {
    name: 'string',
    tensor_index: 'uint',
  },
};

const MODEL_UNIONS = {
  QuantizationDetails: ['CustomQuantization', 'BlockwiseQuantization', 'MultiAxisQuantization'],
  SparseIndexVector: ['Int32Vector', 'Uint16Vector', 'Uint8Vector'],
} as const;

export type ScalarType = keyof typeof SCALAR_BYTES;

export const SCALAR_BYTES = {
  bool: 1,
  byte: 1,
  ubyte: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  float: 4,
  long: 8,
  ulong: 8,
  double: 8,
} as const;

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'scalars'; readonly scalar: ScalarType }
  | { readonly kind: 'string' | 'strings' | 'bytes' }
  | { readonly kind: 'table' | 'tables'; readonly table: string }
  /** Structures lie in the table itself: only numbers, in this order. */
  | { readonly kind: 'union'; readonly members: readonly string[] };

export interface Field {
  /** Number in the vtable; a union's is that of its type, its value has the next one. */
  readonly id: number;
  /** As the schema writes it. */
  readonly name: string;
  /** The property of the decoded object. */
  readonly key: string;
  readonly type: FieldType;
  /** The enumeration that its numbers are of. */
  readonly names: readonly string[] | null;
}

const TABLES: Readonly<Record<string, TableFields>> = {
  ...MODEL_TABLES,
  ...OPTION_TABLES,
  ...METADATA_TABLES,
};

const UNIONS: Readonly<Record<string, readonly string[]>> = {
  ...MODEL_UNIONS,
  ...OPTION_UNIONS,
  ...METADATA_UNIONS,
};

const parsed = new Map<string, readonly Field[]>();

/** The fields of a table in the order of their numbers. */
export function fieldsOf(table: string): readonly Field[] {
  let fields = parsed.get(table);
  if (fields === undefined) {
    fields = parse(table);
    parsed.set(table, fields);
  }
  return fields;
}

const ids = new Map<string, ReadonlySet<number>>();

/** Numbers that the fields of a table have. */
export function idsOf(table: string): ReadonlySet<number> {
  let known = ids.get(table);
  if (known === undefined) {
    known = new Set(fieldsOf(table).flatMap(({ id, type }) => (type.kind === 'union' ? [id, id + 1] : [id])));
    ids.set(table, known);
  }
  return known;
}

function parse(table: string): Field[] {
  const fields = TABLES[table];
  if (fields === undefined) throw new Error(`There is no table ${table} in the schema.`);
  let id = 0;
  return Object.entries(fields).map(([name, written]) => {
    const element = written.replace(/[[\]]/g, '');
    const type = typeOf(element, written.startsWith('['));
    const field = { id, name, key: camelCase(name), type, names: ENUMS[element]?.names ?? null };
    id += type.kind === 'union' ? 2 : 1;
    return field;
  });
}

function typeOf(name: string, vector: boolean): FieldType {
  const scalar = name in SCALAR_BYTES ? (name as ScalarType) : ENUMS[name]?.scalar;
  if (scalar !== undefined) return { kind: vector ? 'scalars' : 'scalar', scalar };
  if (name === 'bytes') return { kind: 'bytes' };
  if (name === 'string') return { kind: vector ? 'strings' : 'string' };
  const members = UNIONS[name];
  if (members !== undefined) return { kind: 'union', members };
  return { kind: vector ? 'tables' : 'table', table: name };
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
