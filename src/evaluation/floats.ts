import { fromBfloat16s, fromHalves } from '../model/float16';
import type { RuntimeTensor } from '../runtime/engine';

/** The elements of a floating-point tensor as numbers; null for every other type. Never a copy where it need not be. */
export function floatValues(tensor: RuntimeTensor): Float32Array | Float64Array | null {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (!(data instanceof Uint16Array)) return null;
  if (tensor.type === 'float16') return fromHalves(data);
  if (tensor.type === 'bfloat16') return fromBfloat16s(data);
  return null;
}
