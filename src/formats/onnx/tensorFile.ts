import { readFileSync, statSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { BITS, byteLength, type DataType } from '../../model/dataType';
import { ModelError } from '../../model/modelError';
import { dataTypeOf } from './dataTypes';
import { type TensorProto, TensorProtoSchema } from './onnx_pb';

/** A tensor in a file of its own, as the folders `test_data_set_*` beside published models hold them. */
export interface StoredTensor {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** All elements, packed, little-endian. */
  readonly bytes: Uint8Array;
}

/** The file is read whole; inputs and outputs of models are far smaller. */
const MAX_FILE_BYTES = 1024 ** 3;

export function readTensorFile(path: string): StoredTensor {
  if (statSync(path).size > MAX_FILE_BYTES) {
    throw new ModelError(`${path} is larger than 1 GiB, too large for an input.`, { file: path });
  }
  const tensor = parse(path);
  const type = dataTypeOf(tensor.dataType);
  const shape = tensor.dims.map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = type === null ? null : elementBytes(tensor, type);
  if (type === null || bytes === null || byteLength(type, count) !== bytes.length) {
    throw new ModelError(`${path} is not a tensor with its data: it is damaged or another kind of file.`, {
      file: path,
    });
  }
  return { name: tensor.name, type, shape, bytes };
}

function parse(path: string): TensorProto {
  try {
    return fromBinary(TensorProtoSchema, readFileSync(path));
  } catch (error) {
    throw new ModelError(`${path} is not a tensor in ONNX's format.`, { file: path }, error);
  }
}

/** From whichever field holds the elements (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, TensorProto). */
function elementBytes(tensor: TensorProto, type: DataType): Uint8Array | null {
  if (tensor.rawData.length > 0) return tensor.rawData;
  if (tensor.floatData.length > 0) return Buffer.concat(tensor.floatData);
  if (tensor.doubleData.length > 0) return Buffer.concat(tensor.doubleData);
  const integers = [...tensor.int32Data, ...tensor.int64Data, ...tensor.uint64Data];
  const bits = BITS[type];
  if (bits === null || bits < 8) return null;
  return packIntegers(Buffer.concat(integers), bits / 8);
}

/** Varints as integers of a width; what is smaller than 32 bits lies in the low bytes of an int32. */
function packIntegers(varints: Uint8Array, width: number): Uint8Array {
  const reader = new BinaryReader(varints);
  const values: bigint[] = [];
  while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  const words = new Uint8Array(BigInt64Array.from(values).buffer);
  const packed = new Uint8Array(values.length * width);
  for (let i = 0; i < values.length; i++) packed.set(words.subarray(i * 8, i * 8 + width), i * width);
  return packed;
}
