import { dimension, tensor, type Value } from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { type Context, input, named, type Operator, type Operators } from './operator';
import { slidSides, spatial, spreadSides } from './window';

/** A window over [N, C, D1 … Dn]; with `channels_last` over [N, D1 … Dn, C]. */
function pool(context: Context): Value {
  const { type, shape } = input(context, 0);
  if (shape === null) return tensor(type, null);
  const last = intAttribute(context.node, 'channels_last', 0) !== 0;
  const sides = last ? shape.slice(1, -1) : spatial(shape);
  const lengths = slidSides(context, sides, intsAttribute(context.node, 'kernel_shape') ?? []);
  const [batch, channels] = [shape[0] ?? null, shape.at(last ? -1 : 1) ?? null];
  return tensor(type, last ? [batch, ...lengths, channels] : [batch, channels, ...lengths]);
}

function poolGlobally(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const last = intAttribute(context.node, 'channels_last', 0) !== 0;
  const kept = last ? (shape?.length ?? 0) - 1 : 1;
  return [tensor(type, shape?.map((length, axis) => (axis === 0 || axis === kept ? length : 1)) ?? null)];
}

const pooling: Operator = { infer: (context) => [pool(context)], works: 'input' };
const globalPooling: Operator = { infer: poolGlobally, works: 'input' };

/** Regions of [N, C, H, W], one result for each row of `rois`. */
function regions(context: Context, height: number, width: number): readonly Value[] {
  const { type } = input(context, 0);
  const count = dimension(input(context, 1), 0);
  return [tensor(type, [count, dimension(input(context, 0), 1), height, width])];
}

export const poolings: Operators = {
  ...named(['AveragePool', 'LpPool', 'com.microsoft.QLinearAveragePool'], pooling),
  MaxPool: {
    infer(context) {
      const pooled = pool(context);
      return [pooled, tensor('int64', pooled.shape)];
    },
    works: 'input',
  },
  ...named(
    ['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool', 'com.microsoft.QLinearGlobalAveragePool'],
    globalPooling,
  ),
  MaxUnpool: {
    infer(context) {
      const { type, shape } = input(context, 0);
      const given = input(context, 2).elements;
      if (shape === null) return [tensor(type, null)];
      if (context.inputs[2]) {
        return [tensor(type, given?.map((length) => (Number.isNaN(length) ? null : length)) ?? null)];
      }
      const kernel = intsAttribute(context.node, 'kernel_shape') ?? [];
      const lengths = spreadSides(context, spatial(shape), kernel);
      return [tensor(type, [...shape.slice(0, 2), ...lengths])];
    },
  },
  MaxRoiPool: {
    infer(context) {
      const [height, width] = intsAttribute(context.node, 'pooled_shape') ?? [];
      return regions(context, height ?? 1, width ?? 1);
    },
    works: 'input',
  },
  RoiAlign: {
    infer: (context) =>
      regions(
        context,
        intAttribute(context.node, 'output_height', 1),
        intAttribute(context.node, 'output_width', 1),
      ),
  },
};
