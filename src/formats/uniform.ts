import { roundHalfToEven } from '../model/rounding';
import type { Range } from './plan';

/** Scale and zero point: real = (quantized − zeroPoint) · scale. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smaller ones would make a bias's scale, a product of two, less than float32 can hold with full precision. */
const SMALLEST_SCALE = 2 ** -60;

/** A bias must fit 32 bits with room for the sums that are added to it. */
const LARGEST_BIAS = 2 ** 30;

/** Smallest and largest value of an integer type. */
export function limitsOf(type: 'uint8' | 'int8'): { low: number; high: number } {
  return type === 'uint8' ? { low: 0, high: 255 } : { low: -128, high: 127 };
}

/** Scale and zero point that cover a range and hold zero exactly, which padding and Relu need. */
export function affineOf(range: Range, type: 'uint8' | 'int8'): Affine {
  const { low, high } = limitsOf(type);
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  // A tensor that is zero throughout: any scale is right, this one is harmless.
  if (max - min === 0) return { scale: 1, zeroPoint: type === 'uint8' ? 0 : -128 };
  const scale = Math.fround(Math.max((max - min) / (high - low), SMALLEST_SCALE));
  const zeroPoint = Math.min(high, Math.max(low, roundHalfToEven(low - min / scale)));
  return { scale, zeroPoint };
}

const EIGHT_BITS = 127;
const SEVEN_BITS = 63;

export interface QuantizedWeights {
  readonly values: Int8Array;
  /** One a channel. */
  readonly scales: Float32Array;
}

/**
 * Symmetric 8-bit weights, zero point 0. `inner` is the number of elements from one channel to the next along
 * the axis, `channels` their number. `reduceRange` leaves one of the 8 bits unused. `smallest` holds a scale that
 * each channel must at least have.
 */
export function quantizeWeights(
  values: ArrayLike<number>,
  layout: { channels: number; inner: number },
  reduceRange: boolean,
  smallest: ArrayLike<number> | null,
): QuantizedWeights {
  const { channels, inner } = layout;
  const limit = reduceRange ? SEVEN_BITS : EIGHT_BITS;
  const largest = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(values[i] ?? 0));
  }
  const scales = new Float32Array(channels);
  for (let c = 0; c < channels; c++)
    scales[c] = Math.max((largest[c] ?? 0) / limit, smallest?.[c] ?? 0, SMALLEST_SCALE);
  const quantized = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const scale = scales[Math.floor(i / inner) % channels] ?? 1;
    const rounded = roundHalfToEven((values[i] ?? 0) / scale);
    quantized[i] = Math.max(-limit, Math.min(limit, rounded));
  }
  return { values: quantized, scales };
}

/** The scale that each channel's weights need at least, so that its bias fits 32 bits. */
export function smallestScales(bias: ArrayLike<number>, inputScale: number): Float64Array {
  return Float64Array.from(bias, (value) => Math.abs(value) / (LARGEST_BIAS * inputScale));
}

/** The bias in 32 bits, at the scale of the sums that it is added to. */
export function quantizeBias(
  bias: ArrayLike<number>,
  inputScale: number,
  weightScales: Float32Array,
): { values: Int32Array; scales: Float32Array } {
  const scales = weightScales.map((scale) => inputScale * scale);
  const values = Int32Array.from(bias, (value, c) => roundHalfToEven(value / (scales[c] ?? 1)));
  return { values, scales };
}

/** Values as integers: rounded half to even, as ONNX and TensorFlow Lite do, and kept within the type. */
export function quantize(values: ArrayLike<number>, { scale, zeroPoint }: Affine, type: 'uint8' | 'int8') {
  const { low, high } = limitsOf(type);
  const clamp = (value: number) => Math.max(low, Math.min(high, roundHalfToEven(value / scale) + zeroPoint));
  return type === 'uint8' ? Uint8Array.from(values, clamp) : Int8Array.from(values, clamp);
}
