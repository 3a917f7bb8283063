import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** Wire types of protobuf's encoding (https://protobuf.dev/programming-guides/encoding/#structure). */
export enum Wire {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  GroupStart = 3,
  GroupEnd = 4,
  Fixed32 = 5,
}

/** How a field of our schema looks on the wire. */
export interface WireField {
  readonly number: number;
  readonly name: string;
  readonly wire: Wire;
  readonly repeated: boolean;
  /** A string, not bytes. */
  readonly text: boolean;
  /** Wire type of the elements where a length-delimited field may also hold many of them (packed). */
  readonly packed: Wire | null;
  readonly message: WireMessage | null;
}

export interface WireMessage {
  readonly name: string;
  readonly fields: ReadonlyMap<number, WireField>;
  readonly hasPayload: boolean;
  /** It has a payload, or messages that have one can lie somewhere inside. */
  readonly holdsPayloads: boolean;
}

/** Our own field of messages whose payload may stay on disk: where it lies (payload.proto). */
export const PAYLOAD = 536870911;

const known = new Map<string, WireMessage & { fields: Map<number, WireField>; holdsPayloads: boolean }>();

/** How the fields of a message are written, by their numbers; made once for each schema. */
export function wireMessage(schema: DescMessage): WireMessage {
  const found = known.get(schema.typeName);
  if (found) return found;
  const hasPayload = schema.fields.some((field) => field.number === PAYLOAD);
  const message = {
    name: schema.name,
    hasPayload,
    fields: new Map<number, WireField>(),
    holdsPayloads: hasPayload,
  };
  known.set(schema.typeName, message);
  for (const field of schema.fields) message.fields.set(field.number, wireField(field));
  // Types refer to each other in cycles, so what holds payloads is settled once all of them are known.
  for (let changed = true; changed; ) {
    changed = false;
    for (const one of known.values()) {
      if (!one.holdsPayloads && [...one.fields.values()].some((f) => f.message?.holdsPayloads)) {
        one.holdsPayloads = true;
        changed = true;
      }
    }
  }
  return message;
}

function wireField(field: DescField): WireField {
  const scalar = field.fieldKind === 'scalar' || field.fieldKind === 'list' ? field.scalar : undefined;
  const wire = field.message ? Wire.Bytes : scalarWire(scalar);
  const repeated = field.fieldKind === 'list';
  return {
    number: field.number,
    name: field.name,
    wire,
    repeated,
    text: scalar === ScalarType.STRING,
    packed: repeated && wire !== Wire.Bytes ? wire : null,
    message: field.message ? wireMessage(field.message) : null,
  };
}

function scalarWire(scalar: ScalarType | undefined): Wire {
  switch (scalar) {
    case ScalarType.FLOAT:
      return Wire.Fixed32;
    case ScalarType.DOUBLE:
      return Wire.Fixed64;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return Wire.Bytes;
    default:
      return Wire.Varint;
  }
}

/** Bytes that a varint takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes a varint and says where it ends; with `length` it is padded to that many bytes, which readers accept. */
export function writeVarint(
  value: number,
  target: Uint8Array,
  at: number,
  length = varintLength(value),
): number {
  let rest = value;
  for (let i = 0; i < length - 1; i++) {
    target[at + i] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at + length - 1] = rest;
  return at + length;
}

/** The tag of a field; numbers reach 29 bits, so shifting would overflow. */
export function tagOf(field: number, wire: Wire): number {
  return field * 8 + wire;
}
