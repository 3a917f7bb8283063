import { create } from '@bufbuild/protobuf';
import { present } from '../../../model/assert';
import { BITS, type DataType, elementCount } from '../../../model/dataType';
import type { Scalar, TextData, TextType } from '../../../onnxtxt/syntax';
import { dataTypeNumber } from '../dataTypes';
import { type TensorProto, TensorProtoSchema } from '../onnx_pb';
import { EXTERNAL } from '../reading/externalData';

/** Elements of a longer list are data, whose values nothing is inferred from (CWE-770). */
const MAX_ELEMENTS = 4096;

/** 0 for types that ONNX does not have. */
export function elementNumber(element: string): number {
  return Math.max(dataTypeNumber(element as DataType), 0);
}

/** A tensor as a text states it: with its elements where all of them are listed; null where it is no tensor. */
export function makeTextTensor({
  name,
  type,
  data,
}: {
  name: string;
  type: TextType | null;
  data?: TextData;
}): TensorProto | null {
  if (type === null || !('dims' in type) || type.dims === null) return null;
  const dims = type.dims.map((length) => (typeof length === 'number' ? BigInt(length) : -1n));
  const tensor = create(TensorProtoSchema, { name, dims, dataType: elementNumber(type.element) });
  if (data === undefined || 'external' in data) {
    tensor.dataLocation = EXTERNAL;
    return tensor;
  }
  const count = elementCount(type.dims.map((length) => (typeof length === 'number' ? length : null)));
  const whole = data.complete && data.elements.length === count && count <= MAX_ELEMENTS;
  const bytes = whole ? encode(type.element, data.elements) : null;
  if (bytes !== null) tensor.rawData = bytes;
  // What a text elides lies elsewhere, in the model that it was made of.
  else tensor.dataLocation = EXTERNAL;
  return tensor;
}

type Write = (view: DataView, index: number, value: number, whole: bigint) => void;

const WRITERS: Partial<Record<DataType, Write>> = {
  float32: (view, index, value) => view.setFloat32(4 * index, value, true),
  float64: (view, index, value) => view.setFloat64(8 * index, value, true),
  int64: (view, index, _, whole) => view.setBigInt64(8 * index, whole, true),
  uint64: (view, index, _, whole) => view.setBigUint64(8 * index, whole, true),
  int32: (view, index, value) => view.setInt32(4 * index, value, true),
  uint32: (view, index, value) => view.setUint32(4 * index, value, true),
  int16: (view, index, value) => view.setInt16(2 * index, value, true),
  uint16: (view, index, value) => view.setUint16(2 * index, value, true),
  int8: (view, index, value) => view.setInt8(index, value),
  uint8: (view, index, value) => view.setUint8(index, value),
  bool: (view, index, value) => view.setUint8(index, value),
};

/** null for types that shapes are not computed with. */
function encode(element: string, elements: readonly Scalar[]): Uint8Array | null {
  const write = WRITERS[element as DataType];
  if (write === undefined) return null;
  const bytes = new Uint8Array((elements.length * present(BITS[element as DataType], 'size')) / 8);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of elements.entries()) {
    if (typeof value === 'string') return null;
    if (typeof value === 'number' && /int/.test(element)) return null;
    write(view, index, Number(value), typeof value === 'bigint' ? value : 0n);
  }
  return bytes;
}
