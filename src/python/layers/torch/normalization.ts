import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import type { Dim } from '../sizes';
import { type LayerSpec, type WeightSpec, withBias } from '../spec';
import { AXES } from './convolution';

const BATCH = signature(
  'num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, bias=True',
);
const INSTANCE = signature(
  'num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, bias=True',
);

/** Scale and shift of each channel, and the statistics that training gathers. */
function channelWeights(args: LayerArguments, features: Dim): WeightSpec[] {
  const made: WeightSpec[] = [];
  if (args.flag('affine')) made.push(...scaleAndShift(args, [features]));
  if (args.flag('track_running_stats'))
    made.push(
      { role: 'running_mean', shape: [features], trainable: false },
      { role: 'running_var', shape: [features], trainable: false },
      { role: 'num_batches_tracked', shape: [], trainable: false },
    );
  return made;
}

function scaleAndShift(args: LayerArguments, shape: readonly Dim[]): WeightSpec[] {
  const scale = { role: 'weight', shape };
  return withBias(scale, shape, args.flag('bias'));
}

export const normalizations: Record<string, LayerSpec> = {
  SyncBatchNorm: {
    signature: signature(
      'num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, process_group=None, device=None, dtype=None, bias=True',
    ),
    weights: (args) => channelWeights(args, args.dim('num_features')),
    output: (args) => ['N', args.dim('num_features'), '…'],
  },
  GroupNorm: {
    signature: signature(
      'num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, bias=True',
    ),
    weights: (args) => {
      return args.flag('affine') ? scaleAndShift(args, [args.dim('num_channels')]) : [];
    },
    output: (args) => ['N', args.dim('num_channels'), '…'],
  },
  LayerNorm: {
    signature: signature(
      'normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None',
    ),
    weights: (args) => {
      const shape = normalized(args);
      if (shape === null) return null;
      if (!args.flag('elementwise_affine')) return [];
      return scaleAndShift(args, shape);
    },
    output: (args) => ['…', ...(normalized(args) ?? [])],
  },
  RMSNorm: {
    signature: signature('normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None'),
    weights: (args) => {
      const shape = normalized(args);
      if (shape === null) return null;
      return args.flag('elementwise_affine') ? [{ role: 'weight', shape }] : [];
    },
    output: (args) => ['…', ...(normalized(args) ?? [])],
  },
  LocalResponseNorm: { signature: signature('size, alpha=0.0001, beta=0.75, k=1.0') },
  CrossMapLRN2d: { signature: signature('size, alpha=0.0001, beta=0.75, k=1') },
};

for (const rank of [1, 2, 3]) {
  // A batch norm of one axis is used without that axis as well.
  const axes = rank === 1 ? ['…'] : (AXES[rank] ?? []);
  for (const [name, parameters] of [
    [`BatchNorm${rank}d`, BATCH],
    [`InstanceNorm${rank}d`, INSTANCE],
  ] as const) {
    normalizations[name] = {
      signature: parameters,
      weights: (args) => channelWeights(args, args.dim('num_features')),
      output: (args) => ['N', args.dim('num_features'), ...axes],
    };
    normalizations[`Lazy${name}`] = {
      signature: parameters.slice(1),
      weights: (args) => channelWeights(args, 'num_features'),
    };
  }
}

/** The axes that are normalized; an unknown argument stands for one. */
function normalized(args: LayerArguments): readonly Dim[] | null {
  const value = args.value('normalized_shape');
  if (typeof value === 'object' && value !== null && value.kind === 'unknown') return ['normalized_shape'];
  return args.list('normalized_shape');
}
