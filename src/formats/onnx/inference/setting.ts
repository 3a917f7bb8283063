import { create } from '@bufbuild/protobuf';
import type { DimensionValue } from '../../../model/inference';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type OperatorSetIdProto,
} from '../onnx_pb';
import { isDefaultDomain } from '../reading/graph';

/** What holds in a graph and the bodies in it; a function has its own. */
export interface Setting {
  /** Versions of the operator sets, by domain; the default one is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes of the call that the function is entered by. */
  readonly call: NodeProto | null;
  readonly defaults: readonly AttributeProto[];
  readonly dims: ReadonlyMap<string, DimensionValue>;
  /** A branch that is never taken may contradict itself. */
  readonly quiet: boolean;
}

/** Version of the operators of each domain that a model is written for. */
export function opsetsOf(imports: readonly OperatorSetIdProto[]): ReadonlyMap<string, number> {
  return new Map(
    imports.map(({ domain, version }) => [isDefaultDomain(domain) ? '' : domain, Number(version)]),
  );
}

/** Version that a node's operator is meant in; 1 where the model does not say. */
export function opsetOf({ domain }: NodeProto, { opsets }: Setting): number {
  return opsets.get(isDefaultDomain(domain) ? '' : domain) ?? 1;
}

/** A node of a function with the attributes of the call, or the function's defaults, in place of references. */
export function resolved(node: NodeProto, call: NodeProto, defaults: readonly AttributeProto[]): NodeProto {
  if (!node.attribute.some((attribute) => attribute.refAttrName !== '')) return node;
  const attribute = node.attribute.flatMap((own) => {
    if (own.refAttrName === '') return [own];
    const isMeant = (other: AttributeProto) => other.name === own.refAttrName;
    const meant = call.attribute.find(isMeant) ?? defaults.find(isMeant);
    return meant === undefined ? [] : [renamed(meant, own.name)];
  });
  const { input, output, opType, domain, name } = node;
  return create(NodeProtoSchema, { input, output, opType, domain, name, attribute });
}

function renamed({ $typeName, $unknown, ...fields }: AttributeProto, name: string): AttributeProto {
  return create(AttributeProtoSchema, { ...fields, name });
}
