import type { Shape } from '../../../model/dataType';
import { roundHalfToEven } from '../../../model/rounding';
import { broadcastElements, gatheredElements, joinedElements, partElements, truth } from '../../following';
import { axisIn, tensor, UNKNOWN, type Value } from '../../value';
import type { OperationShapes } from './costs';
import { isTrue, numbers } from './settings';
import { slicesOf } from './slices';

type Elements = readonly number[] | null;

/**
 * Elements of an operation's only output where they follow from those of its inputs: the operations that shapes are
 * computed with.
 *
 * @param shape of the output.
 */
export function operationElements(operation: OperationShapes, shape: Shape | null): Elements {
  const { type, setting } = operation;
  const x = operandOf(operation, 'x');
  switch (type) {
    case 'shape':
      return x.shape?.map((size) => size ?? Number.NaN) ?? null;
    case 'identity':
    case 'squeeze':
    case 'expand_dims':
    case 'reshape':
      return x.elements;
    case 'cast':
      return (
        x.elements?.map((element) =>
          String(setting('dtype')).startsWith('fp') ? element : Math.trunc(element),
        ) ?? null
      );
    case 'concat':
    case 'stack': {
      const axis = numbers(setting('axis'))?.[0];
      if (shape === null || axis === undefined || isTrue(setting('interleave'))) return null;
      const lengthOf = type === 'stack' ? () => 1 : (size: number | null | undefined) => size ?? Number.NaN;
      return joinedElements(operation.values('values'), shape, axisIn(axis, shape.length), lengthOf);
    }
    case 'gather': {
      const places = operandOf(operation, 'indices');
      if (x.shape === null || shape === null || (numbers(setting('batch_dims'))?.[0] ?? 0) !== 0) return null;
      const axis = axisIn(numbers(setting('axis'))?.[0] ?? 0, x.shape.length);
      const length = x.shape[axis] ?? null;
      const positive = places.elements?.map((place) =>
        place < 0 && length !== null ? place + length : place,
      );
      return gatheredElements(x, { ...places, elements: positive ?? null }, axis, shape);
    }
    case 'slice_by_index': {
      const slices = x.shape && slicesOf(x.shape, operation);
      if (!slices) return null;
      return partElements(
        x,
        slices.map(({ count }) => count),
        slices.map(({ start }) => start),
        slices.map(({ step }) => step),
      );
    }
    case 'slice_by_size': {
      const begin = operation.elements('begin');
      if (shape === null || !begin) return null;
      return partElements(x, shape, begin);
    }
    case 'fill': {
      const value = numbers(setting('value'))?.[0] ?? 0;
      return broadcastElements([], shape, () => value);
    }
    case 'select': {
      const inputs = ['cond', 'a', 'b'].map((name) => operandOf(operation, name));
      return broadcastElements(inputs, shape, (...[test = Number.NaN, a = 0, b = 0]) =>
        Number.isNaN(test) ? test : test !== 0 ? a : b,
      );
    }
    case 'reduce_prod':
    case 'reduce_sum':
    case 'reduce_max':
    case 'reduce_min':
      return shape?.every((size) => size === 1) && x.elements ? [REDUCED[type](x.elements)] : null;
  }
  const unary = UNARY.get(type);
  if (unary) return x.elements?.map((element) => unary(element)) ?? null;
  const binary = BINARY.get(type);
  if (!binary) return null;
  return broadcastElements([x, operandOf(operation, 'y')], shape, (...[a = 0, b = 0]) => binary(a, b));
}

/** What a parameter is given: a tensor, or numbers that are written into the program. */
function operandOf(operation: OperationShapes, parameter: string): Value {
  const [given] = operation.values(parameter);
  if (given) return given;
  const stated = operation.setting(parameter);
  const written = numbers(stated);
  if (written === null) return UNKNOWN;
  return tensor(null, typeof stated === 'number' ? [] : [written.length], written);
}

const REDUCED = {
  reduce_prod: (elements: readonly number[]) => elements.reduce((a, b) => a * b, 1),
  reduce_sum: (elements: readonly number[]) => elements.reduce((a, b) => a + b, 0),
  reduce_max: (elements: readonly number[]) => Math.max(...elements),
  reduce_min: (elements: readonly number[]) => Math.min(...elements),
} as const;

const UNARY: ReadonlyMap<string, (a: number) => number> = new Map([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['round', roundHalfToEven],
  ['sign', Math.sign],
]);

/** Of whole numbers and of others alike, but for the division. */
const BINARY: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['add', (a: number, b: number) => a + b],
  ['sub', (a: number, b: number) => a - b],
  ['mul', (a: number, b: number) => a * b],
  ['real_div', (a: number, b: number) => a / b],
  ['floor_div', (a: number, b: number) => (b === 0 ? Number.NaN : Math.floor(a / b))],
  ['mod', (a: number, b: number) => a - Math.floor(a / b) * b],
  ['pow', (a: number, b: number) => a ** b],
  ['maximum', (a: number, b: number) => Math.max(a, b)],
  ['minimum', (a: number, b: number) => Math.min(a, b)],
  ['equal', truth((a, b) => a === b)],
  ['not_equal', truth((a, b) => a !== b)],
  ['less', truth((a, b) => a < b)],
  ['less_equal', truth((a, b) => a <= b)],
  ['greater', truth((a, b) => a > b)],
  ['greater_equal', truth((a, b) => a >= b)],
]);
