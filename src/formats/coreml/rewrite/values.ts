import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { BITS, type DataType } from '../../../model/dataType';
import { toHalves } from '../../../model/float16';
import { packBits } from '../../compression/packing';
import { varintLength, writeVarint } from '../../protobuf/wire';
import { type TensorValueSchema, type Value, ValueSchema, type ValueTypeSchema } from '../coreml_pb';
import { milCode } from '../dataTypes';

/** Elements in the bytes that a weight file has for them. */
export function packed(type: DataType, values: ArrayLike<number>): Uint8Array {
  const bits = BITS[type] ?? 8;
  if (bits <= 8) return packBits(values, bits);
  if (type === 'float16') return new Uint8Array(toHalves(values).buffer);
  if (type === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  if (type === 'uint32') return new Uint8Array(Uint32Array.from(values).buffer);
  throw new Error(`No ${type} is written.`);
}

type ValueInit = MessageInitShape<typeof ValueSchema>;
type TensorInit = MessageInitShape<typeof TensorValueSchema>;

/** A tensor that is written into the program; integers of 32 bits must not be negative. */
export function immediate(type: DataType, shape: readonly number[], values: ArrayLike<number>): Value {
  return tensorValue(type, shape, written(heldAs(type, values)));
}

/** A string of an ML Program. */
export function text(content: string): Value {
  return tensorValue('string', [], written({ value: { case: 'strings', value: { values: [content] } } }));
}

/** A tensor in a weight file. */
export function inFile(type: DataType, shape: readonly number[], fileName: string, offset: number): Value {
  return tensorValue(type, shape, { case: 'blobFileValue', value: { fileName, offset: BigInt(offset) } });
}

/** The type of a tensor whose sizes are known. */
export function tensorType(
  type: DataType,
  shape: readonly number[],
): MessageInitShape<typeof ValueTypeSchema> {
  const dimensions = shape.map((size) => ({
    dimension: { case: 'constant', value: { size: BigInt(size) } } as const,
  }));
  const value = { dataType: milCode(type), rank: BigInt(shape.length), dimensions };
  return { type: { case: 'tensorType', value } };
}

function tensorValue(
  type: DataType,
  shape: readonly number[],
  value: Exclude<ValueInit['value'], undefined>,
): Value {
  return create(ValueSchema, { type: tensorType(type, shape), value });
}

function written(tensor: TensorInit): Exclude<ValueInit['value'], undefined> {
  return { case: 'immediateValue', value: { value: { case: 'tensor', value: tensor } } };
}

/** The field for a type's numbers, as MIL reads them. */
function heldAs(type: DataType, values: ArrayLike<number>): TensorInit {
  if (type === 'int32') return { value: { case: 'ints', value: { values: [varints(values)] } } };
  const bytes = packed(type, values);
  return {
    value:
      type === 'float32'
        ? { case: 'floats', value: { values: [bytes] } }
        : { case: 'bytes', value: { values: bytes } },
  };
}

function varints(values: ArrayLike<number>): Uint8Array {
  const numbers = Array.from(values);
  const bytes = new Uint8Array(numbers.reduce((sum, value) => sum + varintLength(value), 0));
  let at = 0;
  for (const value of numbers) at = writeVarint(value, bytes, at);
  return bytes;
}
