import { resolve } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Problem } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { FileWindow } from '../binary';
import { type ModelProto, ModelProtoSchema, PayloadSchema } from './onnx_pb';
import {
  DATA_LOCATION,
  PAYLOAD,
  PAYLOAD_FIELDS,
  RAW_DATA,
  tagOf,
  varintLength,
  Wire,
  type WireField,
  type WireMessage,
  wireMessage,
  writeVarint,
} from './wire';

/** Payloads of a tensor up to this size stay in its message: shape arithmetic needs them, and they cost little. */
const INLINE_BYTES = 4096;

/** Messages within messages; the limit of protobuf's own readers. A real model nests a dozen. */
export const MAX_DEPTH = 100;

/** Every message becomes an object of some hundred bytes; a model of 100,000 nodes has about 2 million. */
const MAX_MESSAGES = 10_000_000;

/** What is left of a model without its weights; a model of 100,000 nodes has about 20 MB. */
const MAX_STRUCTURE_BYTES = 512 * 1024 * 1024;

/** A file with more damaged parts than this is not worth showing. */
const MAX_DAMAGED = 100;

/** A field's length is not known before it was scanned, so room for any up to 2^35 is left. */
const LENGTH_BYTES = 5;

/**
 * Repeated messages that a model can be shown without when one of them is damaged, by type and field. Attributes
 * are not among them: a node without one would have another meaning.
 */
const SPARABLE: Readonly<Record<string, ReadonlySet<string>>> = {
  ModelProto: new Set(['metadata_props', 'training_info', 'functions']),
  GraphProto: new Set([
    'node',
    'initializer',
    'sparse_initializer',
    'input',
    'output',
    'value_info',
    'quantization_annotation',
    'metadata_props',
  ]),
  FunctionProto: new Set(['node', 'value_info', 'metadata_props']),
};

export interface Scan {
  readonly proto: ModelProto;
  readonly bytes: number;
  /** Some tensor says that its data lies in another file. */
  readonly external: boolean;
  readonly problems: Problem[];
}

/**
 * Reads a model's structure and steps over the payloads of its tensors: each becomes a `payload` that says where
 * in the file it lies. Every tag, length and wire type is checked on the way, since protobuf-es trusts them.
 * A part that is damaged within its own bounds is left out and becomes a problem.
 *
 * @throws ModelError with the byte at which the structure breaks.
 */
export function scanModel(path: string): Scan {
  const file = new FileWindow(path);
  try {
    const scanner = new Scanner(file);
    const skeleton = scanner.scan();
    const proto = fromBinary(ModelProtoSchema, skeleton, { recursionLimit: MAX_DEPTH + 1 });
    return { proto, bytes: file.size, external: scanner.external, problems: scanner.problems };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`${path} is damaged: ${String(error)}.`, { file: path }, error);
  } finally {
    file.close();
  }
}

class Scanner {
  readonly problems: Problem[] = [];
  external = false;
  #position = 0;
  #out = new Uint8Array(1 << 16);
  #length = 0;
  #messages = 0;
  /** First byte that was scanned but not copied yet. */
  #pending = 0;

  /** Absolute, since payloads are read later. */
  #path: string;

  constructor(readonly file: FileWindow) {
    this.#path = resolve(file.path);
  }

  scan(): Uint8Array {
    this.#message(wireMessage(ModelProtoSchema), this.file.size, 0);
    return this.#out.subarray(0, this.#length);
  }

  #message(type: WireMessage, end: number, depth: number): void {
    const start = this.#position;
    if (depth > MAX_DEPTH) throw this.#damage(start, `nests more than ${MAX_DEPTH} messages`);
    if (++this.#messages > MAX_MESSAGES) {
      throw this.#damage(start, `holds more than ${MAX_MESSAGES} messages, more than can be shown`);
    }
    this.#pending = start;
    const tensor = type.name === 'TensorProto' ? new TensorFields(end - start > INLINE_BYTES) : null;
    while (this.#position < end) {
      const at = this.#position;
      const tag = this.#varint(end);
      const number = Math.floor(tag / 8);
      const wire: Wire = tag % 8;
      if (number === 0 || number > PAYLOAD) throw this.#damage(at, `has no field ${number} in ${type.name}`);
      if (tensor && number === PAYLOAD) throw this.#damage(at, 'uses a field number that it may not');
      const field = type.fields.get(number);
      if (!field) {
        this.#skip(wire, number, end, at);
      } else if (wire === Wire.Bytes && (field.wire === Wire.Bytes || field.packed !== null)) {
        this.#bytes(type, field, end, depth, at, tensor);
      } else if (tensor && wire !== Wire.Bytes && PAYLOAD_FIELDS.get(number) === wire) {
        this.#unpacked(number, wire, end, at, tensor);
      } else if (wire === field.wire) {
        if (tensor && number === DATA_LOCATION) this.external = true;
        this.#skip(wire, number, end, at);
      } else {
        throw this.#damage(at, `has the wrong wire type ${wire} for ${type.name}.${field.name}`);
      }
    }
    this.#flush(end);
    if (tensor) for (const [number, bytes] of tensor.unpacked()) this.#put(number, bytes);
  }

  /** A length-delimited field whose tag was read. */
  #bytes(
    type: WireMessage,
    field: WireField,
    end: number,
    depth: number,
    at: number,
    tensor: TensorFields | null,
  ): void {
    const length = this.#varint(end);
    const start = this.#position;
    const stop = start + length;
    if (stop > end) {
      const where =
        stop > this.file.size ? `the file's ${this.file.size} bytes` : `the ${type.name} around it`;
      throw this.#damage(
        at,
        `has a ${type.name}.${field.name} of ${length} bytes, which reaches beyond ${where}`,
      );
    }
    if (field.message) {
      this.#flush(at);
      const mark = this.#length;
      try {
        this.#header(field.number);
        const body = this.#length;
        this.#message(field.message, stop, depth + 1);
        writeVarint(this.#length - body, this.#out, body - LENGTH_BYTES, LENGTH_BYTES);
      } catch (error) {
        const sparable = SPARABLE[type.name]?.has(field.name) && this.problems.length < MAX_DAMAGED;
        if (!(error instanceof ModelError && sparable)) throw error;
        this.#length = mark;
        this.problems.push({
          ...error.problem,
          message: `${error.message} That ${words(field)} is left out.`,
        });
      }
      this.#position = stop;
      this.#pending = stop;
      return;
    }
    const payload = tensor ? PAYLOAD_FIELDS.has(field.number) : false;
    if (tensor && payload && !tensor.accept(field.number)) {
      throw this.#damage(at, `states the ${field.name} of a tensor twice`);
    }
    if (tensor && payload && tensor.deferred && length > 0) {
      this.#flush(at);
      this.#put(PAYLOAD, payloadBytes(this.#path, start, length, field.number));
      this.#pending = stop;
    } else if (field.packed !== null) {
      this.#checkPacked(field, start, stop, at);
    }
    this.#position = stop;
  }

  /** protobuf-es reads on behind the end of a packed field whose last number is cut. */
  #checkPacked(field: WireField, start: number, stop: number, at: number): void {
    const length = stop - start;
    const whole =
      field.packed === Wire.Varint
        ? length === 0 || this.file.byte(stop - 1) < 128
        : length % (field.packed === Wire.Fixed32 ? 4 : 8) === 0;
    if (!whole) throw this.#damage(at, `has a ${field.name} that ends in the middle of a number`);
  }

  /** One element of a payload that was not packed, as older writers do; they are gathered into a packed field. */
  #unpacked(number: number, wire: Wire, end: number, at: number, tensor: TensorFields): void {
    this.#flush(at);
    const start = this.#position;
    this.#skip(wire, number, end, at);
    if (!tensor.acceptUnpacked(number)) {
      throw this.#damage(at, 'has a tensor whose numbers are partly packed and partly not');
    }
    for (let i = start; i < this.#position; i++) tensor.push(number, this.file.byte(i));
    this.#pending = this.#position;
  }

  #skip(wire: Wire, number: number, end: number, at: number): void {
    switch (wire) {
      case Wire.Varint:
        this.#skipVarint(end);
        return;
      case Wire.Fixed64:
        this.#position += 8;
        break;
      case Wire.Fixed32:
        this.#position += 4;
        break;
      case Wire.Bytes: {
        const length = this.#varint(end);
        this.#position += length;
        break;
      }
      case Wire.GroupStart:
        this.#skipGroup(number, end, at);
        return;
      default:
        throw this.#damage(
          at,
          `has a field of wire type ${wire}, which does not exist or does not belong here`,
        );
    }
    if (this.#position > end) throw this.#damage(at, `has a field ${number} that reaches beyond its message`);
  }

  /** Groups are long deprecated, but an unknown field may be one. */
  #skipGroup(number: number, end: number, at: number): void {
    const open = [number];
    while (open.length > 0) {
      if (open.length > MAX_DEPTH) throw this.#damage(at, `nests more than ${MAX_DEPTH} groups`);
      const tag = this.#varint(end);
      const inner = Math.floor(tag / 8);
      if (tag % 8 === Wire.GroupStart) open.push(inner);
      else if (tag % 8 !== Wire.GroupEnd) this.#skip(tag % 8, inner, end, at);
      else if (open.pop() !== inner) throw this.#damage(at, 'has a group that does not end');
    }
  }

  /** A tag or a length: at most 2^53, far beyond any file. */
  #varint(end: number): number {
    const at = this.#position;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      if (this.#position >= end) throw this.#damage(at, 'breaks off in the middle of a number');
      const byte = this.file.byte(this.#position++);
      value += (byte & 127) * factor;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    throw this.#damage(at, 'has a length or tag that is absurdly large');
  }

  #skipVarint(end: number): void {
    const at = this.#position;
    for (let i = 0; i < 10; i++) {
      if (this.#position >= end) throw this.#damage(at, 'breaks off in the middle of a number');
      if (this.file.byte(this.#position++) < 128) return;
    }
    throw this.#damage(at, 'has a number of more than 64 bits');
  }

  /** Copies what was scanned since the last copy, up to `end`. */
  #flush(end: number): void {
    const length = end - this.#pending;
    if (length > 0) {
      this.#reserve(length);
      this.file.copy(this.#pending, end, this.#out, this.#length);
      this.#length += length;
    }
    this.#pending = end;
  }

  #put(number: number, bytes: Uint8Array): void {
    const tag = tagOf(number, Wire.Bytes);
    this.#reserve(varintLength(tag) + varintLength(bytes.length) + bytes.length);
    this.#length = writeVarint(tag, this.#out, this.#length);
    this.#length = writeVarint(bytes.length, this.#out, this.#length);
    this.#out.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #header(number: number): void {
    const tag = tagOf(number, Wire.Bytes);
    this.#reserve(varintLength(tag) + LENGTH_BYTES);
    this.#length = writeVarint(tag, this.#out, this.#length) + LENGTH_BYTES;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#out.length) return;
    if (needed > MAX_STRUCTURE_BYTES) {
      throw this.#damage(this.#position, `has more than ${MAX_STRUCTURE_BYTES} bytes beside its weights`);
    }
    const larger = new Uint8Array(Math.max(needed, this.#out.length * 2));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }

  #damage(offset: number, what: string): ModelError {
    const { path } = this.file;
    return new ModelError(`${path} is damaged: at byte ${offset} it ${what}.`, { file: path, offset });
  }
}

/** What was seen of one tensor's payload. */
class TensorFields {
  #packed = new Set<number>();
  #unpacked = new Map<number, number[]>();

  /** With `deferred` all its payloads stay on disk, so that the order of a payload's pieces is kept. */
  constructor(readonly deferred: boolean) {}

  /** false when a payload that comes once comes again, or packed after unpacked. */
  accept(number: number): boolean {
    if (this.#unpacked.has(number) || (number === RAW_DATA && this.#packed.has(number))) return false;
    this.#packed.add(number);
    return true;
  }

  acceptUnpacked(number: number): boolean {
    return !this.#packed.has(number);
  }

  push(number: number, byte: number): void {
    const bytes = this.#unpacked.get(number);
    if (bytes) bytes.push(byte);
    else this.#unpacked.set(number, [byte]);
  }

  *unpacked(): Iterable<[number, Uint8Array]> {
    for (const [number, bytes] of this.#unpacked) yield [number, Uint8Array.from(bytes)];
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
