import { type DataType, isFloat } from '../../../model/dataType';
import { axisIn, dimension, tensor, type Value } from '../../value';
import { intAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, named, type Operator, type Operators } from './operator';

const likeFirst: Operator = { infer: (context) => [tensor(input(context, 0).type, input(context, 0).shape)] };

/** The normalized tensor, then statistics with the axes that were normalized as 1. */
function layer(context: Context, statistics: number): readonly Value[] {
  const { type, shape } = input(context, 0);
  const stash = dataTypeOf(intAttribute(context.node, 'stash_type', 1));
  if (shape === null) return [tensor(type, null)];
  const axis = axisIn(intAttribute(context.node, 'axis', -1), shape.length);
  const reduced = shape.map((length, n) => (n < axis ? length : 1));
  return [tensor(type, shape), ...new Array<Value>(statistics).fill(tensor(stash, reduced))];
}

/** In training it gives statistics of each channel as well. */
function batch(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const channel = tensor(input(context, 3).type ?? type, [dimension(input(context, 3), 0)]);
  return [tensor(type, shape), channel, channel, channel, channel];
}

/** Outputs: the normalized sum, its mean and inverse deviation, and the sum itself. */
function skip(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const statistics = tensor(
    'float32',
    shape?.map((length, n) => (n < shape.length - 1 ? length : 1)) ?? null,
  );
  return [tensor(type, shape), statistics, statistics, tensor(type, shape)];
}

/** Token ids [B, S] to [B, S, width]; then how many tokens of each sequence are not masked, and the plain sum. */
function embedding(width: number, gamma: number, scale: number | null) {
  return (context: Context): readonly Value[] => {
    const ids = input(context, 0);
    const type: DataType | null = input(context, scale ?? gamma).type;
    const shape = [dimension(ids, 0), dimension(ids, 1), dimension(input(context, width), 1)];
    const float = type !== null && isFloat(type) ? type : null;
    return [tensor(float, shape), tensor('int32', [dimension(ids, 0)]), tensor(float, shape)];
  };
}

export const normalizations: Operators = {
  ...named(
    [
      'InstanceNormalization',
      'GroupNormalization',
      'LRN',
      'LpNormalization',
      'MeanVarianceNormalization',
      'com.microsoft.GroupNorm',
    ],
    likeFirst,
  ),
  BatchNormalization: { infer: batch },
  LayerNormalization: { infer: (context) => layer(context, 2) },
  ...named(['RMSNormalization', 'SimplifiedLayerNormalization'], { infer: (context) => layer(context, 1) }),
  ...named(['com.microsoft.SkipLayerNormalization', 'com.microsoft.SkipSimplifiedLayerNormalization'], {
    infer: skip,
  }),
  'com.microsoft.EmbedLayerNormalization': { infer: embedding(2, 5, null) },
  'com.microsoft.QEmbedLayerNormalization': { infer: embedding(2, 5, 8) },
};
