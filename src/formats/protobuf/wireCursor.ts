import { ModelError } from '../../model/modelError';
import { Wire, type WireField } from './wire';

/** Groups within groups, as deep as protobuf's own readers go (CWE-674). */
const MAX_GROUPS = 100;

/** Bytes at any position, and the file that they are of. */
interface Bytes {
  readonly path: string;
  byte(position: number): number;
}

/** Reads tags, lengths and values of protobuf's encoding from a file, and trusts none of them. */
export class WireCursor {
  position = 0;

  constructor(readonly file: Bytes) {}

  /** protobuf-es reads on behind the end of a packed field whose last number is cut. */
  checkPacked(field: WireField, start: number, stop: number, at: number): void {
    const length = stop - start;
    const whole =
      field.packed === Wire.Varint
        ? length === 0 || this.file.byte(stop - 1) < 128
        : length % (field.packed === Wire.Fixed32 ? 4 : 8) === 0;
    if (!whole) throw this.damage(at, `has a ${field.name} that ends in the middle of a number`);
  }

  skip(wire: Wire, number: number, end: number, at: number): void {
    switch (wire) {
      case Wire.Varint:
        this.#skipVarint(end);
        return;
      case Wire.Fixed64:
        this.position += 8;
        break;
      case Wire.Fixed32:
        this.position += 4;
        break;
      case Wire.Bytes: {
        const length = this.varint(end);
        this.position += length;
        break;
      }
      case Wire.GroupStart:
        this.#skipGroup(number, end, at);
        return;
      default:
        throw this.damage(
          at,
          `has a field of wire type ${wire}, which does not exist or does not belong here`,
        );
    }
    if (this.position > end) throw this.damage(at, `has a field ${number} that reaches beyond its message`);
  }

  /** Groups are long deprecated, but an unknown field may be one. */
  #skipGroup(number: number, end: number, at: number): void {
    const open = [number];
    while (open.length > 0) {
      if (open.length > MAX_GROUPS) throw this.damage(at, `nests more than ${MAX_GROUPS} groups`);
      const tag = this.varint(end);
      const inner = Math.floor(tag / 8);
      if (tag % 8 === Wire.GroupStart) open.push(inner);
      else if (tag % 8 !== Wire.GroupEnd) this.skip(tag % 8, inner, end, at);
      else if (open.pop() !== inner) throw this.damage(at, 'has a group that does not end');
    }
  }

  /** A tag or a length: at most 2^53, far beyond any file. */
  varint(end: number): number {
    const at = this.position;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      if (this.position >= end) throw this.damage(at, 'breaks off in the middle of a number');
      const byte = this.file.byte(this.position++);
      value += (byte & 127) * factor;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw this.damage(at, 'has a length or tag that is absurdly large');
  }

  #skipVarint(end: number): void {
    const at = this.position;
    for (let i = 0; i < 10; i++) {
      if (this.position >= end) throw this.damage(at, 'breaks off in the middle of a number');
      if (this.file.byte(this.position++) < 128) return;
    }
    throw this.damage(at, 'has a number of more than 64 bits');
  }

  damage(offset: number, what: string): ModelError {
    const { path } = this.file;
    return new ModelError(`${path} is damaged: at byte ${offset} it ${what}.`, { file: path, offset });
  }
}
