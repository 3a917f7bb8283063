import { itemAt } from '../../../model/assert';
import type { Tensor } from '../../../model/model';
import { weightGroups } from '../../uniform';

/** The real numbers that a stored tensor's integers stand for, by its own scales; float ones as they are. */
export function dequantized(
  { shape, quantization }: Pick<Tensor, 'shape' | 'quantization'>,
  values: ArrayLike<number>,
): Float32Array {
  if (quantization === undefined) return Float32Array.from(values);
  const { scales, zeroPoints, axis } = quantization;
  const { size, inner } = weightGroups(shape, axis);
  const result = new Float32Array(values.length);
  for (let i = 0; i < result.length; i++) {
    const group = scales.length === 1 ? 0 : Math.floor(i / inner) % size;
    const zero = zeroPoints[zeroPoints.length === 1 ? 0 : group] ?? 0;
    result[i] = (itemAt(values, i) - zero) * itemAt(scales, group);
  }
  return result;
}
