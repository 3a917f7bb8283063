import { stored } from '../../following';
import { axisIn, forEachIndex, knownElements, strides, tensor, unknownShape, type Value } from '../../value';
import { intAttribute } from '../attributes';
import { type Context, input, type Operator, type Operators } from './operator';
import { listFrom } from './shape';

type Fold = (elements: readonly number[]) => number;

function reduce(fold?: Fold): Operator {
  return {
    infer(context) {
      const data = input(context, 0);
      const { type, shape } = data;
      const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
      const given = listFrom(context, 'axes', 1);
      if (given === null) {
        return [tensor(type, keep && shape !== null ? unknownShape(shape.length) : null)];
      }
      const none = given === undefined || given.length === 0;
      if (none && intAttribute(context.node, 'noop_with_empty_axes', 0) !== 0) return [tensor(type, shape)];
      if (shape === null) return [tensor(type, none && !keep ? [] : null)];
      const axes = new Set(
        none ? shape.map((_, axis) => axis) : given.map((axis) => axisIn(axis, shape.length)),
      );
      const reduced = keep
        ? shape.map((length, axis) => (axes.has(axis) ? 1 : length))
        : shape.filter((_, axis) => !axes.has(axis));
      return [tensor(type, reduced, fold === undefined ? null : folded(data, axes, fold))];
    },
    works: 'input',
  };
}

function folded(data: Value, axes: ReadonlySet<number>, fold: Fold): number[] | null {
  const elements = knownElements(data);
  if (elements === null || data.shape === null) return null;
  const shape = data.shape as readonly number[];
  const kept = shape.map((length, axis) => (axes.has(axis) ? 1 : length));
  const steps = strides(kept);
  const groups = Array.from({ length: kept.reduce((a, b) => a * b, 1) }, () => [] as number[]);
  let position = 0;
  forEachIndex(shape, (index) => {
    const group = index.reduce(
      (at, n, axis) => at + (axes.has(axis) ? 0 : n * (steps[axis] ?? Number.NaN)),
      0,
    );
    groups[group]?.push(elements[position++] ?? Number.NaN);
  });
  return groups.map((group) => (group.length === 0 ? Number.NaN : stored(data.type, fold(group))));
}

/** The index of the largest or smallest element along an axis. */
const argument: Operator = {
  infer(context: Context) {
    const { shape } = input(context, 0);
    if (shape === null) return [tensor('int64', null)];
    const axis = axisIn(intAttribute(context.node, 'axis', 0), shape.length);
    const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
    return [tensor('int64', keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1))];
  },
  works: 'input',
};

const total: Fold = (elements) => elements.reduce((a, b) => a + b, 0);

export const reductions: Operators = {
  ReduceL1: reduce(),
  ReduceL2: reduce(),
  ReduceLogSum: reduce(),
  ReduceLogSumExp: reduce(),
  ReduceSumSquare: reduce(),
  ReduceMax: reduce((elements) => Math.max(...elements)),
  ReduceMin: reduce((elements) => Math.min(...elements)),
  ReduceMean: reduce((elements) => total(elements) / elements.length),
  ReduceProd: reduce((elements) => elements.reduce((a, b) => a * b, 1)),
  ReduceSum: reduce(total),
  'com.microsoft.ReduceSumInteger': {
    ...reduce(),
    infer: (context) => [{ ...(reduce().infer(context)[0] ?? tensor(null, null)), type: 'int32' }],
  },
  ArgMax: argument,
  ArgMin: argument,
};
