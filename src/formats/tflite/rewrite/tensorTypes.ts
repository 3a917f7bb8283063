/** Numbers of TensorType that rewriting writes. */
export const TYPE = {
  float32: 0,
  float16: 1,
  int32: 2,
  uint8: 3,
  int64: 4,
  int16: 7,
  int8: 9,
  int4: 17,
} as const;
