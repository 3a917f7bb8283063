import { axisIn, knownScalar, unknownShape } from '../../value';
import { numberOption } from '../options';
import { input, named, type Operator, type Operators, settings, shaped } from './operator';

/** Axes come as an input; products and sums of vectors are followed, since shapes are computed with them. */
function reduce(combine?: (a: number, b: number) => number): Operator {
  return {
    infer: (context) => {
      const { shape, elements } = input(context, 0);
      const axes = settings(context, 1);
      const keep = numberOption(context.operator, 'keepDims') === 1;
      if (shape === null || axes === null) return [shaped(keep ? unknownShape(shape?.length ?? null) : null)];
      const reduced = new Set(axes.map((axis) => axisIn(axis, shape.length)));
      const left = shape.flatMap((length, axis) => (reduced.has(axis) ? (keep ? [1] : []) : [length]));
      const whole = combine && elements && elements.length > 0 && reduced.size === shape.length;
      return [shaped(left, whole ? [elements.reduce(combine)] : null)];
    },
    works: 'input',
  };
}

const search: Operator = {
  infer: (context) => {
    const { shape } = input(context, 0);
    const axis = knownScalar(context.inputs[1]);
    if (shape === null || axis === null) return [shaped(shape && unknownShape(shape.length - 1))];
    return [shaped(shape.toSpliced(axisIn(axis, shape.length), 1))];
  },
  works: 'input',
};

export const reduction: Operators = {
  ...named('ARG_MAX ARG_MIN', search),
  ...named('MEAN REDUCE_ALL REDUCE_ANY', reduce()),
  REDUCE_MAX: reduce((a, b) => Math.max(a, b)),
  REDUCE_MIN: reduce((a, b) => Math.min(a, b)),
  REDUCE_PROD: reduce((a, b) => a * b),
  SUM: reduce((a, b) => a + b),
};
