import { create } from '@bufbuild/protobuf';
import { kindOf } from '../../../onnxtxt/parseValues';
import type {
  AttributeKind,
  AttributeValue,
  Entry,
  Scalar,
  TextAttribute,
  TextDims,
  TextFunction,
  TextGraph,
  TextModel,
  TextNode,
  TextType,
  TextValue,
} from '../../../onnxtxt/syntax';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TypeProto,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx_pb';
import { attributeTypeOf } from './attributes';
import { elementNumber, makeTextTensor } from './toTensor';

const utf8 = new TextEncoder();

/** Bounds of the integers that a protobuf message holds. */
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** The model that a text states. Tensors whose elements it does not list have none, so that it cannot be run. */
export function protoOfText({ header, graph, functions }: TextModel): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: integer(entry(header, 'ir_version')) ?? 0n,
    modelVersion: integer(entry(header, 'model_version')) ?? 0n,
    producerName: word(entry(header, 'producer_name')),
    producerVersion: word(entry(header, 'producer_version')),
    domain: word(entry(header, 'domain')),
    docString: word(entry(header, 'doc_string')),
    opsetImport: opsets(header),
    metadataProps: pairs(header, 'metadata_props').map(([key, value]) => ({ key, value: String(value) })),
    graph: graphProto(graph),
    functions: functions.map(functionProto),
  });
}

function entry(header: readonly Entry[], key: string): Entry['value'] | undefined {
  return header.find((one) => one.key === key)?.value;
}

function integer(value: Entry['value'] | undefined): bigint | undefined {
  return typeof value === 'bigint' ? clamped(value) : undefined;
}

function clamped(value: bigint): bigint {
  return value < INT64.min ? INT64.min : value > INT64.max ? INT64.max : value;
}

function word(value: Entry['value'] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function pairs(header: readonly Entry[], key: string) {
  const value = entry(header, key);
  return typeof value === 'object' ? value : [];
}

function opsets(header: readonly Entry[]) {
  return pairs(header, 'opset_import').map(([domain, version]) => ({
    domain,
    version: typeof version === 'bigint' ? clamped(version) : 0n,
  }));
}

function graphProto({ name, inputs, outputs, values, nodes }: TextGraph): GraphProto {
  const listed = [...values];
  const stored = [...inputs, ...listed].filter((value) => value.data !== undefined);
  return create(GraphProtoSchema, {
    name,
    input: inputs.map(valueInfo),
    output: outputs.map(valueInfo),
    valueInfo: listed.filter((value) => value.data === undefined).map(valueInfo),
    initializer: stored.flatMap((value) => makeTextTensor(value) ?? []),
    node: Array.from(nodes, nodeProto),
  });
}

function functionProto({
  name,
  header,
  attributes,
  inputs,
  outputs,
  values,
  nodes,
}: TextFunction): FunctionProto {
  return create(FunctionProtoSchema, {
    name,
    domain: word(entry(header, 'domain')),
    overload: word(entry(header, 'overload')),
    docString: word(entry(header, 'doc_string')),
    opsetImport: opsets(header),
    attribute: attributes.filter((one) => typeof one === 'string'),
    attributeProto: attributes.filter((one) => typeof one !== 'string').map(attributeProto),
    input: inputs.map((input) => input.name),
    output: outputs.map((output) => output.name),
    valueInfo: [...inputs, ...outputs, ...values].filter(({ type }) => type !== null).map(valueInfo),
    node: Array.from(nodes, nodeProto),
  });
}

function nodeProto({ name, domain, op, overload, inputs, outputs, attributes }: TextNode): NodeProto {
  return create(NodeProtoSchema, {
    opType: op,
    domain,
    overload,
    input: [...inputs],
    output: [...outputs],
    attribute: attributes.map(attributeProto),
    ...(name === null ? {} : { name }),
  });
}

function valueInfo({ name, type }: TextValue): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name, ...(type && { type: typeProto(type) }) });
}

function typeProto(type: TextType): TypeProto {
  switch (type.kind) {
    case 'tensor':
    case 'quantized':
      return create(TypeProtoSchema, { tensorType: tensorType(type) });
    case 'sparse':
      return create(TypeProtoSchema, { sparseTensorType: tensorType(type) });
    case 'seq':
      return create(TypeProtoSchema, { sequenceType: { elemType: typeProto(type.of) } });
    case 'optional':
      return create(TypeProtoSchema, { optionalType: { elemType: typeProto(type.of) } });
    case 'map':
      return create(TypeProtoSchema, {
        mapType: { keyType: elementNumber(type.key), valueType: typeProto(type.of) },
      });
    case 'opaque':
      return create(TypeProtoSchema);
  }
}

function tensorType({ element, dims }: { element: string; dims: TextDims | null }) {
  const dim = dims?.map((length) =>
    length === null ? {} : typeof length === 'string' ? { dimParam: length } : { dimValue: BigInt(length) },
  );
  return { elemType: elementNumber(element), ...(dim && { shape: { dim } }) };
}

function attributeProto({ name, kind, value }: TextAttribute): AttributeProto {
  const known = kind ?? kindOf(value);
  const attribute = create(AttributeProtoSchema, { name, ...(known && { type: attributeTypeOf(known) }) });
  if (value.kind === 'reference') attribute.refAttrName = value.name;
  else if (known !== null) fill(attribute, known, value);
  return attribute;
}

/** Values of another kind than the attribute's are left out, as if the text had not stated them. */
function fill(attribute: AttributeProto, kind: AttributeKind, value: AttributeValue): void {
  const items = value.kind === 'list' ? value.items : [value];
  const scalars = items.flatMap((item): Scalar[] => (item.kind === 'scalar' ? [item.value] : []));
  const numbers = scalars.filter((one) => typeof one === 'number');
  const integers = scalars.filter((one) => typeof one === 'bigint').map(clamped);
  const strings = scalars.filter((one) => typeof one === 'string').map((one) => utf8.encode(one));
  const graphs = items.flatMap((item) => (item.kind === 'graph' ? [graphProto(item.graph)] : []));
  const tensors = items.flatMap((item) => (item.kind === 'tensor' ? (makeTextTensor(item) ?? []) : []));
  const types = items.flatMap((item) => (item.kind === 'type' ? [typeProto(item.type)] : []));
  switch (kind) {
    case 'float':
      attribute.f = numbers[0] ?? 0;
      break;
    case 'int':
      attribute.i = integers[0] ?? 0n;
      break;
    case 'string':
      attribute.s = strings[0] ?? new Uint8Array(0);
      break;
    case 'floats':
      attribute.floats = numbers;
      break;
    case 'ints':
      attribute.ints = integers;
      break;
    case 'strings':
      attribute.strings = strings;
      break;
    case 'graphs':
      attribute.graphs = graphs;
      break;
    case 'tensors':
      attribute.tensors = tensors;
      break;
    case 'type_protos':
      attribute.typeProtos = types;
      break;
    default:
      Object.assign(attribute, {
        ...(kind === 'graph' && graphs[0] && { g: graphs[0] }),
        ...(kind === 'tensor' && tensors[0] && { t: tensors[0] }),
        ...(kind === 'type_proto' && types[0] && { tp: types[0] }),
      });
  }
}
