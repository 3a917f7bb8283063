import type { OperatorKind } from '../../../model/operatorKind';

/**
 * What the rows of XNNPACK's profile are called, and which operators of a file become them: its kind, or the operator
 * where its kind has no name. Names are those of `src/xnnpack/operator-type-defs.inc` in XNNPACK without the types
 * behind them; which operators they come from stands in `tflite/delegates/xnnpack/README.md` of LiteRT, and was
 * seen by running each operator of real models alone (LiteRT 2.3.0).
 */
type Operator =
  | OperatorKind
  | Uppercase<string>
  | 'MaxPoolingWithArgmax2D'
  | 'MaxUnpooling2D'
  | 'Convolution2DTransposeBias';

/** By name, or by name and kernel; those that mostly become it come first. */
const OPERATORS: Readonly<Record<string, readonly Operator[]>> = {
  'Convolution DWConv': ['depthwise convolution', 'convolution'],
  Convolution: ['convolution', 'depthwise convolution'],
  'Fully Connected': ['matrix product', 'convolution'],
  'Dynamic Fully Connected': ['matrix product', 'convolution'],
  'Batch Matrix Multiply': ['matrix product'],
  Deconvolution: ['transposed convolution', 'Convolution2DTransposeBias'],
  'Average Pooling': ['average pooling', 'reduced mean'],
  'Max Pooling': ['max pooling'],
  'ArgMax Pooling': ['MaxPoolingWithArgmax2D'],
  Unpooling: ['MaxUnpooling2D'],
  Mean: ['reduced mean', 'average pooling'],
  'Mean Squared': ['reduced mean'],
  Sum: ['reduced sum', 'reduced mean'],
  'Reduce Max': ['REDUCE_MAX'],
  'Reduce Min': ['REDUCE_MIN'],
  Softmax: ['softmax'],
  // A sum of squares.
  Normalize: ['reduced sum', 'L2_NORMALIZATION'],
  Add: ['addition'],
  Subtract: ['subtraction'],
  Multiply: ['multiplication'],
  Divide: ['division'],
  Maximum: ['maximum'],
  Minimum: ['minimum'],
  'Squared Difference': ['SQUARED_DIFFERENCE'],
  Power: ['POW'],
  ATan2: ['ATAN2'],
  PReLU: ['prelu'],
  Clamp: ['clip', 'relu'],
  LeakyReLU: ['leaky relu'],
  ELU: ['elu'],
  GELU: ['gelu'],
  ApproxGELU: ['gelu'],
  HardSwish: ['hard swish'],
  Sigmoid: ['sigmoid'],
  TanH: ['tanh'],
  Abs: ['ABS'],
  'Bankders Rounding': ['ROUND'],
  Ceiling: ['CEIL'],
  Cosine: ['COS'],
  Exp: ['EXP'],
  Floor: ['FLOOR'],
  Log: ['LOG'],
  Negate: ['negation'],
  'Reciprocal Square Root': ['RSQRT'],
  Sign: ['SIGN'],
  Sine: ['SIN'],
  Square: ['SQUARE', 'POW'],
  'Square Root': ['SQRT'],
  'Constant Pad': ['padding'],
  'Resize Bilinear': ['resize'],
  'Depth To Space': ['depth to space'],
  'Space To Depth': ['SPACE_TO_DEPTH'],
  Transpose: ['transpose'],
  'Static Reshape': ['reshape'],
  'Static Expand Dims': ['reshape'],
  'Fuse Dims': ['reshape'],
  'Split Dims': ['reshape'],
  Slice: ['slice', 'split', 'unstack'],
  Copy: ['concatenation', 'split', 'reshape', 'slice', 'stack', 'unstack'],
  Convert: ['quantize', 'dequantize', 'cast'],
};

/** Operators that hand on or take together several tensors, with a row for each. */
const IN_PARTS: ReadonlySet<string> = new Set(['concatenation', 'split', 'stack', 'unstack']);

/** Rows that prepare what an operator reads, and those that finish what it gives, by the operators that are known for it. */
const BEFORE: Readonly<Record<string, readonly Operator[]>> = {
  // The two dimensions that a matrix has.
  'Static Reshape': ['matrix product'],
  Transpose: ['matrix product'],
  'Pack LH': ['matrix product', 'convolution'],
  // Activations that are quantized as they come, where the weights are integers.
  Convert: ['matrix product', 'convolution', 'depthwise convolution', 'transposed convolution'],
};
const AFTER: Readonly<Record<string, readonly Operator[]>> = {
  'Static Reshape': ['matrix product', 'reduced mean', 'reduced sum'],
  Transpose: ['matrix product'],
};

/** Rows that only move data or change how it is stored: they serve an operator also where it is not known for them. */
const MOVING: ReadonlySet<string> = new Set([
  'Constant Pad',
  'Convert',
  'Copy',
  'Fuse Dims',
  'Pack LH',
  'Slice',
  'Split Dims',
  'Static Expand Dims',
  'Static Reshape',
  'Transpose',
]);

const CLAMP = 'Clamp';

/** An operator of the file, as far as its rows depend on it. */
export interface DelegatedNode {
  readonly op: string;
  readonly kind: OperatorKind | null;
  /** It has an activation function of its own. */
  readonly activation: boolean;
  /** It is a square, also where the file says that it is a product with itself. */
  readonly square: boolean;
}

/** `Convolution (NHWC, F32) DWConv` taken apart. */
export interface XnnpackRow {
  readonly name: string;
  readonly kernel: string;
}

/** The parts of what XNNPACK calls a row; one of another form is a name alone. */
export function xnnpackRow(text: string): XnnpackRow {
  const [, name = text, kernel = ''] = /^(.*?) \([^)]*\) ?(.*)$/.exec(text) ?? [];
  return { name, kernel };
}

/** How unlikely it is that a row is an operator's own: 0 is likely; null: it is not. */
export function ownRank({ name, kernel }: XnnpackRow, node: DelegatedNode): number | null {
  const operators = OPERATORS[`${name} ${kernel}`] ?? OPERATORS[name] ?? [];
  const rank = operators.findIndex((operator) => isOf(operator, node));
  return rank < 0 ? null : rank;
}

/** Whether an operator can have several own rows of a kind. */
export function inParts({ kind }: DelegatedNode): boolean {
  return IN_PARTS.has(kind ?? '');
}

/** What a row can be for an operator whose own it is not. null: nothing. */
export type Help = 'known' | 'possible' | null;

/** Whether a row may prepare what an operator reads. */
export function helpBefore({ name }: XnnpackRow, node: DelegatedNode): Help {
  return help(BEFORE[name], name, node);
}

/** Whether a row may finish what an operator gives. */
export function helpAfter({ name }: XnnpackRow, node: DelegatedNode): Help {
  if (name === CLAMP) return node.activation ? 'known' : null;
  return help(AFTER[name], name, node);
}

function help(known: readonly Operator[] = [], name: string, node: DelegatedNode): Help {
  if (known.some((operator) => isOf(operator, node))) return 'known';
  return MOVING.has(name) ? 'possible' : null;
}

function isOf(operator: Operator, { op, kind, square }: DelegatedNode): boolean {
  return operator === kind || operator === op || (operator === 'SQUARE' && square);
}
