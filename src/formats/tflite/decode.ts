import type { Problem } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { PagedFile } from '../pagedFile';
import { type Field, fieldsOf, idsOf, SCALAR_BYTES, type ScalarType } from './schema';
import type { BufferTable, ModelTable, OperatorTable, Table, Union, Value } from './tables';
import {
  type FlatFile,
  inline,
  type Pending,
  resolveUnknown,
  slotsOf,
  UNKNOWN,
  type UnknownField,
  type VTable,
} from './unknownFields';

/** Broken references that are listed; one lost table can take thousands with it (CWE-770). */
const MAX_PROBLEMS = 20;

/**
 * Bytes of structure that are decoded for each byte of the file. Every byte belongs to one part of an undamaged
 * file; parts that overlap could otherwise make a small file a large model (CWE-770).
 */
const MAX_OVERLAP = 4;

/** Reference to the root table, and the identifier. */
const HEADER_BYTES = 8;

/**
 * `MAX_OVERLAP` for finding out what fields of a newer schema are: places are looked at once for each that may
 * lead there (CWE-407).
 */
const MAX_LOOKS = 64;

/** Fields of a table; the largest one of the schema has 23 (CWE-770). */
const MAX_FIELDS = 512;

export interface Decoded<T> {
  readonly root: T;
  /** References that lead nowhere: what they meant is left out. */
  readonly problems: readonly Problem[];
}

/**
 * All tables of a .tflite file; of weights and other bytes only where they lie.
 *
 * @throws ModelError when the file cannot be read, or has no root table.
 */
export function decodeModel(path: string): Decoded<ModelTable> & { readonly bytes: number } {
  const file = new PagedFile(path);
  try {
    const { root, problems } = decodeRoot<ModelTable>(file, 0, file.size, 'Model');
    return { ...gatherLarge(root, file, problems), bytes: file.size };
  } finally {
    file.close();
  }
}

/**
 * Models above 2 GB keep weights and custom options behind the tables, at offsets from the beginning of the file
 * (schema version 3c). They become like any other.
 */
function gatherLarge(
  root: ModelTable,
  { path, size }: PagedFile,
  before: readonly Problem[],
): Decoded<ModelTable> {
  const problems = [...before];
  const gather = (key: string, at: string, length: string) => (table: Table) => {
    const { [at]: offset = 0, [length]: bytes = 0, ...rest } = table;
    if (Number(offset) <= 1) return rest;
    if (Number(offset) + Number(bytes) <= size) {
      return { ...rest, [key]: { path, offset: Number(offset), length: Number(bytes) } };
    }
    if (problems.length < MAX_PROBLEMS) {
      problems.push({
        message: `${path} is damaged or cut off: bytes ${offset} to ${Number(offset) + Number(bytes)} are behind its end at ${size}.`,
        offset: size,
      });
    }
    return rest;
  };
  const ofBuffer = gather('data', 'offset', 'size');
  const ofOperator = gather('customOptions', 'largeCustomOptionsOffset', 'largeCustomOptionsSize');
  return {
    root: {
      ...root,
      ...(root.buffers && { buffers: root.buffers.map((one) => ofBuffer(one as Table) as BufferTable) }),
      ...(root.subgraphs && {
        subgraphs: root.subgraphs.map((graph) =>
          graph.operators
            ? { ...graph, operators: graph.operators.map((one) => ofOperator(one as Table) as OperatorTable) }
            : graph,
        ),
      }),
    },
    problems,
  };
}

/** A flatbuffer that lies in a part of a file. */
export function decodePart<T>(path: string, offset: number, length: number, table: string): Decoded<T> {
  const file = new PagedFile(path);
  try {
    return decodeRoot<T>(file, offset, offset + length, table);
  } finally {
    file.close();
  }
}

function decodeRoot<T>(file: PagedFile, start: number, end: number, table: string): Decoded<T> {
  let decoder = new Decoder(file, start, end, null);
  let root = decoder.root(table);
  if (decoder.hasUnknown) {
    // What its unknown fields are shows only when the places of everything else are known.
    decoder = new Decoder(file, start, end, [[start, start + HEADER_BYTES]]);
    root = decoder.root(table);
    decoder.resolve();
  }
  if (root === null) {
    const [problem] = decoder.problems;
    throw new ModelError(problem?.message ?? `${file.path} is damaged: it has no structure.`, {
      file: file.path,
      offset: start,
    });
  }
  return { root: root as T, problems: decoder.problems };
}

/** Follows a flatbuffer's references (https://flatbuffers.dev/internals). Everything is checked before it is believed. */
class Decoder {
  readonly problems: Problem[] = [];
  readonly #vtables = new Map<number, VTable & { readonly at: number }>();
  /** What was decoded, by table and position. The schema has no tables that hold themselves, so this ends. */
  readonly #decoded = new Map<string, Map<number, Value>>();
  readonly #pending: Pending[] = [];
  /** A table has fields that the schema here does not have. */
  hasUnknown = false;
  #left: number;

  /** @param places gets [begin, end) of everything that is decoded; null where nobody asks */
  constructor(
    readonly file: PagedFile,
    readonly start: number,
    readonly end: number,
    readonly places: [number, number][] | null,
  ) {
    this.#left = MAX_OVERLAP * (end - start) + 1024;
  }

  root(table: string): Table | null {
    return this.#reference(this.start, (position) => this.#table(table, position), 'the root table');
  }

  /** Gives every table its fields of a newer schema. */
  resolve(): void {
    this.#left = MAX_LOOKS * (this.end - this.start) + 1024;
    resolveUnknown(this.#raw, this.places ?? [], this.#pending);
  }

  /** The file for those who do not know what lies in it. */
  get #raw(): FlatFile {
    return {
      start: this.start,
      end: this.end,
      uint: (position) => this.#uint(position),
      copy: (position, length) => this.#copy(position, length),
      vtableOf: (position) => this.#vtableOf(position),
      take: (bytes) => this.#take(bytes),
    };
  }

  /** What a reference leads to; null, and a problem, when that is outside the file or makes no sense. */
  #reference<T>(position: number, decode: (target: number) => T, what: string): T | null {
    try {
      const target = position + this.#uint(position);
      return decode(target);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      if (this.problems.length < MAX_PROBLEMS) {
        this.problems.push({
          message: `${this.file.path} is damaged: ${what}, which byte ${position} refers to, ${error.message}.`,
          offset: position,
        });
      }
      return null;
    }
  }

  #table(name: string, position: number): Table {
    return this.#once(name, position, () => {
      const vtable = this.#vtableOf(position);
      const { offsets, tableBytes } = vtable;
      this.places?.push([position, position + tableBytes]);
      const table: Record<string, Value> & { [UNKNOWN]?: UnknownField[] } = {};
      const kept: UnknownField[] = [];
      let known = idsOf(name);
      for (const field of fieldsOf(name)) {
        const offset = offsets[field.id] ?? 0;
        if (offset === 0) continue;
        const width =
          field.type.kind === 'scalar'
            ? SCALAR_BYTES[field.type.scalar]
            : field.type.kind === 'union'
              ? 1
              : 4;
        if (offset + width > tableBytes) throw new Broken(`has the field ${field.name} behind its own end`);
        const value = this.#field(field, position + offset, () => {
          const of = offsets[field.id + 1] ?? 0;
          return of === 0 || of + 4 > tableBytes ? null : position + of;
        });
        if (value !== null) table[field.key] = value;
        // A member that a newer schema added to the union.
        else if (field.type.kind === 'union') known = without(known, field.id, field.id + 1);
        if (isInexact(field, value))
          kept.push({ id: field.id, value: inline(this.#raw, position + offset, width) });
      }
      const slots = offsets.some((offset, id) => offset !== 0 && !known.has(id))
        ? slotsOf(vtable, known)
        : [];
      if (slots.length > 0) {
        this.hasUnknown = true;
        this.#pending.push({ kind: name, position, slots, fields: kept });
      }
      if (slots.length > 0 || kept.length > 0) table[UNKNOWN] = kept;
      return table;
    });
  }

  #vtableOf(position: number): VTable & { readonly at: number } {
    const at = position - this.#int(position);
    let vtable = this.#vtables.get(at);
    if (vtable === undefined) {
      const bytes = this.#ushort(at);
      if (bytes < 4 || bytes % 2 !== 0 || bytes > 4 + 2 * MAX_FIELDS)
        throw new Broken('has no list of its fields');
      this.#take(bytes);
      this.places?.push([at, at + bytes]);
      const offsets: number[] = [];
      for (let entry = at + 4; entry < at + bytes; entry += 2) offsets.push(this.#ushort(entry));
      vtable = { at, offsets, tableBytes: this.#ushort(at + 2) };
      this.#vtables.set(at, vtable);
    }
    this.#check(position, vtable.tableBytes);
    this.#take(vtable.tableBytes);
    return vtable;
  }

  #field({ name, type }: Field, position: number, union: () => number | null): Value | null {
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(type.scalar, position);
      case 'string':
        return this.#reference(position, (target) => this.#string(target), name);
      case 'bytes':
        return this.#reference(position, (target) => this.#bytes(target), name);
      case 'scalars':
        return this.#reference(position, (target) => this.#scalars(type.scalar, target), name);
      case 'strings':
        return this.#reference(position, (target) => this.#strings(name, target), name);
      case 'table':
        return this.#reference(position, (target) => this.#table(type.table, target), name);
      case 'tables':
        return this.#reference(position, (target) => this.#tables(type.table, name, target), name);
      case 'union': {
        const table = type.members[Number(this.#scalar('ubyte', position)) - 1];
        const place = union();
        if (table === undefined || place === null) return null;
        const value = this.#reference(place, (target) => this.#table(table, target), name);
        return value && ({ table, value } as Union);
      }
    }
  }

  #tables(table: string, name: string, position: number): readonly Table[] {
    return this.#once(`[${table}]`, position, () => {
      const count = this.#vector(position, 4);
      const tables: Table[] = [];
      for (let index = 0; index < count; index++) {
        const at = position + 4 + 4 * index;
        // What is lost has no fields: the others keep their index.
        tables.push(this.#reference(at, (target) => this.#table(table, target), `${name}[${index}]`) ?? {});
      }
      return tables;
    });
  }

  #strings(name: string, position: number): readonly string[] {
    return this.#once('[string]', position, () => {
      const count = this.#vector(position, 4);
      return Array.from({ length: count }, (_, index) => {
        const at = position + 4 + 4 * index;
        return this.#reference(at, (target) => this.#string(target), `${name}[${index}]`) ?? '';
      });
    });
  }

  #string(position: number): string {
    return this.#once('string', position, () => {
      const length = this.#vector(position, 1);
      // The zero behind it belongs to it.
      this.places?.push([position + 4 + length, position + 5 + length]);
      return utf8.decode(this.#copy(position + 4, length));
    });
  }

  #bytes(position: number): Value {
    return this.#once('bytes', position, () => {
      const length = this.#uint(position);
      this.#check(position + 4, length);
      this.places?.push([position, position + 4 + length]);
      return { path: this.file.path, offset: position + 4, length };
    });
  }

  #scalars(type: ScalarType, position: number): readonly number[] | readonly boolean[] {
    return this.#once(`[${type}]`, position, () => {
      const width = SCALAR_BYTES[type];
      const count = this.#vector(position, width);
      const { view, start } = this.file.at(position + 4, count * width);
      const read = READERS[type];
      const values: (number | boolean)[] = [];
      for (let index = 0; index < count; index++) values.push(read(view, start + index * width));
      return values as number[] | boolean[];
    });
  }

  /** Number of a vector's elements, after a check that the file holds them all. */
  #vector(position: number, width: number): number {
    const count = this.#uint(position);
    this.#check(position + 4, count * width);
    this.#take(4 + count * width);
    this.places?.push([position, position + 4 + count * width]);
    return count;
  }

  #copy(position: number, length: number): Uint8Array {
    this.#check(position, length);
    const { view, start } = this.file.at(position, length);
    return new Uint8Array(view.buffer, view.byteOffset + start, length).slice();
  }

  #once<T extends Value>(kind: string, position: number, decode: () => T): T {
    let known = this.#decoded.get(kind);
    if (known === undefined) {
      known = new Map();
      this.#decoded.set(kind, known);
    }
    const before = known.get(position);
    if (before !== undefined) return before as T;
    const value = decode();
    known.set(position, value);
    return value;
  }

  #take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new ModelError(`${this.file.path} is damaged: its parts overlap.`, { file: this.file.path });
    }
  }

  #check(position: number, length: number): void {
    if (position < this.start || position + length > this.end) {
      throw new Broken(`lies outside the ${this.end - this.start} bytes that there are`);
    }
  }

  #scalar(type: ScalarType, position: number): number | boolean {
    const { view, start } = this.#at(position, SCALAR_BYTES[type]);
    return READERS[type](view, start);
  }

  #at(position: number, length: number): { view: DataView; start: number } {
    this.#check(position, length);
    return this.file.at(position, length);
  }

  #uint(position: number): number {
    const { view, start } = this.#at(position, 4);
    return view.getUint32(start, true);
  }

  #int(position: number): number {
    const { view, start } = this.#at(position, 4);
    return view.getInt32(start, true);
  }

  #ushort(position: number): number {
    const { view, start } = this.#at(position, 2);
    return view.getUint16(start, true);
  }
}

function without(ids: ReadonlySet<number>, ...gone: readonly number[]): Set<number> {
  return new Set([...ids].filter((id) => !gone.includes(id)));
}

/** Whether a number of 64 bits is more than JavaScript's numbers tell apart. */
function isInexact({ type }: Field, value: Value | null): boolean {
  return (
    type.kind === 'scalar' &&
    typeof value === 'number' &&
    /long/.test(type.scalar) &&
    !Number.isSafeInteger(value)
  );
}

/** A part of the file is not what the reference to it says. The message goes on after the part's name. */
class Broken extends Error {}

const utf8 = new TextDecoder();

const READERS: Readonly<Record<ScalarType, (view: DataView, at: number) => number | boolean>> = {
  bool: (view, at) => view.getUint8(at) !== 0,
  byte: (view, at) => view.getInt8(at),
  ubyte: (view, at) => view.getUint8(at),
  short: (view, at) => view.getInt16(at, true),
  ushort: (view, at) => view.getUint16(at, true),
  int: (view, at) => view.getInt32(at, true),
  uint: (view, at) => view.getUint32(at, true),
  float: (view, at) => view.getFloat32(at, true),
  // Both halves are exact and their sum is rounded once, as from a BigInt, which would be made for each zero point.
  long: (view, at) => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
  ulong: (view, at) => view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
  double: (view, at) => view.getFloat64(at, true),
};
