import { create } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import { AttributeType } from '../attributeType';
import { dataTypeNumber } from '../dataTypes';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx_pb';

/** A list of numbers is one of integers, unless it is typed or the attribute's name says otherwise. */
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly number[]
  | Float32Array
  | readonly string[]
  | TensorProto
  | GraphProto;

/** Numbers that the specification types as float although they may be whole, by attribute name. */
const FLOAT_ATTRIBUTES = new Set([
  'alpha',
  'beta',
  'gamma',
  'epsilon',
  'momentum',
  'min',
  'max',
  'scales',
  'value_float',
]);

/** A node; integers become ints unless the attribute is one that ONNX types as float. */
export function makeNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  options: { name?: string; domain?: string } = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => makeAttribute(name, value)),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.domain ? { domain: options.domain } : {}),
  });
}

/** An attribute whose type follows from the value: whole numbers are ints but where the name is known to be of floats. */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const attribute = create(AttributeProtoSchema, { name });
  const isFloat = FLOAT_ATTRIBUTES.has(name);
  if (typeof value === 'string') {
    attribute.type = AttributeType.String;
    attribute.s = new TextEncoder().encode(value);
  } else if (
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isInteger(value) && !isFloat)
  ) {
    attribute.type = AttributeType.Int;
    attribute.i = BigInt(value);
  } else if (typeof value === 'number') {
    attribute.type = AttributeType.Float;
    attribute.f = value;
  } else if (value instanceof Float32Array) {
    attribute.type = AttributeType.Floats;
    attribute.floats = [...value];
  } else if (isTexts(value)) {
    attribute.type = AttributeType.Strings;
    attribute.strings = value.map((text) => new TextEncoder().encode(text));
  } else if (isList(value)) {
    attribute.type = isFloat ? AttributeType.Floats : AttributeType.Ints;
    if (isFloat) attribute.floats = [...value];
    else attribute.ints = value.map(BigInt);
  } else if (value.$typeName === 'caliper.onnx.TensorProto') {
    attribute.type = AttributeType.Tensor;
    attribute.t = value;
  } else {
    attribute.type = AttributeType.Graph;
    attribute.g = value;
  }
  return attribute;
}

function isList(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}

function isTexts(value: AttributeValue): value is readonly string[] {
  return Array.isArray(value) && typeof value[0] === 'string';
}

/** A tensor with its elements as raw bytes, little-endian and packed. */
export function makeTensor(
  name: string,
  type: DataType,
  shape: readonly number[],
  bytes: Uint8Array,
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypeNumber(type),
    dims: shape.map(BigInt),
    rawData: bytes,
  });
}

/** A float32 tensor of so many values as the shape has elements, in row-major order. */
export function makeFloatTensor(
  name: string,
  shape: readonly number[],
  values: Iterable<number>,
): TensorProto {
  const floats = Float32Array.from(values);
  return makeTensor(name, 'float32', shape, new Uint8Array(floats.buffer));
}

/** The same of int64, as shapes and axes are. */
export function makeInt64Tensor(
  name: string,
  shape: readonly number[],
  values: Iterable<number>,
): TensorProto {
  const integers = BigInt64Array.from(values, BigInt);
  return makeTensor(name, 'int64', shape, new Uint8Array(integers.buffer));
}

/** A type and shape for an input, an output or a tensor between; a dimension that is a text is symbolic. */
export function makeValueInfo(
  name: string,
  type: DataType,
  shape: readonly (number | string)[],
): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      tensorType: {
        elemType: dataTypeNumber(type),
        shape: { dim: shape.map((d) => (typeof d === 'number' ? { dimValue: BigInt(d) } : { dimParam: d })) },
      },
    },
  });
}
