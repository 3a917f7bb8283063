import {
  ATTRIBUTE_KINDS,
  type AttributeKind,
  type AttributeValue,
  type TextAttribute,
  type TextGraph,
} from '../../../onnxtxt/syntax';
import { AttributeType } from '../attributeType';
import type { AttributeProto, GraphProto } from '../onnx_pb';
import { typeOf } from './describeAttribute';
import { sparseTensorText, tensorText, typeText } from './tensors';

const text = new TextDecoder();

const KINDS: Readonly<Record<number, AttributeKind>> = {
  [AttributeType.Float]: 'float',
  [AttributeType.Int]: 'int',
  [AttributeType.String]: 'string',
  [AttributeType.Tensor]: 'tensor',
  [AttributeType.Graph]: 'graph',
  [AttributeType.Floats]: 'floats',
  [AttributeType.Ints]: 'ints',
  [AttributeType.Strings]: 'strings',
  [AttributeType.Tensors]: 'tensors',
  [AttributeType.Graphs]: 'graphs',
  [AttributeType.SparseTensor]: 'sparse_tensor',
  [AttributeType.SparseTensors]: 'sparse_tensors',
  [AttributeType.TypeProto]: 'type_proto',
  [AttributeType.TypeProtos]: 'type_protos',
};

/** @param body what is written of a graph. */
export function attributeText(
  attribute: AttributeProto,
  body: (graph: GraphProto) => TextGraph,
): TextAttribute {
  const { name, refAttrName } = attribute;
  const type = typeOf(attribute);
  const kind = KINDS[type] ?? null;
  if (refAttrName !== '') return { name, kind, value: { kind: 'reference', name: refAttrName } };
  return { name, kind, value: valueText(attribute, type, body) };
}

/** The number of a kind in `AttributeProto.AttributeType`. */
export function attributeTypeOf(kind: AttributeKind): number {
  const number = Object.entries(KINDS).find(([, one]) => one === kind)?.[0];
  return Number(number ?? ATTRIBUTE_KINDS.length);
}

function valueText(
  attribute: AttributeProto,
  type: number,
  body: (graph: GraphProto) => TextGraph,
): AttributeValue {
  switch (type) {
    case AttributeType.Float:
      return scalar(attribute.f);
    case AttributeType.Int:
      return scalar(attribute.i);
    case AttributeType.String:
      return scalar(text.decode(attribute.s));
    case AttributeType.Floats:
      return list(attribute.floats.map(scalar));
    case AttributeType.Ints:
      return list(attribute.ints.map(scalar));
    case AttributeType.Strings:
      return list(attribute.strings.map((bytes) => scalar(text.decode(bytes))));
    case AttributeType.Tensor:
      return attribute.t ? tensorText(attribute.t) : ELIDED;
    case AttributeType.Tensors:
      return list(attribute.tensors.map(tensorText));
    case AttributeType.SparseTensor:
      return attribute.sparseTensor ? sparseTensorText(attribute.sparseTensor) : ELIDED;
    case AttributeType.SparseTensors:
      return list(attribute.sparseTensors.map(sparseTensorText));
    case AttributeType.Graph:
      return attribute.g ? { kind: 'graph', graph: body(attribute.g) } : ELIDED;
    case AttributeType.Graphs:
      return list(attribute.graphs.map((graph) => ({ kind: 'graph', graph: body(graph) })));
    case AttributeType.TypeProto:
      return typeValue(attribute.tp);
    case AttributeType.TypeProtos:
      return list(attribute.typeProtos.map(typeValue));
    default:
      return ELIDED;
  }
}

const ELIDED: AttributeValue = { kind: 'elided' };

function scalar(value: number | bigint | string): AttributeValue {
  return { kind: 'scalar', value };
}

function list(items: readonly AttributeValue[]): AttributeValue {
  return { kind: 'list', items, complete: true };
}

function typeValue(proto: AttributeProto['tp']): AttributeValue {
  const type = typeText(proto);
  return type === null ? ELIDED : { kind: 'type', type };
}
