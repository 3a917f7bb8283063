/**
 * Element types of tensors, named as ONNX names them, in lower case and with their width.
 * The width in bits is what one element takes when stored; types below 8 bits are packed.
 */
export const BITS = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  float4e2m1: 4,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  int4: 4,
  int2: 2,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  uint4: 4,
  uint2: 2,
  /** Indices into look-up tables, which only Core ML stores in these widths. */
  uint1: 1,
  uint3: 3,
  uint5: 5,
  uint6: 6,
  uint7: 7,
  bool: 8,
  complex64: 64,
  complex128: 128,
  /** Strings have no fixed width. */
  string: null,
} as const satisfies Record<string, number | null>;

export type DataType = keyof typeof BITS;

/** Bytes that `elements` of a type take when stored packed; null where the type has no fixed width. */
export function byteLength(type: DataType, elements: number): number | null {
  const bits = BITS[type];
  return bits === null ? null : Math.ceil((elements * bits) / 8);
}

export function isFloat(type: DataType): boolean {
  return type.startsWith('float') || type === 'bfloat16';
}

/** Number of elements of a shape; null if a dimension or the shape is unknown, or there are too many to be counted exactly. */
export function elementCount(shape: Shape | null): number | null {
  if (shape === null) return null;
  let count = 1;
  for (const dimension of shape) {
    if (dimension === null) return null;
    count *= dimension;
  }
  return Number.isSafeInteger(count) ? count : null;
}

/** Dimensions after values were given to the symbolic ones; null = could not be inferred. */
export type Shape = readonly (number | null)[];

/** A shape of which every dimension is known, else null. */
export function knownShape(shape: Shape | null | undefined): readonly number[] | null {
  const known = shape?.filter((dimension) => dimension !== null);
  return known !== undefined && known.length === shape?.length ? known : null;
}

/** Dimensions as a file declares them: a number, a name, or null where the file says nothing. */
export type DeclaredShape = readonly (number | string | null)[];
