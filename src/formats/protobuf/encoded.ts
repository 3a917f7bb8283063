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
    const field = new FieldCursor(bytes, start);
    while (field.end < end) {
      field.next();
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
  const cursor = new FieldCursor(bytes, start);
  while (cursor.end < end) {
    cursor.next();
    const { number, start: first, body, end: after } = cursor;
    yield { number, start: first, body, end: after };
  }
}

/** Goes from field to field of a message. Models have tens of thousands of them, so that none is an object of its own. */
class FieldCursor implements Field {
  number = 0;
  start = 0;
  body = 0;
  end: number;
  private at: number;

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
  ) {
    this.end = start;
    this.at = start;
  }

  next(): void {
    this.start = this.end;
    this.at = this.end;
    const tag = this.varint();
    this.number = Math.floor(tag / 8);
    this.body = this.at;
    switch (tag % 8) {
      case Wire.Varint:
        this.varint();
        break;
      case Wire.Fixed64:
        this.at += 8;
        break;
      case Wire.Fixed32:
        this.at += 4;
        break;
      case Wire.Bytes: {
        const length = this.varint();
        this.body = this.at;
        this.at += length;
        break;
      }
      default:
        this.at = groupEnd(this.bytes, this.number, this.at);
    }
    this.end = this.at;
  }

  /** The number at the current place. */
  varint(): number {
    const { bytes } = this;
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[this.at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }
}

function groupEnd(bytes: Uint8Array, number: number, start: number): number {
  const end = tagOf(number, Wire.GroupEnd);
  let at = start;
  while (at < bytes.length) {
    const cursor = new FieldCursor(bytes, at);
    if (cursor.varint() === end) return at + varintLength(end);
    const field = new FieldCursor(bytes, at);
    field.next();
    at = field.end;
  }
  return bytes.length;
}
