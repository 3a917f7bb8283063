import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import type { Dim } from '../sizes';
import type { LayerSpec, WeightSpec } from '../spec';
import { sameShape } from './inputs';

/** Sizes of the axes that a layer has weights for. */
function axisSizes(args: LayerArguments): Dim[] | null {
  const axes = args.list('axis');
  if (!axes?.every((axis) => typeof axis === 'number')) return null;
  return axes.map((axis) => args.inputSize(axis));
}

function scaleAndShift(args: LayerArguments): WeightSpec[] | null {
  const shape = axisSizes(args);
  if (shape === null) return null;
  const made: WeightSpec[] = [];
  if (args.flag('scale')) made.push({ role: 'gamma', shape });
  if (args.flag('center')) made.push({ role: 'beta', shape });
  return made;
}

export const normalizations: Record<string, LayerSpec> = {
  BatchNormalization: {
    signature: signature('axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True'),
    weights: (args) => {
      const made = scaleAndShift(args);
      const shape = axisSizes(args);
      if (made === null || shape === null) return null;
      return [
        ...made,
        { role: 'moving_mean', shape, trainable: false },
        { role: 'moving_variance', shape, trainable: false },
      ];
    },
    output: sameShape,
  },
  LayerNormalization: {
    signature: signature('axis=-1, epsilon=0.001, center=True, scale=True'),
    weights: (args) => {
      const made = scaleAndShift(args);
      // A form of it that older versions have scales only.
      return args.value('rms_scaling') === true
        ? (made?.filter(({ role }) => role === 'gamma') ?? null)
        : made;
    },
    output: sameShape,
  },
  GroupNormalization: {
    signature: signature('groups=32, axis=-1, epsilon=0.001, center=True, scale=True'),
    weights: scaleAndShift,
    output: sameShape,
  },
  RMSNormalization: {
    signature: signature('axis=-1, epsilon=1e-06'),
    weights: (args) => {
      const shape = axisSizes(args);
      return shape && [{ role: 'scale', shape }];
    },
    output: sameShape,
  },
  UnitNormalization: { signature: signature('axis=-1'), output: sameShape },
  Normalization: {
    signature: signature('axis=-1, mean=None, variance=None, invert=False'),
    weights: (args) => {
      if (!args.isNone('mean') || !args.isNone('variance')) return [];
      const shape = args.value('axis') === null ? [] : axisSizes(args);
      if (shape === null) return null;
      return [
        { role: 'mean', shape, trainable: false },
        { role: 'variance', shape, trainable: false },
        { role: 'count', shape: [], trainable: false },
      ];
    },
    output: sameShape,
  },
};
