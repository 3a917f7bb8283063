import { create } from '@bufbuild/protobuf';
import { itemAt } from '../../../model/assert';
import { packBitsHighFirst } from '../../compression/packing';
import { type QuantizationParams, QuantizationParamsSchema, type WeightParams } from '../coreml_pb';
import type { Compressed } from './compress';

/** The numbers of the fields that hold a weight's bytes (NeuralNetwork.proto, WeightParams). */
const FLOAT16_VALUE = 2;
const RAW_VALUE = 30;

/**
 * Puts a compressed weight in the place of a layer's floats: unsigned integers, each byte from its highest bit on, of
 * which stored · scale + bias or a table's entry is the weight; or float16.
 *
 * @param keep where the bytes lie from now on, as a payload of the field of that number.
 */
export function setCompressed(
  params: WeightParams,
  compressed: Compressed,
  keep: (bytes: Uint8Array, field: number) => WeightParams['payload'][number],
): void {
  const bytes = bytesOf(compressed);
  params.floatValue = [];
  params.float16Value = new Uint8Array();
  const quantization = quantizationOf(compressed);
  if (quantization !== null) params.quantization = quantization;
  params.payload = [keep(bytes, quantization === null ? FLOAT16_VALUE : RAW_VALUE)];
}

function bytesOf(compressed: Compressed): Uint8Array {
  switch (compressed.form) {
    case 'float':
      throw new Error('A neural network has no masks.');
    case 'float16':
      return new Uint8Array(compressed.halves.buffer);
    case 'linear': {
      const middle = 2 ** (compressed.bits - 1);
      return packBitsHighFirst(
        Uint8Array.from(compressed.values, (value) => value + middle),
        compressed.bits,
      );
    }
    case 'palette':
      return packBitsHighFirst(compressed.indices, compressed.bits);
  }
}

function quantizationOf(compressed: Compressed): QuantizationParams | null {
  switch (compressed.form) {
    case 'linear': {
      const scale = [...compressed.scales];
      const bias = scale.map((_, i) => -itemAt(scale, i) * 2 ** (compressed.bits - 1));
      return create(QuantizationParamsSchema, {
        numberOfBits: BigInt(compressed.bits),
        quantizationType: { case: 'linearQuantization', value: { scale, bias } },
      });
    }
    case 'palette':
      return create(QuantizationParamsSchema, {
        numberOfBits: BigInt(compressed.bits),
        quantizationType: {
          case: 'lookupTableQuantization',
          value: { floatValue: [...compressed.tables] },
        },
      });
    default:
      return null;
  }
}
