import { itemAt } from '../../../model/assert';
import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, groupFactor, over, slid, spread } from '../sizes';
import { type LayerSpec, type WeightSpec, withBias } from '../spec';

const CONV = signature(
  'in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros", device=None, dtype=None',
);
const TRANSPOSED = signature(
  'in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode="zeros", device=None, dtype=None',
);

/** Names of the axes of a picture, a sound or a volume. */
export const AXES: readonly (readonly string[])[] = [[], ['L'], ['H', 'W'], ['D', 'H', 'W']];

export const convolutions: Record<string, LayerSpec> = {};
for (const rank of [1, 2, 3]) {
  convolutions[`Conv${rank}d`] = {
    signature: CONV,
    weights: (args) => weights(args, rank, args.dim('in_channels')),
    output: (args) => convolved(args, rank),
  };
  convolutions[`ConvTranspose${rank}d`] = {
    signature: TRANSPOSED,
    weights: (args) => weights(args, rank, args.dim('in_channels'), true),
    output: (args) => transposed(args, rank),
  };
  // The lazy ones take the size of their input from the first one that they meet.
  convolutions[`LazyConv${rank}d`] = {
    signature: CONV.slice(1),
    weights: (args) => weights(args, rank, 'in_channels'),
    output: (args) => convolved(args, rank),
  };
  convolutions[`LazyConvTranspose${rank}d`] = {
    signature: TRANSPOSED.slice(1),
    weights: (args) => weights(args, rank, 'in_channels', true),
    output: (args) => transposed(args, rank),
  };
}

function weights(args: LayerArguments, rank: number, channels: Dim, transposes = false): WeightSpec[] {
  const kernel = args.dims('kernel_size', rank);
  const [filters, groups] = [args.dim('out_channels'), args.dim('groups')];
  // Each filter sees the channels of its group; a transposed one gives each channel to the filters of its group.
  const weight: WeightSpec = transposes
    ? {
        role: 'weight',
        shape: [channels, over(filters, groups), ...kernel],
        factors: [...kernel, channels, groupFactor(filters, groups)],
      }
    : {
        role: 'weight',
        shape: [filters, over(channels, groups), ...kernel],
        factors: [...kernel, groupFactor(channels, groups), filters],
      };
  return withBias(weight, [filters], args.flag('bias'));
}

function convolved(args: LayerArguments, rank: number): Dim[] {
  const [kernel, stride] = [args.dims('kernel_size', rank), args.dims('stride', rank)];
  const [padding, dilation] = [args.dims('padding', rank), args.dims('dilation', rank)];
  const mode = args.text('padding');
  const sizes = (AXES[rank] ?? []).map((size, axis) => {
    if (mode === 'same') return size;
    return slid(size, {
      kernel: itemAt(kernel, axis),
      stride: itemAt(stride, axis),
      padding: mode === 'valid' ? 0 : itemAt(padding, axis),
      dilation: itemAt(dilation, axis),
    });
  });
  return ['N', args.dim('out_channels'), ...sizes];
}

function transposed(args: LayerArguments, rank: number): Dim[] {
  const axis = (name: string, at: number) => itemAt(args.dims(name, rank), at);
  const sizes = (AXES[rank] ?? []).map((size, at): Dim => {
    const window = {
      kernel: axis('kernel_size', at),
      stride: axis('stride', at),
      padding: axis('padding', at),
      dilation: axis('dilation', at),
    };
    return spread(size, window, axis('output_padding', at));
  });
  return ['N', args.dim('out_channels'), ...sizes];
}
