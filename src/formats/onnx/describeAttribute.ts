import type { Attribute } from '../../model/model';
import { dataTypeOf } from './dataTypes';
import type { AttributeProto, TensorProto } from './onnx_pb';

/** AttributeProto.AttributeType, as far as `make` does not name them. */
enum Type {
  Float = 1,
  Int = 2,
  String = 3,
  Tensor = 4,
  Graph = 5,
  Floats = 6,
  Ints = 7,
  Strings = 8,
  Tensors = 9,
  Graphs = 10,
  SparseTensor = 11,
  SparseTensors = 12,
  TypeProto = 13,
  TypeProtos = 14,
}

const text = new TextDecoder();

/** An attribute as it is shown; tensors, graphs and types are described in words. */
export function describeAttribute(attribute: AttributeProto): Attribute {
  return { name: attribute.name, value: shownValue(attribute) };
}

function shownValue(attribute: AttributeProto): Attribute['value'] {
  if (attribute.refAttrName !== '') return `the caller's ${attribute.refAttrName}`;
  switch (typeOf(attribute)) {
    case Type.Float:
      return shortest(attribute.f);
    case Type.Int:
      return whole(attribute.i);
    case Type.String:
      return text.decode(attribute.s);
    case Type.Floats:
      return attribute.floats.map(shortest);
    case Type.Ints: {
      const values = attribute.ints.map(whole);
      return values.every((value) => typeof value === 'number') ? values : attribute.ints.map(String);
    }
    case Type.Strings:
      return attribute.strings.map((bytes) => text.decode(bytes));
    case Type.Tensor:
      return attribute.t ? describeTensor(attribute.t) : 'a tensor';
    case Type.Tensors:
      return attribute.tensors.map(describeTensor);
    case Type.SparseTensor:
      return 'a sparse tensor';
    case Type.SparseTensors:
      return `${attribute.sparseTensors.length} sparse tensors`;
    case Type.Graph:
      return `a graph of ${attribute.g?.node.length ?? 0} nodes`;
    case Type.Graphs:
      return attribute.graphs.map((graph) => `a graph of ${graph.node.length} nodes`);
    case Type.TypeProto:
    case Type.TypeProtos:
      return 'a type';
    default:
      return 'a value of an unknown kind';
  }
}

/** Before IR version 2 the type was not written: the field that is filled tells it. */
function typeOf(attribute: AttributeProto): number {
  if (attribute.type !== 0) return attribute.type;
  if (attribute.t) return Type.Tensor;
  if (attribute.g) return Type.Graph;
  if (attribute.floats.length > 0) return Type.Floats;
  if (attribute.ints.length > 0) return Type.Ints;
  if (attribute.strings.length > 0) return Type.Strings;
  if (attribute.s.length > 0) return Type.String;
  return attribute.f === 0 ? Type.Int : Type.Float;
}

function describeTensor(tensor: TensorProto): string {
  return `${dataTypeOf(tensor.dataType) ?? 'unknown type'} [${tensor.dims.join(', ')}]`;
}

/** The shortest decimal that is this float32: 0.1 rather than 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

/** In digits where a double cannot hold it. */
function whole(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
