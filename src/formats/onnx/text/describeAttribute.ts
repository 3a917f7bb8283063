import type { Attribute } from '../../../model/model';
import { AttributeType } from '../attributeType';
import { dataTypeOf } from '../dataTypes';
import type { AttributeProto, TensorProto } from '../onnx_pb';

const text = new TextDecoder();

/** An attribute as it is shown; tensors, graphs and types are described in words. */
export function describeAttribute(attribute: AttributeProto): Attribute {
  return { name: attribute.name, value: shownValue(attribute) };
}

function shownValue(attribute: AttributeProto): Attribute['value'] {
  if (attribute.refAttrName !== '') return `the caller's ${attribute.refAttrName}`;
  switch (typeOf(attribute)) {
    case AttributeType.Float:
      return shortest(attribute.f);
    case AttributeType.Int:
      return whole(attribute.i);
    case AttributeType.String:
      return text.decode(attribute.s);
    case AttributeType.Floats:
      return attribute.floats.map(shortest);
    case AttributeType.Ints: {
      const values = attribute.ints.map(whole);
      return values.every((value) => typeof value === 'number') ? values : attribute.ints.map(String);
    }
    case AttributeType.Strings:
      return attribute.strings.map((bytes) => text.decode(bytes));
    case AttributeType.Tensor:
      return attribute.t ? describeTensor(attribute.t) : 'a tensor';
    case AttributeType.Tensors:
      return attribute.tensors.map(describeTensor);
    case AttributeType.SparseTensor:
      return 'a sparse tensor';
    case AttributeType.SparseTensors:
      return `${attribute.sparseTensors.length} sparse tensors`;
    case AttributeType.Graph:
      return `a graph of ${attribute.g?.node.length ?? 0} nodes`;
    case AttributeType.Graphs:
      return attribute.graphs.map((graph) => `a graph of ${graph.node.length} nodes`);
    case AttributeType.TypeProto:
    case AttributeType.TypeProtos:
      return 'a type';
    default:
      return 'a value of an unknown kind';
  }
}

/** Before IR version 2 the type was not written: the field that is filled tells it. */
export function typeOf(attribute: AttributeProto): number {
  if (attribute.type !== 0) return attribute.type;
  if (attribute.t) return AttributeType.Tensor;
  if (attribute.g) return AttributeType.Graph;
  if (attribute.floats.length > 0) return AttributeType.Floats;
  if (attribute.ints.length > 0) return AttributeType.Ints;
  if (attribute.strings.length > 0) return AttributeType.Strings;
  if (attribute.s.length > 0) return AttributeType.String;
  return attribute.f === 0 ? AttributeType.Int : AttributeType.Float;
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
