import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { type Piece, sizeOf } from '../pieces';
import { writeFiles } from '../writeFiles';
import { type Field, fieldsOf, SCALAR_BYTES, type ScalarType } from './schema';
import type { Bytes, ModelTable, Table, Union, Value } from './tables';
import { UNKNOWN, type UnknownField, type UnknownObject, type UnknownValue } from './unknownFields';

/** References are unsigned 32-bit numbers, but what reads flatbuffers takes no more than a signed one can say. */
const MAX_BYTES = 2 ** 31 - 1;

/** What the schema asks for weights and custom options, so that engines can use them where they lie. */
const BYTES_ALIGNMENT = 16;

/** What a flatbuffer with such a root has as its bytes 4 to 7. */
const IDENTIFIERS = { Model: 'TFL3', ModelMetadata: 'M001' } as const;

/**
 * Writes tables to a new .tflite file, weights streamed from where they lie. Fields that a newer schema may have
 * added to the source are written with their tables (`unknownFields.ts`).
 *
 * @param packed what comes behind the tables, made for the byte at which it begins
 * @throws ModelError when the target exists, or the model is larger than a flatbuffer can be; nothing is left then.
 */
export function writeTables(
  model: ModelTable,
  path: string,
  packed: ((start: number) => Uint8Array) | null = null,
): void {
  const tables = encodeModel(model);
  const parts = packed === null ? tables : [...tables, packed(sizeOf(tables))];
  if (sizeOf(parts) > MAX_BYTES) {
    throw new ModelError(`${path} cannot be written: a model in one flatbuffer ends at 2 GB.`, {
      file: path,
    });
  }
  writeFiles([{ path, parts }]);
}

/** A .tflite file in parts, in order. */
export function encodeModel(model: ModelTable): Piece[] {
  // Engines refuse a buffer with an empty vector; it must have none.
  const buffers = model.buffers?.map(({ data, ...rest }) => (data?.length ? { data, ...rest } : rest));
  const stored = { ...model, ...(buffers && { buffers }) };
  return encodePart(stored as unknown as Table, 'Model');
}

/** A flatbuffer of its own: a model, or the metadata that one of its buffers holds. */
export function encodePart(root: Table, name: keyof typeof IDENTIFIERS): Piece[] {
  return new Encoder().encode(root, name);
}

/** What a field of a table is when it is laid out. */
interface Slot {
  readonly id: number;
  /** A multiple of the alignment. */
  readonly width: number;
  /** The width unless stated: numbers lie at multiples of their own size. */
  readonly alignment?: number;
  write(at: number): void;
}

class Encoder {
  /** Everything but `bytes`. */
  #memory = new DataView(new ArrayBuffer(1 << 16));
  #end = 0;
  readonly #vtables = new Map<string, number>();
  /** What is to be written, in this order: references lead forward only, so it comes behind those that refer to it. */
  readonly #waiting: (() => void)[] = [];
  /** Places of references to what waits, which is written once for all of them. */
  readonly #references = new Map<object | string, number[]>();
  readonly #bytes = new Map<Bytes, number[]>();

  encode(root: Table, name: keyof typeof IDENTIFIERS): Piece[] {
    this.#reserve(8, 4);
    for (let index = 0; index < 4; index++) {
      this.#memory.setUint8(4 + index, IDENTIFIERS[name].charCodeAt(index));
    }
    this.#refer(0, root, () => this.#table(root, name));
    for (let next = 0; next < this.#waiting.length; next++) this.#waiting[next]?.();
    const weights = this.#placeBytes();
    return [new Uint8Array(this.#memory.buffer, 0, this.#end), ...weights];
  }

  /** Weights come behind everything else, so that what a reader looks at lies together. */
  #placeBytes(): Piece[] {
    const parts: Piece[] = [];
    let at = this.#end;
    for (const [bytes, references] of this.#bytes) {
      const start = alignedTo(BYTES_ALIGNMENT, at + 4) - 4;
      const head = new DataView(new ArrayBuffer(start + 4 - at));
      head.setUint32(start - at, bytes.length, true);
      parts.push(new Uint8Array(head.buffer), bytes);
      this.#resolve(references, start);
      at = start + 4 + bytes.length;
    }
    return parts;
  }

  #table(table: Table, name: string): number {
    const unknown = (table[UNKNOWN] ?? []).filter((field) => !isOutdated(field, table, name));
    const slots: Slot[] = [];
    for (const field of fieldsOf(name)) {
      const value = table[field.key];
      if (value === undefined || unknown.some(({ id }) => id === field.id)) continue;
      slots.push(...this.#slots(field, value));
    }
    for (const field of unknown) slots.push(this.#unknownSlot(field));
    return this.#layOut(slots);
  }

  #unknownSlot({ id, value }: UnknownField): Slot {
    if (value.kind !== 'inline') {
      const { key, place } = this.#unknownItem(value);
      return this.#reference(id, key, place);
    }
    const { bytes, alignment } = value;
    const width = alignedTo(alignment, bytes.length);
    return { id, width, alignment, write: (at) => new Uint8Array(this.#memory.buffer).set(bytes, at) };
  }

  #unknownItem(value: UnknownValue): { key: object; place: () => number } {
    if (value.kind === 'reference') return { key: value.to, place: () => this.#unknownObject(value.to) };
    throw new ModelError(
      'The file was written by a newer TensorFlow Lite, with a field that cannot be told from its content: it can be read but not changed.',
    );
  }

  #unknownObject(object: UnknownObject): number {
    switch (object.kind) {
      case 'table':
        return this.#layOut(object.fields.map((field) => this.#unknownSlot(field)));
      case 'references':
        return this.#vector(object.items.map((item) => this.#unknownItem(item)));
      case 'elements': {
        const start = alignedTo(BYTES_ALIGNMENT, this.#end + 4) - 4;
        this.#reserve(start + object.bytes.length - this.#end, 1);
        new Uint8Array(this.#memory.buffer).set(object.bytes, start);
        return start;
      }
    }
  }

  /** Writes a table of these fields. @returns where it begins */
  #layOut(slots: Slot[]): number {
    // Those that need the most first, so that none needs padding: the table begins at a multiple of 8 less the 4
    // bytes before.
    slots.sort((a, b) => (b.alignment ?? b.width) - (a.alignment ?? a.width));
    const offsets = new Array<number>(slots.reduce((most, { id }) => Math.max(most, id + 1), 0)).fill(0);
    let bytes = 4;
    for (const { id, width } of slots) {
      offsets[id] = bytes;
      bytes += width;
    }
    const vtable = this.#vtable([4 + 2 * offsets.length, bytes, ...offsets]);
    const start = alignedTo(8, this.#end + 4) - 4;
    this.#reserve(start + bytes - this.#end, 1);
    this.#memory.setInt32(start, start - vtable, true);
    for (const slot of slots) slot.write(start + itemAt(offsets, slot.id));
    return start;
  }

  #vtable(entries: readonly number[]): number {
    const key = entries.join();
    let at = this.#vtables.get(key);
    if (at === undefined) {
      const start = this.#reserve(2 * entries.length, 2);
      entries.forEach((entry, index) => {
        this.#memory.setUint16(start + 2 * index, entry, true);
      });
      this.#vtables.set(key, start);
      at = start;
    }
    return at;
  }

  #slots({ id, type }: Field, value: Value): Slot[] {
    switch (type.kind) {
      case 'scalar': {
        const { scalar } = type;
        const width = SCALAR_BYTES[scalar];
        return [{ id, width, write: (at) => this.#scalar(scalar, at, value as number | boolean) }];
      }
      case 'string':
        return [this.#reference(id, `string ${value}`, () => this.#string(value as string))];
      case 'bytes':
        return [this.#reference(id, value as Bytes, null)];
      case 'scalars': {
        const { scalar } = type;
        return [
          this.#reference(id, value as object, () => this.#scalars(scalar, value as readonly number[])),
        ];
      }
      case 'strings': {
        const items = (value as readonly string[]).map((text) => ({
          key: `string ${text}`,
          place: () => this.#string(text),
        }));
        return [this.#reference(id, value as object, () => this.#vector(items))];
      }
      case 'table':
        return [this.#reference(id, value as object, () => this.#table(value as Table, type.table))];
      case 'tables': {
        const items = (value as readonly Table[]).map((key) => ({
          key,
          place: () => this.#table(key, type.table),
        }));
        return [this.#reference(id, value as object, () => this.#vector(items))];
      }
      case 'union': {
        const { table, value: member } = value as Union;
        const number = type.members.indexOf(table) + 1;
        return [
          { id, width: 1, write: (at) => this.#memory.setUint8(at, number) },
          this.#reference(id + 1, member, () => this.#table(member, table)),
        ];
      }
    }
  }

  #reference(id: number, key: object | string, place: (() => number) | null): Slot {
    return { id, width: 4, write: (at) => this.#refer(at, key, place) };
  }

  /** Notes a reference; `place` writes what it leads to, null = bytes, which are placed at the end. */
  #refer(at: number, key: object | string, place: (() => number) | null): void {
    if (place === null) {
      const known = this.#bytes.get(key as Bytes);
      if (known) known.push(at);
      else this.#bytes.set(key as Bytes, [at]);
      return;
    }
    const waiting = this.#references.get(key);
    if (waiting) {
      waiting.push(at);
      return;
    }
    const references = [at];
    this.#references.set(key, references);
    this.#waiting.push(() => {
      // Who refers to it from here on is behind it, and gets another copy.
      this.#references.delete(key);
      this.#resolve(references, place());
    });
  }

  #resolve(references: readonly number[], target: number): void {
    for (const at of references) this.#memory.setUint32(at, target - at, true);
  }

  #vector(items: readonly { readonly key: object | string; readonly place: () => number }[]): number {
    const start = this.#reserve(4 + 4 * items.length, 4);
    this.#memory.setUint32(start, items.length, true);
    items.forEach(({ key, place }, index) => {
      this.#refer(start + 4 + 4 * index, key, place);
    });
    return start;
  }

  #scalars(type: ScalarType, values: readonly (number | boolean)[]): number {
    const width = SCALAR_BYTES[type];
    const start = alignedTo(Math.max(width, 4), this.#end + 4) - 4;
    this.#reserve(start + 4 + width * values.length - this.#end, 1);
    this.#memory.setUint32(start, values.length, true);
    const write = WRITERS[type];
    let at = start + 4;
    for (let index = 0; index < values.length; index++, at += width)
      write(this.#memory, at, Number(values[index]));
    return start;
  }

  #string(text: string): number {
    const bytes = utf8.encode(text);
    // A zero ends it, which its length does not count.
    const start = this.#reserve(4 + bytes.length + 1, 4);
    this.#memory.setUint32(start, bytes.length, true);
    new Uint8Array(this.#memory.buffer).set(bytes, start + 4);
    return start;
  }

  #scalar(type: ScalarType, at: number, value: number | boolean): void {
    WRITERS[type](this.#memory, at, Number(value));
  }

  /** Room at the end, zeros, and where it begins. */
  #reserve(bytes: number, alignment: number): number {
    const start = alignedTo(alignment, this.#end);
    this.#end = start + bytes;
    if (this.#end > this.#memory.byteLength) {
      const larger = new Uint8Array(Math.max(this.#end, 2 * this.#memory.byteLength));
      larger.set(new Uint8Array(this.#memory.buffer));
      this.#memory = new DataView(larger.buffer);
    }
    return start;
  }
}

/** Whether a number that was kept bit by bit, because JavaScript's numbers cannot hold it, was given another value. */
function isOutdated({ id, value }: UnknownField, table: Table, name: string): boolean {
  const field = fieldsOf(name).find((one) => one.id === id);
  if (field?.type.kind !== 'scalar' || value.kind !== 'inline') return false;
  const bytes = new DataView(value.bytes.buffer, value.bytes.byteOffset);
  const exact = field.type.scalar === 'ulong' ? bytes.getBigUint64(0, true) : bytes.getBigInt64(0, true);
  return Number(exact) !== table[field.key];
}

function alignedTo(alignment: number, position: number): number {
  return Math.ceil(position / alignment) * alignment;
}

/** Numbers that are no safe integers lie bit by bit in fields of their own; of the others both halves are exact. */
function writeLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

const utf8 = new TextEncoder();

const WRITERS: Readonly<Record<ScalarType, (view: DataView, at: number, value: number) => void>> = {
  bool: (view, at, value) => view.setUint8(at, value),
  byte: (view, at, value) => view.setInt8(at, value),
  ubyte: (view, at, value) => view.setUint8(at, value),
  short: (view, at, value) => view.setInt16(at, value, true),
  ushort: (view, at, value) => view.setUint16(at, value, true),
  int: (view, at, value) => view.setInt32(at, value, true),
  uint: (view, at, value) => view.setUint32(at, value, true),
  float: (view, at, value) => view.setFloat32(at, value, true),
  long: writeLong,
  ulong: writeLong,
  double: (view, at, value) => view.setFloat64(at, value, true),
};
