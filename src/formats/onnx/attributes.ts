import { isFieldSet } from '@bufbuild/protobuf';
import { AttributeType } from './attributeType';
import { type AttributeProto, AttributeProtoSchema, type NodeProto, type TensorProto } from './onnx_pb';

const { field } = AttributeProtoSchema;
const text = new TextDecoder();

// A field that is not set counts as 0 or '' where the attribute's type says that it should be there: writers of
// protobuf's third version leave such values out.

/** An attribute by name. One that a function's caller sets (`ref_attr_name`) has no value of its own. */
export function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name && attribute.refAttrName === '');
}

/** 64-bit integers beyond 2^53 lose digits; real ones (INT64_MAX as "to the end") only need to stay large. */
export function intAttribute(node: NodeProto, name: string): number | undefined;
export function intAttribute(node: NodeProto, name: string, fallback: number): number;
export function intAttribute(node: NodeProto, name: string, fallback?: number): number | undefined {
  const attribute = attributeOf(node, name);
  return attribute && (isFieldSet(attribute, field.i) || attribute.type === AttributeType.Int)
    ? Number(attribute.i)
    : fallback;
}

/** Of a `float` attribute; `fallback` where the node has none. */
export function floatAttribute(node: NodeProto, name: string): number | undefined;
export function floatAttribute(node: NodeProto, name: string, fallback: number): number;
export function floatAttribute(node: NodeProto, name: string, fallback?: number): number | undefined {
  const attribute = attributeOf(node, name);
  return attribute && (isFieldSet(attribute, field.f) || attribute.type === AttributeType.Float)
    ? attribute.f
    : fallback;
}

/** Of a `string` attribute, which ONNX holds as UTF-8; `fallback` where the node has none. */
export function stringAttribute(node: NodeProto, name: string): string | undefined;
export function stringAttribute(node: NodeProto, name: string, fallback: string): string;
export function stringAttribute(node: NodeProto, name: string, fallback?: string): string | undefined {
  const attribute = attributeOf(node, name);
  return attribute && (isFieldSet(attribute, field.s) || attribute.type === AttributeType.String)
    ? text.decode(attribute.s)
    : fallback;
}

/** Of an `ints` attribute, as `intAttribute` gives each; `fallback` where the node has none. */
export function intsAttribute(node: NodeProto, name: string): number[] | undefined;
export function intsAttribute(node: NodeProto, name: string, fallback: number[]): number[];
export function intsAttribute(node: NodeProto, name: string, fallback?: number[]): number[] | undefined {
  const attribute = attributeOf(node, name);
  return attribute ? attribute.ints.map(Number) : fallback;
}

/** Of a `floats` attribute; `fallback` where the node has none. */
export function floatsAttribute(node: NodeProto, name: string): number[] | undefined;
export function floatsAttribute(node: NodeProto, name: string, fallback: number[]): number[];
export function floatsAttribute(node: NodeProto, name: string, fallback?: number[]): number[] | undefined {
  return attributeOf(node, name)?.floats ?? fallback;
}

/** Of a `strings` attribute; `fallback` where the node has none. */
export function stringsAttribute(node: NodeProto, name: string): string[] | undefined;
export function stringsAttribute(node: NodeProto, name: string, fallback: string[]): string[];
export function stringsAttribute(node: NodeProto, name: string, fallback?: string[]): string[] | undefined {
  const attribute = attributeOf(node, name);
  return attribute ? attribute.strings.map((bytes) => text.decode(bytes)) : fallback;
}

/** The tensor of an attribute; undefined where the node has no such attribute. */
export function tensorAttribute(node: NodeProto, name: string): TensorProto | undefined {
  return attributeOf(node, name)?.t;
}
