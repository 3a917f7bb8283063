import type { Piece } from '../pieces';
import { sizeOf } from '../pieces';
import { tagOf, varintLength, Wire, type WireMessage, writeVarint } from './wire';

/** A field of a message that protobuf-es encoded a moment ago, so that its structure can be trusted. */
export interface Field {
  readonly number: number;
  /** First byte of the tag. */
  readonly start: number;
  /** First byte of the value. */
  readonly body: number;
  readonly end: number;
}

/**
 * An encoded message with each message inside that may have a payload replaced by what `replace` gives for its
 * bytes; null leaves the message, but looks inside it.
 */
export function replacePayloads(
  bytes: Uint8Array,
  type: WireMessage,
  replace: (type: WireMessage, start: number, end: number) => Piece[] | null,
): Piece[] {
  const message = (inside: WireMessage, start: number, end: number): Piece[] | null => {
    const replaced = inside.hasPayload ? replace(inside, start, end) : null;
    if (replaced) return replaced;
    let pieces: Piece[] | null = null;
    let copied = start;
    for (const field of fieldsOf(bytes, start, end)) {
      const inner = inside.fields.get(field.number)?.message;
      if (!inner?.holdsPayloads) continue;
      const changed = message(inner, field.body, field.end);
      if (!changed) continue;
      pieces ??= [];
      if (field.start > copied) pieces.push(bytes.subarray(copied, field.start));
      pieces.push(header(field.number, sizeOf(changed)));
      for (const piece of changed) pieces.push(piece);
      copied = field.end;
    }
    if (pieces && end > copied) pieces.push(bytes.subarray(copied, end));
    return pieces;
  };
  return message(type, 0, bytes.length) ?? [bytes];
}

/** The fields of a message with some dropped and a replacement put in at the place where its number belongs. */
export function assemble(
  bytes: Uint8Array,
  fields: readonly Field[],
  dropped: ReadonlySet<number>,
  place: number,
  replacement: readonly Piece[],
): Piece[] {
  const pieces: Piece[] = [];
  let placed = false;
  for (const field of fields) {
    if (!placed && field.number > place) {
      pieces.push(...replacement);
      placed = true;
    }
    if (!dropped.has(field.number)) pieces.push(bytes.subarray(field.start, field.end));
  }
  if (!placed) pieces.push(...replacement);
  return pieces;
}

/** Tag and length of a length-delimited field. */
export function header(field: number, length: number): Uint8Array {
  const tag = tagOf(field, Wire.Bytes);
  const bytes = new Uint8Array(varintLength(tag) + varintLength(length));
  writeVarint(length, bytes, writeVarint(tag, bytes, 0));
  return bytes;
}

/** The fields of an encoded message, one after the other, from `start` to before `end`. */
export function* fieldsOf(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  let at = start;
  while (at < end) {
    const begin = at;
    const [tag, body] = varint(bytes, at);
    const number = Math.floor(tag / 8);
    let content = body;
    at = body;
    switch (tag % 8) {
      case Wire.Varint:
        at = varint(bytes, body)[1];
        break;
      case Wire.Fixed64:
        at += 8;
        break;
      case Wire.Fixed32:
        at += 4;
        break;
      case Wire.Bytes: {
        const [length, first] = varint(bytes, body);
        content = first;
        at = first + length;
        break;
      }
      default:
        at = groupEnd(bytes, number, body);
    }
    yield { number, start: begin, body: content, end: at };
  }
}

function groupEnd(bytes: Uint8Array, number: number, start: number): number {
  let at = start;
  for (;;) {
    const [tag, body] = varint(bytes, at);
    if (tag === tagOf(number, Wire.GroupEnd)) return body;
    const next = fieldsOf(bytes, at, bytes.length).next();
    if (next.done) return bytes.length;
    at = next.value.end;
  }
}

function varint(bytes: Uint8Array, at: number): [number, number] {
  let value = 0;
  let factor = 1;
  let position = at;
  for (;;) {
    const byte = bytes[position++] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, position];
    factor *= 128;
  }
}
