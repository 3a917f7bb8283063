import type { DataType } from '../model/dataType';
import type { RuntimeData } from './engine';

export type NumericData = Exclude<RuntimeData, string[]>;

/** An array of zeros for the elements of a type, as engines have it; null for types that cannot be fed. */
export function emptyData(type: DataType, count: number): RuntimeData | null {
  switch (type) {
    case 'float32':
      return new Float32Array(count);
    case 'float64':
      return new Float64Array(count);
    case 'float16':
    case 'uint16':
      return new Uint16Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'uint8':
    case 'bool':
      return new Uint8Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'uint64':
      return new BigUint64Array(count);
    case 'string':
      return new Array<string>(count).fill('');
    default:
      return null;
  }
}

/** The bytes of an array of numbers, without copying. */
export function viewBytes(data: NumericData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
