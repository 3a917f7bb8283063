import { itemAt } from '../../model/assert';
import type { DataType } from '../../model/dataType';

/**
 * LiteRtLayout (`litert/c/litert_layout.h`) as 32-bit words: `rank | has_strides << 7`, 8 dimensions, 8 strides.
 * LiteRtRankedTensorType is an element type and a layout.
 */
export const LAYOUT_WORDS = 17;
export const RANKED_TYPE_WORDS = 1 + LAYOUT_WORDS;
const RANK_MASK = 0x7f;
export const MAX_RANK = 8;

/** LiteRtElementType, of what can be fed or read. Elements of 4 bits lie two in a byte. */
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
  [18, 'int4'],
]);

export const PORT_TYPES: ReadonlySet<DataType> = new Set(ELEMENT_TYPES.values());

/** null: one of which nothing here can be fed or read. */
export function elementType(code: number): DataType | null {
  return ELEMENT_TYPES.get(code) ?? null;
}

/** Dimensions of a layout; −1 where one is open. */
export function shapeIn(layout: Int32Array): number[] {
  return [...layout.subarray(1, 1 + (itemAt(layout, 0) & RANK_MASK))];
}

/** A LiteRtRankedTensorType without strides. */
export function rankedType(code: number, shape: readonly number[]): Int32Array {
  const words = new Int32Array(RANKED_TYPE_WORDS);
  words[0] = code;
  words[1] = shape.length;
  words.set(shape, 2);
  return words;
}
