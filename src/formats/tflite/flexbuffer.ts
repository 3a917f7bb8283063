import type { Attribute } from '../../model/model';

/** Types of values (https://flatbuffers.dev/internals, "FlexBuffers"). */
enum Type {
  Null = 0,
  Int = 1,
  UInt = 2,
  Float = 3,
  Key = 4,
  String = 5,
  IndirectInt = 6,
  IndirectUInt = 7,
  IndirectFloat = 8,
  Map = 9,
  Vector = 10,
  VectorInt = 11,
  VectorUInt = 12,
  VectorFloat = 13,
  VectorKey = 14,
  Bool = 26,
  VectorBool = 36,
}

/** Options of an operator, or elements of one of them; more are not options (CWE-770). */
const MAX_ITEMS = 1024;

interface Value {
  readonly at: number;
  /** Bytes of each number there. */
  readonly width: number;
  readonly type: number;
}

/** The entries of a map in FlexBuffers, as custom operators keep their options; null when it is none, or damaged. */
export function readFlexbuffer(bytes: Uint8Array): Attribute[] | null {
  try {
    return new Reader(bytes).options();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Reads behind the end throw RangeError. */
class Reader {
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  options(): Attribute[] | null {
    const width = this.#view.getUint8(this.bytes.length - 1);
    const packed = this.#view.getUint8(this.bytes.length - 2);
    const root = { at: this.bytes.length - 2 - width, width, type: packed >> 2 };
    if (root.type !== Type.Map || width === 0) return null;
    const start = this.#target(root);
    const child = 1 << (packed & 3);
    const count = this.#uint(start - child, child);
    if (count > MAX_ITEMS) return null;
    const keys = start - 3 * child;
    const keyStart = keys - this.#uint(keys, child);
    const keyWidth = this.#uint(start - 2 * child, child);
    return Array.from({ length: count }, (_, index) => {
      const key = keyStart + index * keyWidth;
      const name = this.#text(key - this.#uint(key, keyWidth));
      return { name, value: this.#value(this.#element(start, child, count, index)) };
    });
  }

  /** Element of a vector whose types stand behind it. */
  #element(start: number, width: number, count: number, index: number): Value & { readonly packed: number } {
    const packed = this.#view.getUint8(start + count * width + index);
    return { at: start + index * width, width, type: packed >> 2, packed };
  }

  #value(value: Value & { readonly packed: number }): Attribute['value'] {
    const { at, width, type, packed } = value;
    const child = 1 << (packed & 3);
    switch (type) {
      case Type.Int:
        return this.#int(at, width);
      case Type.UInt:
        return this.#uint(at, width);
      case Type.Float:
        return this.#float(at, width);
      case Type.Bool:
        return String(this.#uint(at, width) !== 0);
      case Type.IndirectInt:
        return this.#int(this.#target(value), child);
      case Type.IndirectUInt:
        return this.#uint(this.#target(value), child);
      case Type.IndirectFloat:
        return this.#float(this.#target(value), child);
      case Type.Key:
      case Type.String:
        return this.#text(this.#target(value));
      case Type.VectorInt:
        return this.#numbers(value, child, (place) => this.#int(place, child));
      case Type.VectorUInt:
      case Type.VectorBool:
        return this.#numbers(value, child, (place) => this.#uint(place, child));
      case Type.VectorFloat:
        return this.#numbers(value, child, (place) => this.#float(place, child));
      default:
        return type === Type.Null ? 'null' : 'nested';
    }
  }

  #numbers(value: Value, width: number, read: (at: number) => number): number[] {
    const start = this.#target(value);
    const count = this.#uint(start - width, width);
    if (count > MAX_ITEMS) throw new RangeError();
    return Array.from({ length: count }, (_, index) => read(start + index * width));
  }

  #target({ at, width }: Value): number {
    return at - this.#uint(at, width);
  }

  #text(start: number): string {
    const end = this.bytes.indexOf(0, start);
    if (start < 0 || end < 0) throw new RangeError();
    return utf8.decode(this.bytes.subarray(start, end));
  }

  #int(at: number, width: number): number {
    switch (width) {
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getInt16(at, true);
      case 4:
        return this.#view.getInt32(at, true);
      case 8:
        return Number(this.#view.getBigInt64(at, true));
      default:
        throw new RangeError();
    }
  }

  #uint(at: number, width: number): number {
    switch (width) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      case 8:
        return Number(this.#view.getBigUint64(at, true));
      default:
        throw new RangeError();
    }
  }

  #float(at: number, width: number): number {
    if (width === 4) return this.#view.getFloat32(at, true);
    if (width === 8) return this.#view.getFloat64(at, true);
    throw new RangeError();
  }
}

const utf8 = new TextDecoder();
