import type { DataType } from '../model/dataType';
import type { Feeds, Quantized, RuntimeTensor, Signature } from './engine';
import { feedsFrom } from './feeds';

/** The numbers that integers of a tensor stand for. */
export function realValues({ data }: RuntimeTensor, { scale, zeroPoint }: Quantized): Float32Array {
  const values = new Float32Array(data.length);
  for (let at = 0; at < values.length; at++) values[at] = scale * (Number(data[at]) - zeroPoint);
  return values;
}

/** What a session gave, with real numbers where it gave integers whose scale its signature states. */
export function inRealNumbers(outputs: Feeds, signatures: readonly Signature[]): Feeds {
  const scales = new Map(signatures.map(({ name, quantization }) => [name, quantization]));
  return feedsFrom(
    Object.entries(outputs).map(([name, tensor]): [string, RuntimeTensor] => {
      const quantization = scales.get(name);
      if (quantization === undefined || tensor.data instanceof Float32Array) return [name, tensor];
      return [name, { type: 'float32', shape: tensor.shape, data: realValues(tensor, quantization) }];
    }),
  );
}

/** Integers for numbers: rounded to the nearest, and cut to what the type holds; null for types without. */
export function quantizedValues(
  values: Float32Array | Float64Array,
  type: DataType,
  { scale, zeroPoint }: Quantized,
): Int8Array | Uint8Array | Int16Array | null {
  const made = emptyIntegers(type, values.length);
  if (made === null) return null;
  const { target, low, high } = made;
  for (let at = 0; at < target.length; at++) {
    target[at] = Math.min(high, Math.max(low, Math.round((values[at] ?? Number.NaN) / scale) + zeroPoint));
  }
  return target;
}

function emptyIntegers(type: DataType, count: number) {
  if (type === 'int8') return { target: new Int8Array(count), low: -128, high: 127 };
  if (type === 'uint8') return { target: new Uint8Array(count), low: 0, high: 255 };
  if (type === 'int16') return { target: new Int16Array(count), low: -32_768, high: 32_767 };
  return null;
}
