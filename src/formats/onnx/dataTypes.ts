import type { DataType } from '../../model/dataType';

/** TensorProto.DataType by number (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const BY_NUMBER: readonly (DataType | null)[] = [
  null,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/** null for `UNDEFINED` and for numbers that this version does not know. */
export function dataTypeOf(number: number): DataType | null {
  return BY_NUMBER[number] ?? null;
}

/** The number of an element type in `TensorProto.DataType`. */
export function dataTypeNumber(type: DataType): number {
  return BY_NUMBER.indexOf(type);
}
