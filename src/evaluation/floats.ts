import type { RuntimeTensor } from '../runtime/engine';

/** The elements of a floating-point tensor as numbers; null for every other type. Never a copy where it need not be. */
export function floatValues(tensor: RuntimeTensor): Float32Array | Float64Array | null {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (!(data instanceof Uint16Array)) return null;
  if (tensor.type === 'float16') return Float32Array.from(data, halfToNumber);
  if (tensor.type === 'bfloat16') return bfloat16Values(data);
  return null;
}

/** IEEE 754 binary16, given as its bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16Values(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
