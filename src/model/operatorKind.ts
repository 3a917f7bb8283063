/**
 * What an operator does, whatever its format calls it: ONNX's `GlobalAveragePool`, a pooling layer of Core ML with its
 * window over everything. Operators of one kind differ in attributes alone.
 */
export type OperatorKind =
  | 'convolution'
  | 'depthwise convolution'
  | 'transposed convolution'
  | 'matrix product'
  | 'lstm'
  | Activation
  | 'softmax'
  | Arithmetic
  | 'max pooling'
  | 'average pooling'
  | 'global max pooling'
  | 'global average pooling'
  | 'reduced mean'
  | 'reduced sum'
  | 'index of maximum'
  | 'index of minimum'
  | 'batch normalization'
  | 'instance normalization'
  | 'layer normalization'
  | 'concatenation'
  | 'stack'
  | 'unstack'
  | 'split'
  | 'slice'
  | 'gather'
  | 'gather of slices'
  | 'padding'
  | 'tile'
  | 'broadcast'
  | 'reversal'
  | 'reshape'
  | 'transpose'
  | 'resize'
  | 'depth to space'
  | 'space to batch'
  | 'batch to space'
  | 'quantize'
  | 'dequantize'
  | 'cast'
  | 'constant'
  | 'identity';

/** A function of each element by itself. `clip`: between two constants, as ReLU6 is; `swish` is SiLU. */
export type Activation =
  | 'clip'
  | 'relu'
  | 'leaky relu'
  | 'prelu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'hard sigmoid'
  | 'swish'
  | 'hard swish'
  | 'tanh'
  | 'gelu'
  | 'softplus'
  | 'softsign';

/** Element by element. */
export type Arithmetic =
  | 'addition'
  | 'subtraction'
  | 'multiplication'
  | 'division'
  | 'negation'
  | 'maximum'
  | 'minimum';

/** Where the channels of a tensor with places (images, sequences, volumes) are: [N, C, H, W] or [N, H, W, C]. */
export type Layout = 'channels first' | 'channels last';

const OF_PLACES: ReadonlySet<OperatorKind | null> = new Set([
  'convolution',
  'depthwise convolution',
  'transposed convolution',
  'max pooling',
  'average pooling',
  'global max pooling',
  'global average pooling',
  'batch normalization',
  'instance normalization',
  'resize',
  'depth to space',
]);

/** Whether operators of a kind tell channels from places, so that the layout of their tensors matters. */
export function hasLayout(kind: OperatorKind | null): boolean {
  return OF_PLACES.has(kind);
}

/** A format's table turned around: the kind by name of an operator. */
export function kindsByName(
  table: Partial<Record<OperatorKind, readonly string[]>>,
): ReadonlyMap<string, OperatorKind> {
  return new Map(
    Object.entries(table).flatMap(([kind, names]) => names.map((name) => [name, kind as OperatorKind])),
  );
}

/** They take no more of their inputs than they give: of an embedding only the rows that are asked for. */
export const PICKERS: ReadonlySet<OperatorKind | null> = new Set(['gather', 'gather of slices', 'slice']);
