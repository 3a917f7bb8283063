import type { DataType } from '../../model/dataType';

/** By number of TensorType; resources and variants (13, 14) are handles, which have no elements. */
const TYPES: readonly (DataType | null)[] = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  null,
  null,
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
  'int2',
  'uint4',
  'float8e4m3fn',
  'float8e5m2',
];

/** null: not a type of elements, or a newer one. */
export function dataTypeOf(number: number | undefined): DataType | null {
  return TYPES[number ?? 0] ?? null;
}
