import { isKind } from '../../evaluate/values';
import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, over, times } from '../sizes';
import type { LayerSpec } from '../spec';

/** Layers without weights whose output has the shape of their input. */
const SAME_SHAPE: Record<string, string> = {
  AlphaDropout: 'p=0.5, inplace=False',
  CELU: 'alpha=1.0, inplace=False',
  ChannelShuffle: 'groups',
  Dropout: 'p=0.5, inplace=False',
  Dropout1d: 'p=0.5, inplace=False',
  Dropout2d: 'p=0.5, inplace=False',
  Dropout3d: 'p=0.5, inplace=False',
  ELU: 'alpha=1.0, inplace=False',
  FeatureAlphaDropout: 'p=0.5, inplace=False',
  GELU: 'approximate="none"',
  Hardshrink: 'lambd=0.5',
  Hardsigmoid: 'inplace=False',
  Hardswish: 'inplace=False',
  Hardtanh: 'min_val=-1.0, max_val=1.0, inplace=False',
  Identity: '',
  LeakyReLU: 'negative_slope=0.01, inplace=False',
  LogSigmoid: '',
  LogSoftmax: 'dim=None',
  Mish: 'inplace=False',
  RReLU: 'lower=0.125, upper=0.3333333333333333, inplace=False',
  ReLU: 'inplace=False',
  ReLU6: 'inplace=False',
  SELU: 'inplace=False',
  SiLU: 'inplace=False',
  Sigmoid: '',
  Softmax: 'dim=None',
  Softmax2d: '',
  Softmin: 'dim=None',
  Softplus: 'beta=1.0, threshold=20.0',
  Softshrink: 'lambd=0.5',
  Softsign: '',
  Tanh: '',
  Tanhshrink: '',
  Threshold: 'threshold, value, inplace=False',
};

/** Losses and distances have no weights either, but what they give is not a layer's output. */
const OTHERS: Record<string, string> = {
  BCELoss: 'weight=None, size_average=None, reduce=None, reduction="mean"',
  BCEWithLogitsLoss: 'weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None',
  CosineEmbeddingLoss: 'margin=0.0, size_average=None, reduce=None, reduction="mean"',
  CosineSimilarity: 'dim=1, eps=1e-08',
  CrossEntropyLoss:
    'weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0',
  CTCLoss: 'blank=0, reduction="mean", zero_infinity=False',
  GLU: 'dim=-1',
  Fold: 'output_size, kernel_size, dilation=1, padding=0, stride=1',
  HuberLoss: 'reduction="mean", delta=1.0',
  KLDivLoss: 'size_average=None, reduce=None, reduction="mean", log_target=False',
  GaussianNLLLoss: 'full=False, eps=1e-06, reduction="mean"',
  HingeEmbeddingLoss: 'margin=1.0, size_average=None, reduce=None, reduction="mean"',
  MarginRankingLoss: 'margin=0.0, size_average=None, reduce=None, reduction="mean"',
  MultiLabelMarginLoss: 'size_average=None, reduce=None, reduction="mean"',
  MultiLabelSoftMarginLoss: 'weight=None, size_average=None, reduce=None, reduction="mean"',
  MultiMarginLoss: 'p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"',
  PoissonNLLLoss: 'log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction="mean"',
  SoftMarginLoss: 'size_average=None, reduce=None, reduction="mean"',
  TripletMarginWithDistanceLoss: 'distance_function=None, margin=1.0, swap=False, reduction="mean"',
  L1Loss: 'size_average=None, reduce=None, reduction="mean"',
  MSELoss: 'size_average=None, reduce=None, reduction="mean"',
  NLLLoss: 'weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"',
  PairwiseDistance: 'p=2.0, eps=1e-06, keepdim=False',
  SmoothL1Loss: 'size_average=None, reduce=None, reduction="mean", beta=1.0',
  TripletMarginLoss:
    'margin=1.0, p=2.0, eps=1e-06, swap=False, size_average=None, reduce=None, reduction="mean"',
  Unfold: 'kernel_size, dilation=1, padding=0, stride=1',
};

export const weightless: Record<string, LayerSpec> = {
  Flatten: {
    signature: signature('start_dim=1, end_dim=-1'),
    output: (args) =>
      args.number('start_dim') === 1 && args.number('end_dim') === -1 ? ['N', 'features'] : null,
  },
  Unflatten: { signature: signature('dim, unflattened_size'), output: unflattened },
  Upsample: {
    signature: signature(
      'size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None',
    ),
    output: upsampled,
  },
  UpsamplingNearest2d: { signature: signature('size=None, scale_factor=None'), output: upsampled },
  UpsamplingBilinear2d: { signature: signature('size=None, scale_factor=None'), output: upsampled },
  PixelShuffle: {
    signature: signature('upscale_factor'),
    output: (args) => {
      const by = args.dim('upscale_factor');
      return ['N', over('C', times(by, by)), times(by, 'H'), times(by, 'W')];
    },
  },
  PixelUnshuffle: {
    signature: signature('downscale_factor'),
    output: (args) => {
      const by = args.dim('downscale_factor');
      return ['N', times(times(by, by), 'C'), over('H', by), over('W', by)];
    },
  },
};
for (const [name, parameters] of Object.entries(SAME_SHAPE))
  weightless[name] = { signature: signature(parameters), output: () => ['…'] };
for (const [name, parameters] of Object.entries(OTHERS))
  weightless[name] = { signature: signature(parameters) };

function unflattened(args: LayerArguments): Dim[] | null {
  const sizes = args.list('unflattened_size');
  return args.number('dim') === 1 && sizes ? ['N', ...sizes, '…'] : null;
}

function upsampled(args: LayerArguments): Dim[] | null {
  const { setting } = args;
  if (isKind(setting.args.get('size'), 'unknown') || isKind(setting.args.get('scale_factor'), 'unknown'))
    return null;
  const [size, factor] = [args.list('size'), args.list('scale_factor')];
  const axes = ['H', 'W'];
  if (size) return ['N', 'C', ...(size.length === 1 ? axes.map(() => size[0] ?? '?') : size)];
  if (!factor || (factor.length > 1 && factor.length !== 2)) return null;
  return ['N', 'C', ...axes.map((axis, at) => times(factor[at] ?? factor[0] ?? 1, axis))];
}
