import { ModelError } from '../../model/modelError';

/**
 * Fields of a table that the schema here does not have: a newer one's. A flatbuffer does not say what they are, so
 * they are found out from the file: a field is a reference where it leads to bytes that nothing known occupies, and a
 * number elsewhere. Kept under a symbol, so that a copy of the table (`{ ...table }`) keeps them too.
 */
export const UNKNOWN: unique symbol = Symbol('fields of a newer schema');

export interface UnknownField {
  /** Number in the vtable. */
  readonly id: number;
  readonly value: UnknownValue;
}

export type UnknownValue =
  /** A number, or a structure of numbers, at a multiple of `alignment` (1, 2, 4 or 8). */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array; readonly alignment: number }
  | { readonly kind: 'reference'; readonly to: UnknownObject };

/** What a field of a newer schema refers to. The same object where several fields refer to it. */
export type UnknownObject =
  | { readonly kind: 'table'; readonly fields: UnknownField[] }
  /** A vector of references. */
  | { readonly kind: 'references'; readonly items: UnknownObject[] }
  /** A vector of numbers or a string, with its length before it. */
  | { readonly kind: 'elements'; readonly bytes: Uint8Array };

/** Where a table has a field. */
export interface Slot {
  readonly id: number;
  /** Bytes from the table's beginning. */
  readonly offset: number;
  /** Bytes up to the next field, or to the end of the table. */
  readonly width: number;
}

/** References have 4 bytes; what is narrower is none. */
const REFERENCE_BYTES = 4;
/** The widest number; elements of a vector whose type is unknown have no more. */
const WIDEST = 8;

/** Stored fields of a table but those with the numbers in `known`. */
export function slotsOf({ offsets, tableBytes }: VTable, known: ReadonlySet<number>): Slot[] {
  const stored = offsets.flatMap((offset, id) => (offset === 0 ? [] : [{ id, offset }]));
  stored.sort((a, b) => a.offset - b.offset);
  return (
    stored
      .map(({ id, offset }, place) => ({
        id,
        offset,
        width: Math.min(stored[place + 1]?.offset ?? tableBytes, tableBytes) - offset,
      }))
      // A field behind the table's end is damage, not a field.
      .filter(({ id, width }) => width > 0 && !known.has(id))
  );
}

/** Where a vtable says that fields lie: number of the field → bytes from the table's beginning, 0 = not stored. */
export interface VTable {
  readonly offsets: readonly number[];
  readonly tableBytes: number;
}

/** What is needed of the file. */
export interface FlatFile {
  readonly start: number;
  readonly end: number;
  /** Throws outside the file. */
  uint(position: number): number;
  /** Throws outside the file. */
  copy(position: number, length: number): Uint8Array;
  /** Throws where no table lies. */
  vtableOf(position: number): VTable;
  /** Counts bytes that are looked at; throws when parts overlap so much that a small file would be endless. */
  take(bytes: number): void;
}

/** A table with fields of a newer schema. */
export interface Pending {
  readonly position: number;
  readonly slots: readonly Slot[];
  /** Gets the result. */
  readonly fields: UnknownField[];
}

/**
 * Finds out what the fields of a newer schema are. `occupied`: the places of everything that is known, as
 * [begin, end), in any order.
 */
export function resolveUnknown(
  file: FlatFile,
  occupied: Iterable<readonly [number, number]>,
  pending: readonly Pending[],
): void {
  new Resolver(file, new Places(occupied)).resolve(pending);
}

class Resolver {
  readonly #objects = new Map<number, UnknownObject>();
  /** What refers to what may be as deep as the file is long: it is done in turn, not by recursion. */
  readonly #waiting: (() => void)[] = [];

  constructor(
    readonly file: FlatFile,
    readonly places: Places,
  ) {}

  resolve(pending: readonly Pending[]): void {
    for (const table of pending) this.#fill(table);
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) next();
  }

  #fill({ position, slots, fields }: Pending): void {
    for (const { id, offset, width } of slots)
      fields.push({ id, value: this.#value(position + offset, width) });
  }

  #value(position: number, width: number): UnknownValue {
    this.file.take(width);
    const target = width < REFERENCE_BYTES ? null : this.#target(position);
    if (target !== null) return { kind: 'reference', to: this.#object(target) };
    return inline(this.file, position, width);
  }

  /** Where a reference at this position leads; null where what lies there is a number. */
  #target(position: number): number | null {
    if ((position - this.file.start) % REFERENCE_BYTES !== 0) return null;
    const distance = this.file.uint(position);
    const target = position + distance;
    if (distance < REFERENCE_BYTES || (target - this.file.start) % REFERENCE_BYTES !== 0) return null;
    if (target + REFERENCE_BYTES > this.file.end || this.places.has(target)) return null;
    return this.#isTable(target) || this.#isVector(target) ? target : null;
  }

  #isTable(position: number): boolean {
    try {
      const { offsets, tableBytes } = this.file.vtableOf(position);
      this.file.take(2 * offsets.length);
      return (
        position + tableBytes <= this.places.next(position, this.file.end) &&
        offsets.every((offset) => offset === 0 || (offset >= 4 && offset < tableBytes))
      );
    } catch (error) {
      if (error instanceof ModelError) throw error;
      return false;
    }
  }

  #isVector(position: number): boolean {
    return position + 4 + this.file.uint(position) <= this.places.next(position, this.file.end);
  }

  #object(position: number): UnknownObject {
    let object = this.#objects.get(position);
    if (object === undefined) {
      object = this.#isTable(position) ? this.#table(position) : this.#vector(position);
      this.#objects.set(position, object);
    }
    return object;
  }

  #table(position: number): UnknownObject {
    const fields: UnknownField[] = [];
    const slots = slotsOf(this.file.vtableOf(position), new Set());
    this.#waiting.push(() => this.#fill({ position, slots, fields }));
    return { kind: 'table', fields };
  }

  #vector(position: number): UnknownObject {
    const count = this.file.uint(position);
    const room = this.places.next(position, this.file.end) - position;
    const targets = this.#targets(position + 4, count, room - 4);
    if (targets !== null) {
      const items: UnknownObject[] = [];
      this.#waiting.push(() => {
        for (const target of targets) items.push(this.#object(target));
      });
      return { kind: 'references', items };
    }
    // How wide an element is cannot be known; what lies behind the last one does no harm. A string ends with a zero.
    const bytes = Math.min(room, 4 + WIDEST * count + 1);
    this.file.take(bytes);
    return { kind: 'elements', bytes: this.file.copy(position, bytes) };
  }

  /** Where the elements of a vector lead if all of them are references, else null. */
  #targets(position: number, count: number, room: number): number[] | null {
    if (count === 0 || count * REFERENCE_BYTES > room) return null;
    const targets: number[] = [];
    for (let index = 0; index < count; index++) {
      this.file.take(REFERENCE_BYTES);
      const target = this.#target(position + REFERENCE_BYTES * index);
      if (target === null) return null;
      targets.push(target);
    }
    return targets;
  }
}

/** Bytes of a table as they are, and how they have to be aligned. */
export function inline(
  file: Pick<FlatFile, 'start' | 'copy'>,
  position: number,
  width: number,
): UnknownValue {
  const bytes = file.copy(position, width);
  return { kind: 'inline', bytes, alignment: alignmentOf(position - file.start, width) };
}

/** The largest alignment that a number of this width at this place can need. */
function alignmentOf(position: number, width: number): number {
  for (const alignment of [8, 4, 2]) if (position % alignment === 0 && width >= alignment) return alignment;
  return 1;
}

/** Which bytes are occupied. */
class Places {
  /** Disjoint, in order. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];

  constructor(places: Iterable<readonly [number, number]>) {
    for (const [begin, end] of [...places].sort((a, b) => a[0] - b[0])) {
      const last = this.#ends.length - 1;
      const before = this.#ends[last];
      if (before !== undefined && begin <= before) this.#ends[last] = Math.max(before, end);
      else {
        this.#begins.push(begin);
        this.#ends.push(end);
      }
    }
  }

  has(position: number): boolean {
    const end = this.#ends[this.#lastBeginAt(position)];
    return end !== undefined && position < end;
  }

  /** Where the next occupied place behind this position begins; `end` where there is none. */
  next(position: number, end: number): number {
    return this.#begins[this.#lastBeginAt(position) + 1] ?? end;
  }

  #lastBeginAt(position: number): number {
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
