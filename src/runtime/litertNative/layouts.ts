import { itemAt } from '../../model/assert';

/**
 * LiteRtLayout (`litert/c/litert_layout.h`) as 32-bit words: `rank | has_strides << 7`, 8 dimensions, 8 strides.
 * LiteRtRankedTensorType is an element type and a layout.
 */
export const LAYOUT_WORDS = 17;
export const RANKED_TYPE_WORDS = 1 + LAYOUT_WORDS;
const RANK_MASK = 0x7f;
export const MAX_RANK = 8;

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
