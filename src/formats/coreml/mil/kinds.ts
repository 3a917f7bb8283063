import type { Tensor } from '../../../model/model';
import { kindsByName, type OperatorKind } from '../../../model/operatorKind';

/** Operations of ML Programs. */
const KINDS = kindsByName({
  convolution: ['conv'],
  'transposed convolution': ['conv_transpose'],
  'matrix product': ['linear', 'matmul'],
  lstm: ['lstm'],
  clip: ['clip', 'relu6'],
  relu: ['relu'],
  'leaky relu': ['leaky_relu'],
  prelu: ['prelu'],
  elu: ['elu'],
  sigmoid: ['sigmoid'],
  'hard sigmoid': ['sigmoid_hard'],
  swish: ['silu'],
  tanh: ['tanh'],
  gelu: ['gelu'],
  softplus: ['softplus'],
  softsign: ['softsign'],
  softmax: ['softmax'],
  addition: ['add'],
  subtraction: ['sub'],
  multiplication: ['mul'],
  division: ['real_div'],
  maximum: ['maximum'],
  minimum: ['minimum'],
  'max pooling': ['max_pool'],
  'average pooling': ['avg_pool'],
  'reduced mean': ['reduce_mean'],
  'reduced sum': ['reduce_sum'],
  'index of maximum': ['reduce_argmax'],
  'index of minimum': ['reduce_argmin'],
  'batch normalization': ['batch_norm'],
  'instance normalization': ['instance_norm'],
  'layer normalization': ['layer_norm'],
  concatenation: ['concat'],
  stack: ['stack'],
  split: ['split'],
  slice: ['slice_by_index', 'slice_by_size', 'crop'],
  gather: ['gather'],
  'gather of slices': ['gather_nd'],
  padding: ['pad'],
  tile: ['tile'],
  reversal: ['reverse'],
  reshape: ['reshape', 'squeeze', 'expand_dims'],
  transpose: ['transpose'],
  resize: [
    ...['resize', 'resize_bilinear', 'resize_nearest_neighbor'],
    ...['upsample_bilinear', 'upsample_nearest_neighbor'],
  ],
  'depth to space': ['depth_to_space', 'pixel_shuffle'],
  'space to batch': ['space_to_batch'],
  'batch to space': ['batch_to_space'],
  quantize: ['quantize'],
  dequantize: ['dequantize'],
  cast: ['cast'],
  constant: ['const'],
  identity: ['identity'],
});

/** @param filter of a convolution, where it is stored: each channel has one of its own where it has but one channel. */
export function operationKind(
  type: string,
  groups: unknown,
  filter: Tensor | undefined,
): OperatorKind | null {
  const kind = KINDS.get(type) ?? null;
  const depthwise = kind === 'convolution' && Number(groups) > 1 && filter?.shape[1] === 1;
  return depthwise ? 'depthwise convolution' : kind;
}
