/**
 * Which inputs of an operator do not hold weights, or hold them as wide integers. Floating-point tensors count at every input that is not listed as a
 * setting; integers of at most 8 bits at every input that is not a setting; wider integers only where listed as
 * `quantized` (biases in int32). Operators are named as `Node.op`.
 */
interface Inputs {
  /** Scales, zero points, bounds, axes, shapes: never weights. */
  readonly settings?: readonly number[];
  /** Quantized data of any integer type. */
  readonly quantized?: readonly number[];
}

/** Operators that only reshape or decode a tensor: its weights belong to whoever uses their output. */
const PASSING: ReadonlySet<string> = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'com.microsoft.DequantizeLinear',
  'Identity',
  'Reshape',
  'Transpose',
]);

const SCALE_AND_ZERO_POINT: Inputs = { settings: [1, 2] };

const INPUTS = new Map<string, Inputs>(
  Object.entries({
    Clip: { settings: [1, 2] },
    ConvInteger: { settings: [2, 3] },
    DequantizeLinear: { ...SCALE_AND_ZERO_POINT, quantized: [0] },
    Dropout: { settings: [1, 2] },
    Expand: { settings: [1] },
    MatMulInteger: { settings: [2, 3] },
    NonMaxSuppression: { settings: [2, 3, 4] },
    OneHot: { settings: [1, 2] },
    Pad: { settings: [1, 2, 3] },
    QLinearConv: { settings: [1, 2, 4, 5, 6, 7], quantized: [8] },
    QLinearMatMul: { settings: [1, 2, 4, 5, 6, 7] },
    QuantizeLinear: SCALE_AND_ZERO_POINT,
    Range: { settings: [0, 1, 2] },
    Resize: { settings: [1, 2, 3] },
    Shape: { settings: [0] },
    Size: { settings: [0] },
    TopK: { settings: [1] },
    Upsample: { settings: [1] },
    'com.microsoft.DequantizeLinear': { ...SCALE_AND_ZERO_POINT, quantized: [0] },
    'com.microsoft.DynamicQuantizeLSTM': { settings: [8, 9, 10, 11] },
    'com.microsoft.DynamicQuantizeMatMul': { settings: [2, 3] },
    'com.microsoft.GatherBlockQuantized': { settings: [1, 2, 3] },
    'com.microsoft.MatMulBnb4': { settings: [2] },
    'com.microsoft.MatMulIntegerToFloat': { settings: [2, 3, 4, 5] },
    'com.microsoft.MatMulNBits': { settings: [2, 3, 4] },
    'com.microsoft.QAttention': { settings: [3, 4, 6, 7] },
    'com.microsoft.QEmbedLayerNormalization': { settings: [8, 9, 10, 11, 12, 13, 14, 15, 16, 17] },
    'com.microsoft.QGemm': { settings: [1, 2, 4, 5, 7, 8], quantized: [6] },
    'com.microsoft.QLinearAdd': { settings: [1, 2, 4, 5, 6, 7] },
    'com.microsoft.QLinearAveragePool': { settings: [1, 2, 3, 4] },
    'com.microsoft.QLinearConv': { settings: [1, 2, 4, 5, 6, 7], quantized: [8] },
    'com.microsoft.QLinearGlobalAveragePool': { settings: [1, 2, 3, 4] },
    'com.microsoft.QLinearLeakyRelu': { settings: [1, 2, 3, 4] },
    'com.microsoft.QLinearMul': { settings: [1, 2, 4, 5, 6, 7] },
    'com.microsoft.QLinearReduceMean': { settings: [1, 2, 3, 4] },
    'com.microsoft.QLinearSigmoid': { settings: [1, 2, 3, 4] },
    'com.microsoft.QLinearSoftmax': { settings: [1, 2, 3, 4] },
    'com.microsoft.QMoE': { settings: [3, 6, 9] },
    'com.microsoft.QuantizeLinear': SCALE_AND_ZERO_POINT,
  }),
);

/** An output's scale and zero point, then for each input its data, scale and zero point. */
const QLINEAR_CONCAT = 'com.microsoft.QLinearConcat';

/** Whether an operator's output is this input's elements, moved or decoded: its weights belong to whoever uses them. */
export function passesOn(op: string, input: number): boolean {
  return input === 0 && PASSING.has(op);
}

/** Whether an input only sets how the operator works, as axes and pads do. */
export function isSetting(op: string, input: number): boolean {
  if (op === QLINEAR_CONCAT) return input < 2 || input % 3 !== 2;
  if (PASSING.has(op) && input > 0) return true;
  return INPUTS.get(op)?.settings?.includes(input) ?? false;
}

/** Whether an input holds quantized weights, with scales beside it. */
export function isQuantizedData(op: string, input: number): boolean {
  return INPUTS.get(op)?.quantized?.includes(input) ?? false;
}
