import { basename, dirname, resolve } from 'node:path';
import { create, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelError } from '../../model/modelError';
import type { Part } from '../writeFiles';
import { EXTERNAL, externalEntry, isLocation } from './externalData';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './onnx_pb';
import {
  DATA_LOCATION,
  EXTERNAL_DATA,
  PAYLOAD,
  RAW_DATA,
  tagOf,
  varintLength,
  Wire,
  type WireMessage,
  wireMessage,
  writeVarint,
} from './wire';

/** What readers of protobuf accept as one message. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Weights beside the model begin at whole pages, so that engines can map them. */
const PAGE_BYTES = 4096;

/** Smaller weights stay in the model: a reader wants shapes and scales at hand. */
const SMALL_BYTES = 1024;

export interface WritePlan {
  readonly model: Part[];
  readonly dataPath: string;
  readonly data: Part[];
}

export function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/**
 * What to write for an encoded model: its bytes with each `payload` field replaced by what it stands for.
 * `embed` puts all weights into the model, `beside` the large ones into a file of their own.
 */
export function planModel(skeleton: Uint8Array, target: string, weights: 'embed' | 'beside'): WritePlan {
  const dataPath = `${target}.data`;
  const planner = new Planner(skeleton, target, weights === 'beside' ? basename(dataPath) : null);
  const model = planner.message(wireMessage(ModelProtoSchema as DescMessage), 0, skeleton.length) ?? [
    skeleton,
  ];
  return { model, dataPath, data: planner.data };
}

class Planner {
  readonly data: Part[] = [];
  #dataLength = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly target: string,
    /** Name of the file for large weights, null when they are embedded. */
    readonly location: string | null,
  ) {}

  /** Parts of a message without its header; null when its bytes are written as they are. */
  message(type: WireMessage, start: number, end: number): Part[] | null {
    if (type.name === 'TensorProto') return this.#tensor(start, end);
    let parts: Part[] | null = null;
    let copied = start;
    for (const field of this.#fields(start, end)) {
      const inner = type.fields.get(field.number)?.message;
      if (!inner?.holdsTensors) continue;
      const changed = this.message(inner, field.body, field.end);
      if (!changed) continue;
      parts ??= [];
      if (field.start > copied) parts.push(this.bytes.subarray(copied, field.start));
      parts.push(header(field.number, sizeOf(changed)));
      for (const part of changed) parts.push(part);
      copied = field.end;
    }
    if (parts && end > copied) parts.push(this.bytes.subarray(copied, end));
    return parts;
  }

  #tensor(start: number, end: number): Part[] | null {
    const fields = [...this.#fields(start, end)];
    const hasPayload = fields.some((field) => field.number === PAYLOAD);
    const inline = fields.find((field) => field.number === RAW_DATA);
    const spills = this.location !== null && (inline ? inline.end - inline.body >= SMALL_BYTES : false);
    const external = fields.some(
      (field) => field.number === DATA_LOCATION && this.bytes[field.body] === EXTERNAL,
    );
    if (!hasPayload && !spills && !external) return null;
    const tensor = fromBinary(TensorProtoSchema, this.bytes.subarray(start, end));
    if (external && !hasPayload) throw missing(tensor, this.target);
    if (external && this.#staysValid(tensor)) return this.#assemble(fields, new Set([PAYLOAD]), PAYLOAD, []);
    const streamed: Part[] = tensor.payload.map((one) => ({
      path: one.path,
      offset: Number(one.offset),
      length: Number(one.length),
    }));
    const pieces = inline && !hasPayload ? [this.bytes.subarray(inline.body, inline.end)] : streamed;
    // A payload stands for its whole field, whatever else was set there.
    const place = external || !hasPayload ? RAW_DATA : (tensor.payload[0]?.field ?? RAW_DATA);
    const moves = this.location !== null && place === RAW_DATA && sizeOf(pieces) >= SMALL_BYTES;
    const dropped = new Set([PAYLOAD, place]);
    if (external || moves) dropped.add(EXTERNAL_DATA).add(DATA_LOCATION);
    return moves
      ? this.#assemble(fields, dropped, EXTERNAL_DATA, this.#beside(pieces, this.location ?? ''))
      : this.#assemble(
          fields,
          dropped,
          place,
          pieces.flatMap((piece) => [header(place, piece.length), piece]),
        );
  }

  /** The fields of a tensor with one of them replaced, at the place where its number belongs. */
  #assemble(
    fields: readonly Field[],
    dropped: ReadonlySet<number>,
    place: number,
    replacement: readonly Part[],
  ): Part[] {
    const parts: Part[] = [];
    let placed = false;
    for (const field of fields) {
      if (!placed && field.number > place) {
        parts.push(...replacement);
        placed = true;
      }
      if (!dropped.has(field.number)) parts.push(this.bytes.subarray(field.start, field.end));
    }
    if (!placed) parts.push(...replacement);
    return parts;
  }

  #staysValid(tensor: TensorProto): boolean {
    const [payload] = tensor.payload;
    const location = externalEntry(tensor, 'location');
    return (
      payload?.field === EXTERNAL_DATA &&
      location !== undefined &&
      isLocation(dirname(resolve(this.target)), location, payload.path)
    );
  }

  /** Adds weights to the file beside the model and gives the fields that refer to them. */
  #beside(raw: readonly Part[], location: string): Part[] {
    const padding = (PAGE_BYTES - (this.#dataLength % PAGE_BYTES)) % PAGE_BYTES;
    const offset = this.#dataLength + padding;
    const length = sizeOf(raw);
    this.data.push(new Uint8Array(padding), ...raw);
    this.#dataLength = offset + length;
    const entries = { location, offset: String(offset), length: String(length) };
    const parts: Part[] = [];
    for (const [key, value] of Object.entries(entries)) {
      const entry = toBinary(
        StringStringEntryProtoSchema,
        create(StringStringEntryProtoSchema, { key, value }),
      );
      parts.push(header(EXTERNAL_DATA, entry.length), entry);
    }
    parts.push(Uint8Array.of(tagOf(DATA_LOCATION, Wire.Varint), EXTERNAL));
    return parts;
  }

  /** The skeleton was encoded by protobuf-es a moment ago, so its structure can be trusted. */
  *#fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      const begin = at;
      const [tag, body] = this.#varint(at);
      const number = Math.floor(tag / 8);
      let content = body;
      at = body;
      switch (tag % 8) {
        case Wire.Varint:
          at = this.#varint(body)[1];
          break;
        case Wire.Fixed64:
          at += 8;
          break;
        case Wire.Fixed32:
          at += 4;
          break;
        case Wire.Bytes: {
          const [length, first] = this.#varint(body);
          content = first;
          at = first + length;
          break;
        }
        default:
          at = this.#groupEnd(number, body);
      }
      yield { number, start: begin, body: content, end: at };
    }
  }

  #groupEnd(number: number, start: number): number {
    let at = start;
    for (;;) {
      const [tag, body] = this.#varint(at);
      if (tag === tagOf(number, Wire.GroupEnd)) return body;
      const next = this.#fields(at, this.bytes.length).next();
      if (next.done) return this.bytes.length;
      at = next.value.end;
    }
  }

  #varint(at: number): [number, number] {
    let value = 0;
    let factor = 1;
    let position = at;
    for (;;) {
      const byte = this.bytes[position++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return [value, position];
      factor *= 128;
    }
  }
}

interface Field {
  readonly number: number;
  /** First byte of the tag. */
  readonly start: number;
  /** First byte of the value. */
  readonly body: number;
  readonly end: number;
}

function header(field: number, length: number): Uint8Array {
  const tag = tagOf(field, Wire.Bytes);
  const bytes = new Uint8Array(varintLength(tag) + varintLength(length));
  writeVarint(length, bytes, writeVarint(tag, bytes, 0));
  return bytes;
}

function missing(tensor: TensorProto, target: string): ModelError {
  return new ModelError(
    `${target} cannot be written: the weights of '${tensor.name}' are in another file, which was not found.`,
    { file: target },
  );
}
