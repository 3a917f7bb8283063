import {
  axisIn,
  forEachIndex,
  knownScalar,
  smallShape,
  strides,
  unknownShape,
  type Value,
} from '../../value';
import { numberOption } from '../options';
import { type Context, input, type Operator, type Operators, settings, shaped } from './operator';

/** From the elements that become one. */
type Combine = (elements: readonly number[]) => number;

/** Axes come as an input; elements of small tensors are followed, since shapes are computed with them. */
function reduce(combine: Combine): Operator {
  return {
    infer: (context) => {
      const { shape } = input(context, 0);
      const axes = settings(context, 1);
      const keep = numberOption(context.operator, 'keepDims') === 1;
      if (shape === null || axes === null) return [shaped(keep ? unknownShape(shape?.length ?? null) : null)];
      const reduced = new Set(axes.map((axis) => axisIn(axis, shape.length)));
      const left = shape.flatMap((length, axis) => (reduced.has(axis) ? (keep ? [1] : []) : [length]));
      return [shaped(left, gathered(input(context, 0), reduced)?.map(combine) ?? null)];
    },
    works: 'input',
  };
}

/** For each element of the result, in order, those that become it. */
function gathered(data: Value, reduced: ReadonlySet<number>): number[][] | null {
  const shape = smallShape(data.shape);
  if (shape === null || data.elements === null) return null;
  const left = shape.map((length, axis) => (reduced.has(axis) ? 1 : length));
  const steps = strides(left);
  const groups = Array.from({ length: left.reduce((a, b) => a * b, 1) }, (): number[] => []);
  let position = 0;
  forEachIndex(shape, (index) => {
    const group = index.reduce(
      (at, place, axis) => at + (reduced.has(axis) ? 0 : place * (steps[axis] ?? Number.NaN)),
      0,
    );
    groups[group]?.push(data.elements?.[position++] ?? Number.NaN);
  });
  return groups;
}

const total: Combine = (elements) => elements.reduce((a, b) => a + b, 0);
/** Unknown as soon as one is. */
const known =
  (test: (elements: readonly number[]) => boolean): Combine =>
  (elements) =>
    elements.some(Number.isNaN) ? Number.NaN : Number(test(elements));
const greatest: Combine = (elements) => (elements.length > 0 ? Math.max(...elements) : Number.NaN);
const least: Combine = (elements) => (elements.length > 0 ? Math.min(...elements) : Number.NaN);

/** The place of the first element like the one that is looked for. */
function search(wanted: Combine): Operator {
  return {
    infer: (context: Context) => {
      const { shape } = input(context, 0);
      const axis = knownScalar(context.inputs[1]);
      if (shape === null || axis === null) return [shaped(shape && unknownShape(shape.length - 1))];
      const at = axisIn(axis, shape.length);
      const places = gathered(input(context, 0), new Set([at]))?.map((group) => {
        const place = group.indexOf(wanted(group));
        return place < 0 ? Number.NaN : place;
      });
      return [shaped(shape.toSpliced(at, 1), places ?? null)];
    },
    works: 'input',
  };
}

export const reduction: Operators = {
  ARG_MAX: search(greatest),
  ARG_MIN: search(least),
  // Of whole numbers it is a whole number, too: how it is rounded differs from one type to another.
  MEAN: reduce((elements) => total(elements) / elements.length),
  REDUCE_ALL: reduce(known((elements) => elements.every((one) => one !== 0))),
  REDUCE_ANY: reduce(known((elements) => elements.some((one) => one !== 0))),
  REDUCE_MAX: reduce(greatest),
  REDUCE_MIN: reduce(least),
  REDUCE_PROD: reduce((elements) => elements.reduce((a, b) => a * b, 1)),
  SUM: reduce(total),
};
