import type { DescMessage } from '@bufbuild/protobuf';
import { Wire, type WireField, wireMessage } from './wire';

/**
 * Whether the first bytes of a file look like a message of this type: known fields with their wire types from the
 * first byte on, and among them one that is evidence. A truncated message is recognized too.
 *
 * @param version name of a number field that is small and never 0.
 */
export function looksLike(
  schema: DescMessage,
  head: Uint8Array,
  version: string,
  evidence: (field: WireField) => boolean,
): boolean {
  const model = wireMessage(schema);
  let found = false;
  let at = 0;
  while (at < head.length) {
    const tag = varint(head, at);
    if (!tag) break;
    const field = model.fields.get(Math.floor(tag.value / 8));
    if (!field || tag.value % 8 !== field.wire) return false;
    const value = varint(head, tag.end);
    if (!value) break;
    at = value.end;
    if (field.name === version && (value.value === 0 || value.value > 1000)) return false;
    if (field.wire === Wire.Bytes) {
      const content = head.subarray(at, Math.min(head.length, at + value.value));
      if (field.text && !content.every(isText)) return false;
      if (field.message && content.length > 0 && !plausible(content, field.message.fields)) return false;
      at += value.value;
    }
    found ||= evidence(field);
  }
  return found;
}

/** Whether a message begins with a known field, rightly typed. */
function plausible(content: Uint8Array, fields: ReadonlyMap<number, { wire: Wire }>): boolean {
  const tag = varint(content, 0);
  return tag === null || fields.get(Math.floor(tag.value / 8))?.wire === tag.value % 8;
}

/** A name or a description has no control characters except white space. */
function isText(byte: number): boolean {
  return byte >= 32 || (byte >= 9 && byte <= 13);
}

/** null where it is cut off or longer than a length can be. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } | null {
  let value = 0;
  let factor = 1;
  for (let at = start; at < start + 8; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, end: at + 1 };
    factor *= 128;
  }
  return null;
}
