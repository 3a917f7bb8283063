import { present } from '../../../model/assert';
import { BITS, byteLength, type DataType } from '../../../model/dataType';
import { fromHalves } from '../../../model/float16';
import { ModelError } from '../../../model/modelError';
import { decodeElements } from '../../elements';
import { joined, type Piece, PieceReader, sliced } from '../../pieces';
import { unpackVarints } from '../../protobuf/varints';
import { dataTypeOf } from '../dataTypes';
import type { TensorProto } from '../onnx_pb';
import { EXTERNAL_DATA, RAW_DATA } from './wireFields';

export { decodeElements };

export interface Storage {
  /** Number of TensorProto's field that holds the payload; EXTERNAL_DATA for raw bytes in another file. */
  readonly field: number;
  readonly pieces: readonly Piece[];
}

/** Most elements that a tensor may have: beyond it a count is not exact in a double (CWE-190). */
const MAX_ELEMENTS = 2 ** 53;

/** Elements of a shape; null when a dimension is negative or the product is absurd. */
export function elementsOf(dims: readonly bigint[]): number | null {
  let count = 1;
  for (const dimension of dims) {
    if (dimension < 0n || dimension > BigInt(MAX_ELEMENTS)) return null;
    count *= Number(dimension);
  }
  // A zero makes any product 0, but only if no partial product overflowed.
  return count <= MAX_ELEMENTS ? count : null;
}

/** The payload of a tensor as it is stored; null where it has none. */
export function storageOf(tensor: TensorProto): Storage | null {
  const [first] = tensor.payload;
  if (first) {
    return {
      field: first.field,
      pieces: tensor.payload.map((p) => ({
        path: p.path,
        offset: Number(p.offset),
        length: Number(p.length),
      })),
    };
  }
  if (tensor.rawData.length > 0) return { field: RAW_DATA, pieces: [tensor.rawData] };
  const typed: [number, Uint8Array[]][] = [
    [4, tensor.floatData],
    [5, tensor.int32Data],
    [7, tensor.int64Data],
    [10, tensor.doubleData],
    [11, tensor.uint64Data],
  ];
  const found = typed.find(([, pieces]) => pieces.length > 0);
  return found ? { field: found[0], pieces: found[1] } : null;
}

function storedLength(storage: Storage): number {
  return storage.pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/**
 * All elements of a tensor, or its first `limit`, as raw packed little-endian bytes, whatever field or file holds
 * them. Reads them from disk where they are not in memory; where they are, it is their own memory: do not write to it.
 *
 * @throws ModelError when the tensor has no fixed-width type, no data, or not as much as its shape needs.
 */
export function tensorBytes(tensor: TensorProto, limit = Number.POSITIVE_INFINITY): Uint8Array {
  const type = dataTypeOf(tensor.dataType);
  const count = elementsOf(tensor.dims);
  if (type === null) throw bad(tensor, `has the unknown data type ${tensor.dataType}`);
  if (count === null) throw bad(tensor, 'has an impossible shape');
  if (type === 'string') throw bad(tensor, 'holds strings, which have no raw bytes');
  const wanted = Math.min(count, limit);
  if (wanted === 0) return new Uint8Array(0);
  const storage = storageFor(tensor, type, count);
  const length = present(byteLength(type, wanted), 'size');
  if (isVarint(storage.field)) {
    const bytes = new Uint8Array(length);
    // A varint takes at most 10 bytes, so that a limit also bounds what is read.
    const source = joined(storage.pieces, Number.isFinite(limit) ? wanted * 10 : Number.POSITIVE_INFINITY);
    if (!unpackVarints(source, type, storedElements(type, wanted), bytes)) {
      throw bad(tensor, `holds fewer numbers than the ${count} of its shape`);
    }
    return bytes;
  }
  return joined(storage.pieces, length);
}

/**
 * The elements of a float32 tensor from `start` on and before `end`; only they are read.
 *
 * @throws ModelError as `tensorBytes` does.
 */
export function floatsOf(tensor: TensorProto, start: number, end: number): Float32Array {
  const { pieces } = storageFor(tensor, 'float32', elementsOf(tensor.dims) ?? 0);
  return asFloats(joined(sliced(pieces, 4 * start, 4 * end), 4 * (end - start)));
}

/** Elements that are read at a time: what is made of them in turn then lies in the processor's cache. */
const PART_ELEMENTS = 2 ** 14;

/**
 * The elements of a float32 or float16 tensor part by part. All parts are read into the same memory, because memory that
 * was never used costs more than reading; each is valid until the next one.
 *
 * @throws ModelError as `tensorBytes` does.
 */
export function* floatParts(tensor: TensorProto, type: 'float32' | 'float16'): Generator<Float32Array> {
  const parts = rawParts(tensor, type);
  if (type === 'float32') {
    for (const bytes of parts) yield asFloats(bytes);
    return;
  }
  let floats: Float32Array | undefined;
  for (const bytes of parts) {
    const halves = new Uint16Array(bytes.buffer, 0, bytes.length / 2);
    // The first part is as large as any.
    floats ??= new Float32Array(halves.length);
    yield fromHalves(halves, floats.subarray(0, halves.length));
  }
}

/** The same as bytes. */
function* rawParts(tensor: TensorProto, type: 'float32' | 'float16'): Generator<Uint8Array> {
  const count = elementsOf(tensor.dims);
  if (count === null) throw bad(tensor, 'has an impossible shape');
  if (count === 0) return;
  const { field, pieces } = storageFor(tensor, type, count);
  const size = BITS[type] / 8;
  // Numbers in a list of their own come once, and are small.
  const stored = isVarint(field) ? [tensorBytes(tensor)] : pieces;
  const part = new Uint8Array(size * Math.min(count, PART_ELEMENTS));
  const reader = new PieceReader();
  try {
    for (let start = 0; start < size * count; start += part.length) {
      const end = Math.min(size * count, start + part.length);
      let at = 0;
      for (const piece of sliced(stored, start, end)) {
        reader.read(piece, 0, part, at, piece.length);
        at += piece.length;
      }
      yield part.subarray(0, at);
    }
  } finally {
    reader.close();
  }
}

function storageFor(tensor: TensorProto, type: DataType, count: number): Storage {
  const storage = storageOf(tensor);
  const problem = storage === null ? 'has no data' : storageProblem(type, count, storage);
  if (storage === null || problem !== null) throw bad(tensor, problem ?? 'has no data');
  return storage;
}

/**
 * The first `count` elements of a tensor as numbers, as `decodeElements` gives them. Those of float32 are not copied: do
 * not write to them.
 *
 * @throws ModelError as `tensorBytes` and `decodeElements` do.
 */
export function valuesOf(tensor: TensorProto, type: DataType, count: number): Float32Array | Float64Array {
  const bytes = tensorBytes(tensor, count);
  return type === 'float32' ? asFloats(bytes) : decodeElements(type, bytes, count);
}

/** Bytes as the floats that they are, copied only where they do not lie as typed arrays must. */
function asFloats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** Why a payload cannot be that of a tensor of this type and size; null when it can. */
export function storageProblem(type: DataType, count: number, storage: Storage): string | null {
  const stored = storedLength(storage);
  const fits = fieldHolds(storage.field, type);
  if (!fits) return `keeps ${type} in a field for another type`;
  if (isVarint(storage.field)) {
    const numbers = storedElements(type, count);
    return stored >= numbers && stored <= numbers * 10
      ? null
      : `has ${stored} bytes, which cannot hold the ${count} elements of its shape`;
  }
  const needed = byteLength(type, count);
  return stored === needed ? null : `has ${stored} bytes where its type and shape need ${needed}`;
}

/** Which types each typed field may hold (onnx.proto, comments of TensorProto). */
function fieldHolds(field: number, type: DataType): boolean {
  switch (field) {
    case RAW_DATA:
    case EXTERNAL_DATA:
      return type !== 'string';
    case 4:
      return type === 'float32' || type === 'complex64';
    case 10:
      return type === 'float64' || type === 'complex128';
    case 7:
      return type === 'int64';
    case 11:
      return type === 'uint64' || type === 'uint32';
    case 5:
      return (BITS[type] ?? 64) <= 32 && type !== 'float32' && type !== 'uint32';
    default:
      return false;
  }
}

function isVarint(field: number): boolean {
  return field === 5 || field === 7 || field === 11;
}

/** Numbers in a varint field: types below 8 bits come as packed bytes, one number each. */
function storedElements(type: DataType, count: number): number {
  const bits = BITS[type] ?? 8;
  return bits < 8 ? Math.ceil((count * bits) / 8) : count;
}

function bad(tensor: TensorProto, what: string): ModelError {
  return new ModelError(`The tensor '${tensor.name}' ${what}.`);
}
