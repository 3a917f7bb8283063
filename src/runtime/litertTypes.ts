import type { DataType } from '../model/dataType';

/**
 * LiteRtElementType (`litert/c/litert_model_types.h`), of what can be fed or read. Packed types, such as int4, are for
 * weights alone.
 */
const ELEMENT_TYPES: ReadonlyMap<number, DataType> = new Map([
  [1, 'float32'],
  [2, 'int32'],
  [3, 'uint8'],
  [4, 'int64'],
  [6, 'bool'],
  [7, 'int16'],
  [9, 'int8'],
  [10, 'float16'],
  [11, 'float64'],
  [13, 'uint64'],
  [16, 'uint32'],
  [17, 'uint16'],
]);

/** Types of inputs and outputs, in WebAssembly and natively. */
export const PORT_TYPES: ReadonlySet<DataType> = new Set(ELEMENT_TYPES.values());

/** null: one of which nothing here can be fed or read. */
export function elementType(code: number): DataType | null {
  return ELEMENT_TYPES.get(code) ?? null;
}
