import type { DataType } from '../model/dataType';
import type { RuntimeData } from './engine';

export type NumericData = Exclude<RuntimeData, string[]>;

/** How engines hold the elements of the types that can be fed. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} satisfies Partial<Record<DataType, unknown>>;

/** An array of zeros for the elements of a type, as engines have it; null for types that cannot be fed. */
export function emptyData(type: DataType, count: number): RuntimeData | null {
  if (type === 'string') return new Array<string>(count).fill('');
  return isNumeric(type) ? new ARRAYS[type](count) : null;
}

/** Memory as the elements of a type, without copying; null for types that cannot be fed, and strings. */
export function dataOver(type: DataType, memory: ArrayBuffer): NumericData | null {
  return isNumeric(type) ? new ARRAYS[type](memory) : null;
}

function isNumeric(type: DataType): type is keyof typeof ARRAYS {
  return Object.hasOwn(ARRAYS, type);
}

/** The bytes of an array of numbers, without copying. */
export function viewBytes(data: NumericData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
