import { type Precision, paletteBits } from '../../../model/precision';

/**
 * Weights of fewer elements are left: a table or scales, and the 64 bytes by which blobs are aligned, would take much
 * of what is saved, and what is small is often what hurts (coremltools leaves those of 2048 and fewer, too).
 */
export const SMALLEST_WEIGHT = 2048;

/** Why they are left; the same for all, so that they can be told together. */
export const TOO_FEW = `its weights have ${SMALLEST_WEIGHT} elements or fewer, too few to gain by compressing`;

/** Neighbours that share a scale in 4 bits; as many as coremltools and most engines take. */
export const BLOCK = 32;

/** The share that recipes prune unless somebody says another. */
export const SPARSITY = 0.5;

/** The axes of a weight: of output channels, and of the inputs within one, along which blocks lie; the same: there are none. */
export interface Axes {
  readonly channelAxis: number;
  readonly blockAxis: number;
}

/** An operation's parameter that is compressed; `flag` says of a matrix product that the operand is transposed. */
interface ParameterPolicy {
  readonly parameter: string;
  readonly axes: (rank: number, transposed: boolean) => Axes;
  readonly flag?: string;
}

const outputsFirst = (): Axes => ({ channelAxis: 0, blockAxis: 1 });
/** Inputs, outputs of a group and the kernel: a block along the inputs would not lie within the weights of a channel. */
const inputsFirst = (): Axes => ({ channelAxis: 1, blockAxis: 1 });
const inRows = (rank: number): Axes => ({ channelAxis: rank - 2, blockAxis: rank - 1 });
const inColumns = (rank: number): Axes => ({ channelAxis: rank - 1, blockAxis: rank - 2 });

const recurrent = ['weight_ih', 'weight_hh', 'weight_ih_back', 'weight_hh_back'].map(
  (parameter): ParameterPolicy => ({ parameter, axes: outputsFirst }),
);

/**
 * Operations of ML Programs whose weights are compressed: convolutions, products and embeddings. Shapes by MIL's
 * operator sets (https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html).
 */
export const OPERATIONS: ReadonlyMap<string, readonly ParameterPolicy[]> = new Map([
  ['conv', [{ parameter: 'weight', axes: outputsFirst }]],
  ['conv_transpose', [{ parameter: 'weight', axes: inputsFirst }]],
  ['linear', [{ parameter: 'weight', axes: outputsFirst }]],
  [
    'matmul',
    [
      { parameter: 'x', flag: 'transpose_x', axes: (rank, turned) => (turned ? inColumns : inRows)(rank) },
      { parameter: 'y', flag: 'transpose_y', axes: (rank, turned) => (turned ? inRows : inColumns)(rank) },
    ],
  ],
  // An embedding: each row is what one index stands for.
  ['gather', [{ parameter: 'x', axes: (rank) => ({ channelAxis: 0, blockAxis: rank - 1 }) }]],
  ['lstm', recurrent],
  ['gru', recurrent],
  ['rnn', recurrent],
]);

/**
 * Layers of neural networks, and which of their fields (NeuralNetwork.proto). A scale for each output channel is
 * along the first axis, of a deconvolution along the second; of a batched product it is not stated, so it has one.
 */
export const LAYERS: ReadonlyMap<string, RegExp> = new Map([
  ['convolution', /^weights$/],
  ['innerProduct', /^weights$/],
  ['embedding', /^weights$/],
  ['embeddingND', /^weights$/],
  ['batchedMatmul', /^weights$/],
  ...['simpleRecurrent', 'gru', 'uniDirectionalLSTM', 'biDirectionalLSTM'].map((layer): [string, RegExp] => [
    layer,
    /(Weight|Recursion)Matrix$|^(weight|recursion)Matrix$/,
  ]),
]);

const weightsAlone = { activations: 'float32' } as const;

/** What weights of programs can be stored in, the best first. */
export const PROGRAM_PRECISIONS: readonly Precision[] = [
  { ...weightsAlone, weights: 'int8', granularity: 'channel' },
  { ...weightsAlone, weights: 'int4', granularity: { block: BLOCK } },
  ...([8, 6, 4, 3, 2, 1] as const).map(
    (bits): Precision => ({ ...weightsAlone, weights: `palette${bits}`, granularity: 'tensor' }),
  ),
  { ...weightsAlone, weights: 'float16', granularity: 'tensor' },
  { ...weightsAlone, weights: 'float32', granularity: 'tensor', sparsity: SPARSITY },
];

/** A network has no blocks and no masks: 4 bits have a scale for each channel there. */
export const NETWORK_PRECISIONS: readonly Precision[] = PROGRAM_PRECISIONS.filter(
  ({ sparsity }) => sparsity === undefined,
).map((precision) => (precision.weights === 'int4' ? { ...precision, granularity: 'channel' } : precision));

/** Why a neural network cannot have weights at a precision; null where it can. */
export function whyNoNetwork({ granularity, sparsity, weights }: Precision): string | null {
  if (sparsity) return 'a neural network has no masks for weights that are zero: only ML Programs have';
  const grouped = typeof granularity === 'object' && paletteBits(weights) !== null;
  return grouped ? 'a neural network has one table for all of a weight: only ML Programs have groups' : null;
}
