import { itemAt } from '../../../model/assert';
import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, plus, slid, times } from '../sizes';
import type { LayerSpec } from '../spec';
import { AXES } from './convolution';

export const poolings: Record<string, LayerSpec> = {};
for (const rank of [1, 2, 3]) {
  poolings[`MaxPool${rank}d`] = {
    signature: signature(
      'kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False',
    ),
    output: (args) => pooled(args, rank),
  };
  poolings[`AvgPool${rank}d`] = {
    signature: signature(
      rank === 1
        ? 'kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True'
        : 'kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None',
    ),
    output: (args) => pooled(args, rank),
  };
  poolings[`LPPool${rank}d`] = {
    signature: signature('norm_type, kernel_size, stride=None, ceil_mode=False'),
    output: (args) => pooled(args, rank),
  };
  poolings[`MaxUnpool${rank}d`] = { signature: signature('kernel_size, stride=None, padding=0') };
  poolings[`AdaptiveAvgPool${rank}d`] = {
    signature: signature('output_size'),
    output: (args) => adaptive(args, rank),
  };
  poolings[`AdaptiveMaxPool${rank}d`] = {
    signature: signature('output_size, return_indices=False'),
    output: (args) => adaptive(args, rank),
  };
  for (const kind of ['Constant', 'Reflection', 'Replication', 'Zero', 'Circular'])
    poolings[`${kind}Pad${rank}d`] = {
      signature: signature(kind === 'Constant' ? 'padding, value' : 'padding'),
      output: (args) => padded(args, rank),
    };
}
for (const rank of [2, 3])
  poolings[`FractionalMaxPool${rank}d`] = {
    signature: signature(
      'kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None',
    ),
  };

function pooled(args: LayerArguments, rank: number): Dim[] {
  const kernel = args.dims('kernel_size', rank);
  const stride = args.isNone('stride') ? kernel : args.dims('stride', rank);
  const padding = args.value('padding') === undefined ? [] : args.dims('padding', rank);
  const dilation = args.value('dilation') === undefined ? [] : args.dims('dilation', rank);
  // Rounding up adds what a whole window lacks.
  const up = args.value('ceil_mode') === true;
  const sizes = (AXES[rank] ?? []).map((size, axis) => {
    const step = itemAt(stride, axis);
    if (up && step !== 1) return '?';
    return slid(size, {
      kernel: itemAt(kernel, axis),
      stride: step,
      padding: padding[axis] ?? 0,
      dilation: dilation[axis] ?? 1,
    });
  });
  return ['N', 'C', ...sizes];
}

function adaptive(args: LayerArguments, rank: number): Dim[] {
  const value = args.value('output_size');
  const axes = AXES[rank] ?? [];
  const wanted = args.dims('output_size', rank);
  // None keeps the size of the input.
  const kept =
    typeof value === 'object' && value?.kind === 'sequence' ? value.items.map((one) => one === null) : [];
  return [
    'N',
    'C',
    ...wanted.map((size, axis) => (kept[axis] || value === null ? (axes[axis] ?? size) : size)),
  ];
}

/** PyTorch pads the last axis first: left, right, top, bottom, front, back. */
function padded(args: LayerArguments, rank: number): Dim[] {
  const padding = args.list('padding');
  const axes = AXES[rank] ?? [];
  const sizes = axes.map((size, axis): Dim => {
    const at = 2 * (rank - 1 - axis);
    const [before, after] =
      padding?.length === 1 ? [padding[0], padding[0]] : [padding?.[at], padding?.[at + 1]];
    if (before === undefined || after === undefined) return '?';
    return before === after ? plus(size, times(2, before)) : plus(plus(size, before), after);
  });
  return ['N', 'C', ...sizes];
}
