import { resolve } from 'node:path';
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { Problem } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { FileWindow } from '../binary';
import { ByteSink } from '../byteSink';
import { PayloadSchema } from './payload_pb';
import { PayloadFields } from './payloadFields';
import {
  PAYLOAD,
  tagOf,
  varintLength,
  Wire,
  type WireField,
  type WireMessage,
  wireMessage,
  writeVarint,
} from './wire';
import { WireCursor } from './wireCursor';

/** Payloads of a message up to this size stay in it: shape arithmetic needs them, and they cost little. */
const INLINE_BYTES = 4096;

/** Messages within messages; the limit of protobuf's own readers. A real model nests a dozen (CWE-674). */
export const MAX_DEPTH = 100;

/**
 * Memory that the decoded structure may take, as estimated while scanning: small enough for V8's smallest usual
 * heap of 2 GB. Otherwise a file of a few megabytes, made of empty messages, could end the process. A model of
 * 100,000 nodes is estimated at 0.1 to 0.4 GB (CWE-789).
 */
const MAX_MEMORY = 1_000_000_000;
const MESSAGE_MEMORY = 300;
const UNKNOWN_FIELD_MEMORY = 150;
/** A BigInt and the reference to it. */
const VALUE_MEMORY = 32;

/** A file with more damaged parts than this is not worth showing (CWE-770). */
const MAX_DAMAGED = 100;

/** A field's length is not known before it was scanned, so room for any up to 2^35 is left. */
const LENGTH_BYTES = 5;

/** What the scanner must know of a format's messages beyond their schema. Messages and fields by their names. */
export interface Layout {
  /**
   * Fields that hold payloads, by number, with the wire type of one element where it comes unpacked. Their
   * messages have a field `payload` (payload.proto).
   */
  readonly payloads: Readonly<Record<string, ReadonlyMap<number, Wire>>>;
  /** Repeated messages that a model can be shown without when one of them is damaged. */
  readonly sparable: Readonly<Record<string, ReadonlySet<string>>>;
  /** A number field of which the reader wants to know whether any message has it. */
  readonly flag?: { readonly message: string; readonly field: number };
}

export interface Scan<Desc extends DescMessage> {
  readonly proto: MessageShape<Desc>;
  readonly bytes: number;
  /** The layout's flag was seen. */
  readonly flagged: boolean;
  readonly problems: Problem[];
}

/**
 * Reads a model's structure and steps over the payloads of its weights: each becomes a `payload` that says where
 * in the file it lies. Every tag, length and wire type is checked on the way, since protobuf-es trusts them.
 * A part that is damaged within its own bounds is left out and becomes a problem.
 *
 * @throws ModelError with the byte at which the structure breaks.
 */
export function scan<Desc extends DescMessage>(schema: Desc, layout: Layout, path: string): Scan<Desc> {
  const file = new FileWindow(path);
  try {
    const scanner = new Scanner(file, layout);
    const skeleton = scanner.scan(wireMessage(schema));
    const proto = fromBinary(schema, skeleton, { recursionLimit: MAX_DEPTH + 1 });
    const { flagged, problems } = scanner;
    return { proto, bytes: file.size, flagged, problems };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`${path} is damaged: ${String(error)}.`, { file: path }, error);
  } finally {
    file.close();
  }
}

class TooLarge extends ModelError {}

class Scanner {
  readonly problems: Problem[] = [];
  flagged = false;
  #out = new ByteSink();
  #memory = 0;
  /** First byte that was scanned but not copied yet. */
  #pending = 0;

  #cursor: WireCursor;
  /** Absolute, since payloads are read later. */
  #path: string;

  constructor(
    readonly file: FileWindow,
    readonly layout: Layout,
  ) {
    this.#cursor = new WireCursor(file);
    this.#path = resolve(file.path);
  }

  scan(type: WireMessage): Uint8Array {
    this.#message(type, this.file.size, 0);
    return this.#out.bytes;
  }

  #message(type: WireMessage, end: number, depth: number): void {
    const start = this.#cursor.position;
    if (depth > MAX_DEPTH) throw this.#cursor.damage(start, `nests more than ${MAX_DEPTH} messages`);
    this.#takeMemory(MESSAGE_MEMORY);
    this.#pending = start;
    const { flag } = this.layout;
    const elements = this.layout.payloads[type.name];
    const payload = elements ? new PayloadFields(elements, end - start > INLINE_BYTES) : null;
    while (this.#cursor.position < end) {
      const at = this.#cursor.position;
      const tag = this.#cursor.varint(end);
      const number = Math.floor(tag / 8);
      const wire: Wire = tag % 8;
      if (number === 0 || number > PAYLOAD)
        throw this.#cursor.damage(at, `has no field ${number} in ${type.name}`);
      if (payload && number === PAYLOAD) throw this.#cursor.damage(at, 'uses a field number that it may not');
      const field = type.fields.get(number);
      if (!field) {
        this.#takeMemory(UNKNOWN_FIELD_MEMORY);
        this.#cursor.skip(wire, number, end, at);
      } else if (wire === Wire.Bytes && (field.wire === Wire.Bytes || field.packed !== null)) {
        this.#bytes(type, field, end, depth, at, payload);
      } else if (payload && wire !== Wire.Bytes && payload.elements.get(number) === wire) {
        this.#unpacked(number, wire, end, at, payload);
      } else if (wire === field.wire) {
        if (flag?.field === number && flag.message === type.name) this.flagged = true;
        if (field.repeated) this.#takeMemory(VALUE_MEMORY);
        this.#cursor.skip(wire, number, end, at);
      } else {
        throw this.#cursor.damage(at, `has the wrong wire type ${wire} for ${type.name}.${field.name}`);
      }
    }
    this.#flush(end);
    if (payload) for (const [number, bytes] of payload.unpacked()) this.#put(number, bytes);
  }

  /** A length-delimited field whose tag was read. */
  #bytes(
    type: WireMessage,
    field: WireField,
    end: number,
    depth: number,
    at: number,
    payload: PayloadFields | null,
  ): void {
    const length = this.#cursor.varint(end);
    const start = this.#cursor.position;
    const stop = start + length;
    if (stop > end) {
      const where =
        stop > this.file.size ? `the file's ${this.file.size} bytes` : `the ${type.name} around it`;
      throw this.#cursor.damage(
        at,
        `has a ${type.name}.${field.name} of ${length} bytes, which reaches beyond ${where}`,
      );
    }
    if (field.message) {
      this.#flush(at);
      const mark = this.#out.length;
      try {
        this.#header(field.number);
        const body = this.#out.length;
        this.#message(field.message, stop, depth + 1);
        writeVarint(this.#out.length - body, this.#out.bytes, body - LENGTH_BYTES, LENGTH_BYTES);
      } catch (error) {
        const sparable =
          this.layout.sparable[type.name]?.has(field.name) && this.problems.length < MAX_DAMAGED;
        if (!(error instanceof ModelError && sparable) || error instanceof TooLarge) throw error;
        this.#out.truncate(mark);
        this.problems.push({
          ...error.problem,
          message: `${error.message} That ${words(field)} is left out.`,
        });
      }
      this.#cursor.position = stop;
      this.#pending = stop;
      return;
    }
    const holds = payload?.elements.has(field.number) === true;
    if (holds && !payload.accept(field.number)) {
      throw this.#cursor.damage(at, `states the ${field.name} of a ${type.name} twice`);
    }
    if (holds && payload.deferred && length > 0) {
      this.#flush(at);
      this.#put(PAYLOAD, payloadBytes(this.#path, start, length, field.number));
      this.#pending = stop;
    } else if (field.packed !== null) {
      this.#takeMemory(VALUE_MEMORY * (field.packed === Wire.Varint ? length : length / 4));
      this.#cursor.checkPacked(field, start, stop, at);
    } else {
      this.#takeMemory(VALUE_MEMORY + length);
    }
    this.#cursor.position = stop;
  }

  /** One element of a payload that was not packed, as older writers do; they are gathered into a packed field. */
  #unpacked(number: number, wire: Wire, end: number, at: number, payload: PayloadFields): void {
    this.#flush(at);
    const start = this.#cursor.position;
    this.#cursor.skip(wire, number, end, at);
    if (!payload.acceptUnpacked(number)) {
      throw this.#cursor.damage(at, 'has a payload whose numbers are partly packed and partly not');
    }
    const room = payload.extend(number, this.#cursor.position - start);
    this.file.copy(start, this.#cursor.position, room, 0);
    this.#pending = this.#cursor.position;
  }

  /** Copies what was scanned since the last copy, up to `end`. */
  #flush(end: number): void {
    if (end > this.#pending) this.file.copy(this.#pending, end, this.#out.extend(end - this.#pending), 0);
    this.#pending = end;
  }

  #put(number: number, bytes: Uint8Array): void {
    const tag = tagOf(number, Wire.Bytes);
    const room = this.#out.extend(varintLength(tag) + varintLength(bytes.length) + bytes.length);
    room.set(bytes, writeVarint(bytes.length, room, writeVarint(tag, room, 0)));
  }

  /** A tag, and room for a length that is not known yet. */
  #header(number: number): void {
    const tag = tagOf(number, Wire.Bytes);
    writeVarint(tag, this.#out.extend(varintLength(tag) + LENGTH_BYTES), 0);
  }

  #takeMemory(bytes: number): void {
    this.#memory += bytes;
    if (this.#memory > MAX_MEMORY) {
      // Not a part that could be left out: the others would be as many.
      throw new TooLarge(
        `${this.file.path} cannot be shown: its structure without the weights takes more than ${MAX_MEMORY / 1e9} GB of memory.`,
        { file: this.file.path, offset: this.#cursor.position },
      );
    }
  }
}

function payloadBytes(path: string, offset: number, length: number, field: number): Uint8Array {
  return toBinary(
    PayloadSchema,
    create(PayloadSchema, { path, offset: BigInt(offset), length: BigInt(length), field }),
  );
}

function words(field: WireField): string {
  return field.name.replaceAll('_', ' ');
}
