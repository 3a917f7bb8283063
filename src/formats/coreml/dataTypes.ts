import type { DataType } from '../../model/dataType';

/** Data types of MIL (MIL.proto, DataType). */
const MIL_TYPES: ReadonlyMap<number, DataType> = new Map([
  [1, 'bool'],
  [2, 'string'],
  [10, 'float16'],
  [11, 'float32'],
  [12, 'float64'],
  [13, 'bfloat16'],
  [21, 'int8'],
  [22, 'int16'],
  [23, 'int32'],
  [24, 'int64'],
  [25, 'int4'],
  [31, 'uint8'],
  [32, 'uint16'],
  [33, 'uint32'],
  [34, 'uint64'],
  [35, 'uint4'],
  [36, 'uint2'],
  [37, 'uint1'],
  [38, 'uint6'],
  [39, 'uint3'],
  [40, 'float8e4m3fn'],
  [41, 'float8e5m2'],
]);

/** Data types of blobs in a weight file (version 2 of MIL's storage format). */
const BLOB_TYPES: ReadonlyMap<number, DataType> = new Map([
  [1, 'float16'],
  [2, 'float32'],
  [3, 'uint8'],
  [4, 'int8'],
  [5, 'bfloat16'],
  [6, 'int16'],
  [7, 'uint16'],
  [8, 'int4'],
  [9, 'uint1'],
  [10, 'uint2'],
  [11, 'uint4'],
  [12, 'uint3'],
  [13, 'uint6'],
  [14, 'int32'],
  [15, 'uint32'],
  [16, 'float8e4m3fn'],
  [17, 'float8e5m2'],
]);

/** Data types of arrays among a model's inputs and outputs: kind and bits (FeatureTypes.proto, ArrayDataType). */
const ARRAY_TYPES: ReadonlyMap<number, DataType> = new Map([
  [0x10000 | 16, 'float16'],
  [0x10000 | 32, 'float32'],
  [0x10000 | 64, 'float64'],
  [0x20000 | 8, 'int8'],
  [0x20000 | 32, 'int32'],
]);

/** null for what is not a type of tensors' elements. */
export function milType(type: number): DataType | null {
  return MIL_TYPES.get(type) ?? null;
}

/** Element type of a blob of a weight file (BlobDataType); null = not known. */
export function blobType(type: number): DataType | null {
  return BLOB_TYPES.get(type) ?? null;
}

/** The number of an element type in MIL; it must be one that MIL has. */
export function milCode(type: DataType): number {
  return codeOf(MIL_TYPES, type);
}

/** The number of an element type in a weight file; it must be one that weight files have. */
export function blobCode(type: DataType): number {
  return codeOf(BLOB_TYPES, type);
}

function codeOf(types: ReadonlyMap<number, DataType>, wanted: DataType): number {
  for (const [code, type] of types) if (type === wanted) return code;
  throw new Error(`Core ML has no ${wanted} here.`);
}

/** Element type of a multi-array (ArrayFeatureType.ArrayDataType); null = not known. */
export function arrayType(type: number): DataType | null {
  return ARRAY_TYPES.get(type) ?? null;
}

/** Unsigned integers of so many bits, as look-up tables are indexed with; null where there is no such type. */
export function indexType(bits: number): DataType | null {
  const types = [null, 'uint1', 'uint2', 'uint3', 'uint4', 'uint5', 'uint6', 'uint7', 'uint8'] as const;
  return types[bits] ?? null;
}
