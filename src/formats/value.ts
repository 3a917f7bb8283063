import { type DataType, elementCount, type Shape } from '../model/dataType';

/**
 * What is known of a tensor without running the model: its type, its shape, and for small tensors the elements
 * themselves, so that shape arithmetic can be followed.
 */
export interface Value {
  readonly type: DataType | null;
  readonly shape: Shape | null;
  /** Row-major; NaN = this element is unknown. null = none is known, or there are too many to follow. */
  readonly elements: readonly number[] | null;
  /** It is a sequence of tensors, which has no type and shape of its own. */
  readonly sequence?: Sequence;
}

export interface Sequence {
  readonly length: number | null;
  /** In their order; null = their number is not known, or there are too many to follow one by one. */
  readonly items: readonly Value[] | null;
  /** What all of them have in common; null = there are none. */
  readonly each: Value | null;
}

/**
 * Shape arithmetic works on ranks and dimensions; anything longer is data, whose shape is all that matters
 * (CWE-770).
 */
export const MAX_ELEMENTS = 4096;

export const UNKNOWN: Value = { type: null, shape: null, elements: null };

/** The inputs of a node contradict what its operator demands. The message goes to the user. */
export class Mismatch extends Error {}

/** An input is smaller than the operator's window: where its sizes were assumed, that is why. */
export class TooSmall extends Mismatch {
  /** @param needed the fewest elements along the axis, where `length` are */
  constructor(
    readonly needed: number,
    readonly length: number,
  ) {
    super(`slides a window of ${needed} over a length of ${length}`);
  }
}

/** A value of which elements are kept only where they are as many as the shape has, and few enough. */
export function tensor(
  type: DataType | null,
  shape: Shape | null,
  elements: readonly number[] | null = null,
): Value {
  const kept =
    elements !== null && elements.length <= MAX_ELEMENTS && elements.length === elementCount(shape);
  return { type, shape, elements: kept ? elements : null };
}

/** A vector of 64-bit integers, such as the output of Shape. */
export function int64Vector(elements: readonly number[]): Value {
  return tensor('int64', [elements.length], elements);
}

/** All elements, or null when one is unknown. */
export function knownElements(value: Value | null | undefined): readonly number[] | null {
  const elements = value?.elements ?? null;
  return elements?.every((element) => !Number.isNaN(element)) ? elements : null;
}

/** The only element of a scalar or of a tensor with one element. */
export function knownScalar(value: Value | null | undefined): number | null {
  const elements = knownElements(value);
  return elements?.length === 1 ? (elements[0] ?? null) : null;
}

/** Dimensions from elements: what is unknown, or cannot be a dimension, is null. */
export function shapeFrom(elements: readonly number[]): Shape {
  return elements.map((element) => (Number.isSafeInteger(element) && element >= 0 ? element : null));
}

/** A damaged file can give a tensor any rank; engines stop at 8 or so (CWE-770). */
export const MAX_RANK = 64;

/** A shape whose impossible dimensions are unknown: a damaged file can make any number one. */
export function plausible(shape: Shape | null): Shape | null {
  if (shape === null || shape.length > MAX_RANK) return null;
  const bad = (length: number | null) => length !== null && !(Number.isSafeInteger(length) && length >= 0);
  return shape.some(bad) ? shape.map((length) => (bad(length) ? null : length)) : shape;
}

/** A shape of which only the rank is known; null: not even that. */
export function unknownShape(rank: number | null): Shape | null {
  const plausible = rank !== null && Number.isInteger(rank) && rank >= 0 && rank <= MAX_RANK;
  return plausible ? new Array<null>(rank).fill(null) : null;
}

/** -1 is the last axis. Throws Mismatch when there is no such axis. */
export function axisIn(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new Mismatch(`has axis ${axis}, but its input has ${rank} dimensions`);
  }
  return positive;
}

/** null as soon as one factor is, or where it is too large to be exact. */
export function product(factors: readonly (number | null | undefined)[]): number | null {
  let result = 1;
  for (const factor of factors) {
    if (factor === null || factor === undefined) return null;
    result *= factor;
  }
  return exact(result);
}

/** null as soon as one summand is, or where it is too large to be exact. */
export function sum(summands: readonly (number | null | undefined)[]): number | null {
  let result = 0;
  for (const summand of summands) {
    if (summand === null || summand === undefined) return null;
    result += summand;
  }
  return exact(result);
}

function exact(value: number): number | null {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : null;
}

/** Length along an axis, which counts from behind when negative; null = not known. */
export function dimension(value: Value | null | undefined, axis: number): number | null {
  return value?.shape?.at(axis) ?? null;
}

/** Elements between two positions along each axis of a row-major tensor; NaN where a length behind it is not known. */
export function strides(shape: Shape): number[] {
  const result = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    result[axis] = (result[axis + 1] ?? Number.NaN) * (shape[axis + 1] ?? Number.NaN);
  }
  return result;
}

/** The shape as numbers when it is known whole and its elements can be followed. */
export function smallShape(shape: Shape | null): readonly number[] | null {
  const count = elementCount(shape);
  return count !== null && count <= MAX_ELEMENTS ? (shape as readonly number[]) : null;
}

/** Calls `visit` with the coordinates of each element in row-major order; the array is reused. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[]) => void): void {
  const count = shape.reduce((a, b) => a * b, 1);
  const index = new Array<number>(shape.length).fill(0);
  for (let n = 0; n < count; n++) {
    visit(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next;
      if (next < (shape[axis] ?? 0)) break;
      index[axis] = 0;
    }
  }
}
