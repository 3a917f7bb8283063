import { isFieldSet } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import { isFloatElement, scalarOf } from '../../../onnxtxt/numbers';
import type {
  AttributeValue,
  Pair,
  Scalar,
  TextData,
  TextDims,
  TextType,
  TextValue,
} from '../../../onnxtxt/syntax';
import { dataOf, hasNumbers } from '../../textValues';
import { dataTypeOf } from '../dataTypes';
import {
  type SparseTensorProto,
  type TensorProto,
  type TensorShapeProto,
  TensorShapeProto_DimensionSchema,
  type TypeProto,
  type ValueInfoProto,
} from '../onnx_pb';
import { EXTERNAL } from '../reading/externalData';
import { decodeElements, elementsOf, tensorBytes } from '../reading/tensorData';

/** Types in types that are written; ONNX has sequences of maps of tensors (CWE-674). */
const MAX_TYPE_DEPTH = 8;

const text = new TextDecoder();

/** A stored tensor as a text has it; long ones are elided. */
export function initializerText(proto: TensorProto): TextValue {
  return { name: proto.name, type: tensorType(proto), data: tensorData(proto) };
}

/** A sparse stored tensor as a text has it. */
export function sparseInitializerText(proto: SparseTensorProto): TextValue {
  const name = proto.values?.name ?? '';
  return { name, type: sparseType(proto), data: sparseData(proto) };
}

/** A tensor that is an attribute. */
export function tensorText(proto: TensorProto): AttributeValue {
  return { kind: 'tensor', name: proto.name, type: tensorType(proto), data: tensorData(proto) };
}

/** A sparse tensor that is an attribute. */
export function sparseTensorText(proto: SparseTensorProto): AttributeValue {
  return { kind: 'tensor', name: proto.values?.name ?? '', type: sparseType(proto), data: sparseData(proto) };
}

/** A named value with its type. */
export function valueText({ name, type }: ValueInfoProto): TextValue {
  return { name, type: typeText(type) };
}

/** A type as a text has it; null where none is stated. */
export function typeText(proto: TypeProto | undefined, depth = 0): TextType | null {
  if (proto === undefined || depth > MAX_TYPE_DEPTH) return null;
  const inner = (type: TypeProto | undefined) => typeText(type, depth + 1) ?? UNDEFINED;
  const { tensorType: tensor, sparseTensorType: sparse, sequenceType, mapType, optionalType } = proto;
  if (tensor) return { kind: 'tensor', element: elementOf(tensor.elemType), dims: dimsOf(tensor.shape) };
  if (sparse) return { kind: 'sparse', element: elementOf(sparse.elemType), dims: dimsOf(sparse.shape) };
  if (sequenceType) return { kind: 'seq', of: inner(sequenceType.elemType) };
  if (optionalType) return { kind: 'optional', of: inner(optionalType.elemType) };
  if (mapType) return { kind: 'map', key: elementOf(mapType.keyType), of: inner(mapType.valueType) };
  return null;
}

const UNDEFINED: TextType = { kind: 'tensor', element: 'undefined', dims: null };

function elementOf(number: number): string {
  return dataTypeOf(number) ?? 'undefined';
}

function dimsOf(shape: TensorShapeProto | undefined): TextDims | null {
  if (shape === undefined) return null;
  return shape.dim.map((dimension) => {
    if (dimension.dimParam !== '') return dimension.dimParam;
    return isFieldSet(dimension, TensorShapeProto_DimensionSchema.field.dimValue)
      ? lengthOf(dimension.dimValue)
      : null;
  });
}

function lengthOf(value: bigint): number | null {
  const length = Number(value);
  return length >= 0 && Number.isSafeInteger(length) ? length : null;
}

function tensorType({ dataType, dims }: TensorProto): TextType {
  return { kind: 'tensor', element: elementOf(dataType), dims: dims.map(lengthOf) };
}

function sparseType({ values, dims }: SparseTensorProto): TextType {
  return { kind: 'sparse', element: elementOf(values?.dataType ?? 0), dims: dims.map(lengthOf) };
}

/** The stored elements; where they lie is not written, so that they are never all of it. */
function sparseData({ values }: SparseTensorProto): TextData {
  const data = values ? tensorData(values) : { elements: [], complete: false };
  return 'external' in data ? data : { ...data, complete: false };
}

/**
 * Elements of a tensor; of one in another file that file, without offset and length, which change when any other
 * tensor does. So a text is the same whether that file is there or not, as in a checkout of git.
 */
function tensorData(proto: TensorProto): TextData {
  if (proto.dataLocation === EXTERNAL) {
    const kept = proto.externalData.filter(({ key }) => key !== 'offset' && key !== 'length');
    return { external: kept.map(({ key, value }): Pair => [key, value]) };
  }
  const type = dataTypeOf(proto.dataType);
  const count = elementsOf(proto.dims);
  if (type === null || count === null) return { elements: [], complete: false };
  if (type === 'string') {
    return dataOf(count, true, (wanted) =>
      proto.stringData.slice(0, wanted).map((bytes) => text.decode(bytes)),
    );
  }
  return dataOf(count, hasNumbers(type), (wanted) =>
    hasNumbers(type) ? scalars(type, tensorBytes(proto, wanted), wanted) : [],
  );
}

/** Elements with all their digits, which 64-bit integers lose as doubles. */
function scalars(type: DataType, bytes: Uint8Array, count: number): (Scalar | null)[] {
  if (type === 'int64' || type === 'uint64') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = (index: number) =>
      type === 'int64' ? view.getBigInt64(8 * index, true) : view.getBigUint64(8 * index, true);
    return Array.from({ length: count }, (_, index) => at(index));
  }
  const values = decodeElements(type, bytes, count);
  return Array.from(values, (value) => (isFloatElement(type) ? value : scalarOf(value, type)));
}
