import { isFieldSet } from '@bufbuild/protobuf';
import type { Attribute } from '../../model/model';
import { type Model, ModelSchema } from './coreml_pb';
import type { Features } from './features';
import type { CoreMlGraph } from './graph';
import { CLASSICAL_FIELDS } from './scanner';

/** A model that is no network as one described node; null when the file has no field that says what it is. */
export function classicalGraph(proto: Model, features: Features): CoreMlGraph | null {
  const found = storedKind(proto);
  if (found === null) return null;
  const inputs = features.inputs.map(({ info }) => info);
  const outputs = features.outputs.map(({ info }) => info);
  const attributes: Attribute[] = [{ name: 'stored bytes', value: found.bytes }];
  const node = {
    name: found.kind,
    op: found.kind,
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
    attributes,
    bodies: [],
    source: { kind: 'model' },
  } as const;
  return {
    name: found.kind,
    nodes: [node],
    inputs,
    outputs,
    valueInfo: new Map(outputs.map((info) => [info.name, info])),
    constants: new Map(),
    mappedInputs: new Map(),
  };
}

function storedKind(proto: Model): { kind: string; bytes: number } | null {
  const [deferred] = proto.payload;
  const kind = deferred && CLASSICAL_FIELDS.get(deferred.field);
  if (deferred && kind !== undefined) return { kind, bytes: Number(deferred.length) };
  for (const field of ModelSchema.fields) {
    if (!CLASSICAL_FIELDS.has(field.number) || !isFieldSet(proto, field)) continue;
    const content = (proto as unknown as Readonly<Record<string, unknown>>)[field.localName];
    if (content instanceof Uint8Array) return { kind: field.name, bytes: content.length };
  }
  return null;
}
