import { BITS, type DataType, isFloat, type Shape } from '../model/dataType';
import { forEachIndex, MAX_ELEMENTS, smallShape, strides, type Value } from './value';

/**
 * Elements of a tensor of this shape, each taken from one of the data's; null where they cannot be followed.
 *
 * @param position of the element in the data, by its index in the result; what lies outside is `fill`.
 */
export function pickedElements(
  data: Value,
  shape: Shape | null,
  position: (index: readonly number[]) => number,
  fill = Number.NaN,
): number[] | null {
  const small = smallShape(shape);
  if (small === null) return null;
  const { elements } = data;
  if (elements === null) return null;
  const picked: number[] = [];
  forEachIndex(small, (index) => {
    picked.push(elements[position(index)] ?? fill);
  });
  return picked;
}

/**
 * Elements of tensors that lie one behind the other along an axis; what is not known of them is not a number.
 *
 * @param lengthOf how long each is there.
 */
export function joinedElements(
  inputs: readonly (Value | null)[],
  shape: Shape,
  axis: number,
  lengthOf: (length: number | null | undefined) => number,
): number[] | null {
  const small = smallShape(shape);
  if (small === null || inputs.every((one) => !one?.elements)) return null;
  const outer = small.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = small.slice(axis + 1).reduce((a, b) => a * b, 1);
  const elements: number[] = [];
  for (let n = 0; n < outer; n++) {
    for (const one of inputs) {
      const run = lengthOf(one?.shape?.[axis]) * inner;
      // A damaged file may state another shape than that of its parts together.
      if (elements.length + run > MAX_ELEMENTS) return null;
      for (let at = n * run; at < (n + 1) * run; at++) elements.push(one?.elements?.[at] ?? Number.NaN);
    }
  }
  return elements;
}

/** Elements of the part of a tensor that begins there, with a step along each axis. */
export function partElements(
  data: Value,
  shape: Shape,
  starts: readonly (number | null)[],
  steps?: readonly number[],
) {
  if (data.shape === null || starts.includes(null)) return null;
  const widths = strides(data.shape);
  return pickedElements(data, shape, (index) =>
    widths.reduce((at, width, axis) => {
      return at + ((starts[axis] ?? Number.NaN) + (index[axis] ?? Number.NaN) * (steps?.[axis] ?? 1)) * width;
    }, 0),
  );
}

/** The index of the result is that of the data, with that of the places where the axis was. */
export function gatheredElements(data: Value, places: Value, axis: number, shape: Shape): number[] | null {
  const [own, around] = [smallShape(data.shape), smallShape(places.shape)];
  if (own === null || around === null || places.elements === null) return null;
  const [steps, placeSteps] = [strides(own), strides(around)];
  return pickedElements(data, shape, (index) => {
    const inner = index.slice(axis, axis + around.length);
    const place =
      places.elements?.[inner.reduce((at, n, m) => at + n * (placeSteps[m] ?? Number.NaN), 0)] ?? Number.NaN;
    const rest = index.toSpliced(axis, around.length, place);
    return rest.reduce((at, n, m) => at + n * (steps[m] ?? Number.NaN), 0);
  });
}

/** Applies a function element by element to inputs that are stretched to `shape`; null when one is not known. */
export function broadcastElements(
  inputs: readonly Value[],
  shape: Shape | null,
  apply: (...elements: number[]) => number,
): number[] | null {
  const target = smallShape(shape);
  if (target === null) return null;
  const readers: ((index: readonly number[]) => number)[] = [];
  for (const input of inputs) {
    const { elements } = input;
    if (elements === null || input.shape === null) return null;
    const own = input.shape as readonly number[];
    const steps = strides(own);
    const offset = target.length - own.length;
    readers.push((index) => {
      let position = 0;
      for (let axis = 0; axis < own.length; axis++) {
        if (own[axis] !== 1) position += (index[axis + offset] ?? Number.NaN) * (steps[axis] ?? Number.NaN);
      }
      return elements[position] ?? Number.NaN;
    });
  }
  const result: number[] = [];
  forEachIndex(target, (index) => {
    result.push(apply(...readers.map((read) => read(index))));
  });
  return result;
}

/** Rounds a computed element as its type stores it; NaN (unknown) where the type cannot hold it exactly enough. */
export function stored(type: DataType | null, element: number): number {
  if (type === 'float64') return element;
  if (type === 'bool') return Number.isNaN(element) ? element : Number(element !== 0);
  if (type !== null && isFloat(type)) return Math.fround(element);
  const bits = (type && BITS[type]) ?? 64;
  const [low, high] = type?.startsWith('uint')
    ? [0, 2 ** bits - 1]
    : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return Number.isSafeInteger(element) && element >= low && element <= high ? element : Number.NaN;
}

/** Unknown stays unknown: NaN compares false to everything. */
export function truth(test: (a: number, b: number) => boolean): (a: number, b: number) => number {
  return (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Number(test(a, b)));
}
