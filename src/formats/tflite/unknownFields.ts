import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';

/**
 * Fields of a table that the schema here does not have: a newer one's. A flatbuffer does not say what they are; the
 * file shows it, because every byte of it belongs to one part. Kept under a symbol, so that a copy of the table
 * (`{ ...table }`) keeps them too.
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
  | { readonly kind: 'reference'; readonly to: UnknownObject }
  /** A number or a reference: a table that has one cannot be written. */
  | { readonly kind: 'ambiguous' };

/** What a field of a newer schema refers to. The same object where several fields refer to it. */
export type UnknownObject =
  | { readonly kind: 'table'; readonly fields: UnknownField[] }
  /** A vector of references; an item is `ambiguous` where what it leads to could not be found out. */
  | { readonly kind: 'references'; readonly items: UnknownValue[] }
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
/** Widths of numbers. */
const WIDTHS = [1, 2, 4, 8] as const;
const WIDEST = 8;
/** Zeros between two parts: buffers ask for multiples of 16. */
const MAX_PADDING = 16;

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
  vtableOf(position: number): VTable & { readonly at: number };
  /** Counts bytes that are looked at; throws ModelError when a small file would keep one busy for ever. */
  take(bytes: number): void;
}

/** A table with fields of a newer schema. */
export interface Pending {
  /** Tables of one kind have fields of the same types. */
  readonly kind: string;
  readonly position: number;
  readonly slots: readonly Slot[];
  /** Gets the result. */
  readonly fields: UnknownField[];
}

/**
 * Finds out what the fields of a newer schema are. `occupied`: the places of everything that is known, as
 * [begin, end), in any order.
 *
 * What can be told for certain comes first, and takes its place: tables (a vtable describes them) and vectors of
 * references. Strings and vectors of numbers tell less: they must fill what is left. What is not a reference by then
 * is a number. Where bytes are left that nothing explains, nothing is certain.
 */
export function resolveUnknown(
  file: FlatFile,
  occupied: Iterable<readonly [number, number]>,
  pending: readonly Pending[],
): void {
  const resolver = new Resolver(file, new FreeBytes(file, occupied));
  for (const table of pending) resolver.add(table);
  resolver.resolve();
}

/** A field that may be a reference. */
interface Candidate {
  /** The field, of whatever table of its kind. */
  readonly key: string;
  readonly target: number;
  /** Gets what it turned out to be. */
  readonly found: (value: UnknownValue) => void;
  /** Its value as a number. */
  readonly inline: () => UnknownValue;
}

class Resolver {
  readonly #tables: Pending[] = [];
  #candidates: Candidate[] = [];
  /** Fields that are no reference in some table, and so in none. */
  readonly #numbers = new Set<string>();
  /** Fields that are a reference in some table. */
  readonly #references = new Set<string>();
  /** Where references were found to lead. */
  readonly #settled = new Set<number>();

  constructor(
    readonly file: FlatFile,
    readonly free: FreeBytes,
  ) {}

  add(pending: Pending): void {
    this.#tables.push(pending);
    const { kind, position: table, slots, fields } = pending;
    for (const { id, offset, width } of slots) {
      const key = `${kind}.${id}`;
      const position = table + offset;
      const asNumber = () => inline(this.file, position, width);
      const found = (value: UnknownValue) => fields.push({ id, value });
      this.file.take(width);
      const target = this.#targetOf(position, width);
      if (target === null) {
        this.#numbers.add(key);
        found(asNumber());
      } else this.#candidates.push({ key, target, found, inline: asNumber });
    }
  }

  resolve(): void {
    // A table that is found brings candidates of its own.
    while (
      this.#settle(({ key, target }) => this.#table(key, target) ?? this.#vectorOfReferences(key, target))
    );
    const elements = this.#elements();
    const isEmpty = (target: number) => this.file.uint(target) === 0;
    this.#settle(({ target }) => (isEmpty(target) ? null : (elements.get(target) ?? null)));
    // An empty vector is zeros like padding: only another table can say that the field is a reference.
    this.#settle(({ key, target }) => (this.#references.has(key) ? (elements.get(target) ?? null) : null));
    // Bytes that belong to nothing show that a number was taken for a reference, or a reference for a number.
    const isWhole = !this.free.hasContent();
    for (const { target, found, inline: asNumber } of this.#candidates) {
      // Nothing is referred to twice by fields that are not known: one of the two is a number.
      const isCertain = isWhole && !this.#settled.has(target) && !elements.has(target);
      found(isCertain ? asNumber() : { kind: 'ambiguous' });
    }
    if (!isWhole) for (const { fields } of this.#tables) fields.push({ id: 0, value: { kind: 'ambiguous' } });
  }

  /** Tries all candidates once. @returns whether one of them was a reference */
  #settle(objectOf: (candidate: Candidate) => UnknownObject | null): boolean {
    const candidates = this.#candidates;
    this.#candidates = [];
    let settled = false;
    for (const candidate of candidates) {
      if (this.#numbers.has(candidate.key)) {
        candidate.found(candidate.inline());
        continue;
      }
      const to = this.#settled.has(candidate.target) ? null : objectOf(candidate);
      if (to === null) this.#candidates.push(candidate);
      else {
        this.#settled.add(candidate.target);
        this.#references.add(candidate.key);
        candidate.found({ kind: 'reference', to });
        settled = true;
      }
    }
    return settled;
  }

  /** Where a reference at this position would lead; null where it cannot be one. */
  #targetOf(position: number, width: number): number | null {
    const { start, end } = this.file;
    if (width < REFERENCE_BYTES || (position - start) % REFERENCE_BYTES !== 0) return null;
    // What lies between a reference and the next field is padding.
    if (width > REFERENCE_BYTES && this.file.copy(position + 4, width - 4).some((byte) => byte !== 0))
      return null;
    const distance = this.file.uint(position);
    const target = position + distance;
    if (distance < REFERENCE_BYTES || (target - start) % REFERENCE_BYTES !== 0) return null;
    if (target + REFERENCE_BYTES > end) return null;
    return this.free.has(target) || this.#settled.has(target) ? target : null;
  }

  #table(kind: string, target: number): UnknownObject | null {
    const vtable = this.#vtableOf(target);
    if (vtable === null) return null;
    this.free.occupy(target, target + vtable.tableBytes);
    this.free.occupy(vtable.at, vtable.at + 4 + 2 * vtable.offsets.length);
    const fields: UnknownField[] = [];
    this.add({ kind, position: target, slots: slotsOf(vtable, new Set()), fields });
    return { kind: 'table', fields };
  }

  #vtableOf(target: number): (VTable & { at: number }) | null {
    if (!this.free.has(target)) return null;
    try {
      const vtable = this.file.vtableOf(target);
      const { at, offsets, tableBytes } = vtable;
      this.file.take(2 * offsets.length);
      // Tables share vtables, also with those that are known.
      if (this.free.has(at) && at + 4 + 2 * offsets.length > this.free.endAt(at)) return null;
      const fits = offsets.every((offset) => offset === 0 || (offset >= 4 && offset < tableBytes));
      return fits && tableBytes >= 4 && target + tableBytes <= this.free.endAt(target) ? vtable : null;
    } catch (error) {
      if (error instanceof ModelError) throw error;
      return null;
    }
  }

  /** Whether this may be text that is not empty. */
  #isString(target: number): boolean {
    if (!this.free.has(target)) return false;
    const length = this.file.uint(target);
    if (length === 0 || target + 4 + length + 1 > this.free.endAt(target)) return false;
    this.file.take(length);
    const bytes = this.file.copy(target + 4, length + 1);
    return (
      bytes[length] === 0 &&
      !bytes.subarray(0, length).some((byte) => byte < 0x20 && byte !== 9 && byte !== 10)
    );
  }

  /** A vector of references to tables or strings. */
  #vectorOfReferences(key: string, target: number): UnknownObject | null {
    if (!this.free.has(target)) return null;
    const count = this.file.uint(target);
    if (count === 0 || target + 4 + REFERENCE_BYTES * count > this.free.endAt(target)) return null;
    const targets: number[] = [];
    for (let index = 0; index < count; index++) {
      this.file.take(REFERENCE_BYTES);
      const to = this.#targetOf(target + 4 + REFERENCE_BYTES * index, REFERENCE_BYTES);
      if (to === null || (this.#vtableOf(to) === null && !this.#isString(to))) return null;
      targets.push(to);
    }
    this.free.occupy(target, target + 4 + REFERENCE_BYTES * count);
    const items: UnknownValue[] = [];
    for (const [index, to] of targets.entries()) {
      const found = (value: UnknownValue) => {
        items[index] = value;
      };
      this.#candidates.push({ key: `${key}[]`, target: to, found, inline: () => ({ kind: 'ambiguous' }) });
    }
    return { kind: 'references', items };
  }

  /**
   * Vectors of numbers and strings, by place. They fill what is left of the free bytes one after the other, with nothing between
   * them but padding; a candidate in the middle of one is a number.
   */
  #elements(): Map<number, UnknownObject> {
    const found = new Map<number, UnknownObject>();
    const targets = [...new Set(this.#candidates.map(({ target }) => target))]
      .filter((target) => this.free.has(target))
      .sort((a, b) => a - b);
    for (let first = 0; first < targets.length; ) {
      const end = this.free.endAt(itemAt(targets, first));
      let last = first;
      while (last < targets.length && (targets[last] ?? end) < end) last++;
      for (const [begin, behind] of this.#chain(targets.slice(first, last), end))
        found.set(begin, this.#take(begin, behind - begin));
      first = last;
    }
    return found;
  }

  /** Vectors that fill the free bytes from the first of these places to `end`: [begin, end of its padding]. */
  #chain(places: readonly number[], end: number): [number, number][] {
    const boundaries = [...places, end];
    /** For each place the next one of a chain that reaches the end. */
    const next = new Map<number, number>([[end, end]]);
    for (const [index, place] of [...places.entries()].reverse()) {
      // The nearest: an empty vector is zeros like padding.
      for (let at = index + 1; at < boundaries.length && !next.has(place); at++) {
        const boundary = boundaries[at] ?? end;
        this.file.take(1);
        if (next.has(boundary) && this.#fills(place, boundary)) next.set(place, boundary);
        if (boundary > place + 4 + WIDEST * this.file.uint(place) + MAX_PADDING) break;
      }
    }
    const begin = places.find((place) => next.has(place) && this.free.beginsAt(place));
    const chain: [number, number][] = [];
    for (let place = begin; place !== undefined && place < end; place = next.get(place))
      chain.push([place, next.get(place) ?? end]);
    return chain;
  }

  /** Whether a vector of numbers of some width reaches from one place to another. */
  #fills(place: number, boundary: number): boolean {
    const count = this.file.uint(place);
    return WIDTHS.some((width) => {
      const end = place + 4 + width * count;
      return end <= boundary && this.free.isPadding(end, boundary);
    });
  }

  #take(target: number, bytes: number): UnknownObject {
    this.file.take(bytes);
    this.free.occupy(target, target + bytes);
    return { kind: 'elements', bytes: this.file.copy(target, bytes) };
  }
}

/** Bytes of a file that belong to nothing yet. */
class FreeBytes {
  /** Occupied places, disjoint and in order. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];

  constructor(
    readonly file: FlatFile,
    occupied: Iterable<readonly [number, number]>,
  ) {
    for (const [begin, end] of [...occupied].sort((a, b) => a[0] - b[0])) {
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
    return end === undefined || position >= end;
  }

  /** Where the free bytes around a free position end. */
  endAt(position: number): number {
    return this.#begins[this.#lastBeginAt(position) + 1] ?? this.file.end;
  }

  /** Whether the free bytes around a free position begin there, apart from padding. */
  beginsAt(position: number): boolean {
    return this.isPadding(this.#ends[this.#lastBeginAt(position)] ?? this.file.start, position);
  }

  /** Zeros, no more than alignment asks for. */
  isPadding(begin: number, end: number): boolean {
    if (end - begin >= MAX_PADDING) return false;
    return !this.file.copy(begin, end - begin).some((byte) => byte !== 0);
  }

  /** Whether anything but zeros lies between occupied places. What lies behind the last one is not the structure's. */
  hasContent(): boolean {
    return this.#begins.some((begin, index) => {
      const before = index === 0 ? this.file.start : (this.#ends[index - 1] ?? begin);
      this.file.take(begin - before);
      return this.file.copy(before, begin - before).some((byte) => byte !== 0);
    });
  }

  /** Does nothing where the bytes are occupied already, as those of a vtable that tables share. */
  occupy(begin: number, end: number): void {
    if (!this.has(begin)) return;
    const place = this.#lastBeginAt(begin) + 1;
    this.#begins.splice(place, 0, begin);
    this.#ends.splice(place, 0, end);
  }

  #lastBeginAt(position: number): number {
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] ?? Number.NaN) <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
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
