import { itemAt } from '../../../model/assert';
import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, floorOver, groupFactor, over, plus, slid, spread, times } from '../sizes';
import { type LayerSpec, type WeightSpec, withBias } from '../spec';
import { picture, pictureShape } from './inputs';

const CONV =
  'filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, groups=1, activation=None, use_bias=True';
const TRANSPOSED =
  'filters, kernel_size, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1, activation=None, use_bias=True';
const TRANSPOSED_3D = TRANSPOSED.replace(
  ', output_padding=None, data_format=None',
  ', data_format=None, output_padding=None',
);
const DEPTHWISE =
  'kernel_size, strides=1, padding="valid", depth_multiplier=1, data_format=None, dilation_rate=1, activation=None, use_bias=True';
const SEPARABLE =
  'filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, depth_multiplier=1, activation=None, use_bias=True';
const CONV_LSTM =
  'filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh", recurrent_activation="sigmoid", use_bias=True, return_sequences=False';

export const convolutions: Record<string, LayerSpec> = {};
for (const rank of [1, 2, 3]) {
  convolutions[`Conv${rank}D`] = {
    signature: signature(CONV),
    weights: (args) => {
      const kernel = args.dims('kernel_size', rank);
      const [{ channels }, groups] = [picture(args, rank), args.dim('groups')];
      const filters = args.dim('filters');
      const weight = {
        role: 'kernel',
        shape: [...kernel, over(channels, groups), filters],
        factors: [...kernel, groupFactor(channels, groups), filters],
      };
      return withBias(weight, [filters], args.flag('use_bias'));
    },
    output: (args) => convolved(args, rank, args.dim('filters')),
  };
  convolutions[`Conv${rank}DTranspose`] = {
    signature: signature(rank === 3 ? TRANSPOSED_3D : TRANSPOSED),
    weights: (args) => {
      const kernel = args.dims('kernel_size', rank);
      const { channels } = picture(args, rank);
      const filters = args.dim('filters');
      const weight = {
        role: 'kernel',
        shape: [...kernel, filters, channels],
        factors: [...kernel, channels, filters],
      };
      return withBias(weight, [filters], args.flag('use_bias'));
    },
    output: (args) => transposed(args, rank),
  };
  convolutions[`ConvLSTM${rank}D`] = {
    signature: signature(CONV_LSTM),
    weights: (args) => {
      const kernel = args.dims('kernel_size', rank);
      const filters = args.dim('filters');
      const gates = times(4, filters);
      const channels = args.inputSize(args.text('data_format') === 'channels_first' ? 2 : -1);
      const made: WeightSpec[] = [
        { role: 'kernel', shape: [...kernel, channels, gates], factors: [...kernel, channels, 4, filters] },
        {
          role: 'recurrent_kernel',
          shape: [...kernel, filters, gates],
          factors: [...kernel, filters, 4, filters],
        },
      ];
      if (args.flag('use_bias')) made.push({ role: 'bias', shape: [gates], factors: [4, filters] });
      return made;
    },
  };
}
for (const rank of [1, 2]) {
  convolutions[`DepthwiseConv${rank}D`] = {
    signature: signature(DEPTHWISE),
    weights: (args) => {
      const { channels } = picture(args, rank);
      const multiplier = args.dim('depth_multiplier');
      const weight = { role: 'kernel', shape: [...args.dims('kernel_size', rank), channels, multiplier] };
      return withBias(weight, [times(channels, multiplier)], args.flag('use_bias'));
    },
    output: (args) =>
      convolved(args, rank, times(picture(args, rank).channels, args.dim('depth_multiplier'))),
  };
  convolutions[`SeparableConv${rank}D`] = {
    signature: signature(SEPARABLE),
    weights: (args) => {
      const { channels } = picture(args, rank);
      const [filters, multiplier] = [args.dim('filters'), args.dim('depth_multiplier')];
      const kernel = args.dims('kernel_size', rank);
      const middle = times(channels, multiplier);
      const point = {
        role: 'pointwise_kernel',
        shape: [...kernel.map(() => 1), middle, filters],
        factors: [middle, filters],
      };
      return [
        { role: 'depthwise_kernel', shape: [...kernel, channels, multiplier] },
        ...withBias(point, [filters], args.flag('use_bias')),
      ];
    },
    output: (args) => convolved(args, rank, args.dim('filters')),
  };
}

function convolved(args: LayerArguments, rank: number, filters: Dim): Dim[] {
  const input = picture(args, rank);
  const kernel = args.dims('kernel_size', rank);
  const [stride, dilation] = [args.dims('strides', rank), args.dims('dilation_rate', rank)];
  const space = input.space.map((size, axis) =>
    padded(size, args.text('padding'), itemAt(kernel, axis), itemAt(stride, axis), itemAt(dilation, axis)),
  );
  return pictureShape(input, space, filters);
}

/** Places of a window along one axis. */
export function padded(size: Dim, padding: string | null, kernel: Dim, stride: Dim, dilation: Dim = 1): Dim {
  if (padding === null) return '?';
  // "same" and "causal" pad so that only the stride counts.
  if (padding !== 'valid') return floorOver(size, plus(stride, -1), stride);
  return slid(size, { kernel, stride, dilation });
}

function transposed(args: LayerArguments, rank: number): Dim[] {
  const input = picture(args, rank);
  const kernel = args.dims('kernel_size', rank);
  const stride = args.dims('strides', rank);
  const plain = args.isNone('output_padding') && args.dims('dilation_rate', rank).every((one) => one === 1);
  const space = input.space.map((size, axis): Dim => {
    const [step, width] = [itemAt(stride, axis), itemAt(kernel, axis)];
    if (!plain) return '?';
    const grown = times(step, size);
    if (args.text('padding') === 'same') return grown;
    if (typeof step !== 'number' || typeof width !== 'number') return '?';
    // Where a window leaves gaps there is one behind the last place too.
    return spread(size, { kernel: Math.max(width, step), stride: step });
  });
  return pictureShape(input, space, args.dim('filters'));
}
