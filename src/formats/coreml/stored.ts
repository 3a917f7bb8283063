import { BITS, byteLength, type DataType } from '../../model/dataType';
import type { TensorLocation } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { decodeElements } from '../elements';
import { joined, type Piece, sizeOf } from '../pieces';
import type { Payload } from '../protobuf/payload_pb';
import { unpackVarints } from '../protobuf/varints';

/**
 * How elements lie in their bytes: `raw` as elements of their type, packed from a byte's lowest bit on; `varints` as
 * protobuf's numbers; `high bits first` as a neural network packs integers below 8 bits.
 */
export type Packing = 'raw' | 'varints' | 'high bits first';

/** Where the elements of a tensor are. */
export interface Stored {
  readonly type: DataType;
  readonly count: number;
  readonly packing: Packing;
  readonly pieces: readonly Piece[];
}

/** The pieces of a field, which the scanner left in the file or which are in memory. */
export function piecesOf(payload: readonly Payload[], inline: readonly Uint8Array[]): readonly Piece[] {
  if (payload.length === 0) return inline.filter((bytes) => bytes.length > 0);
  return payload.map(({ path, offset, length }) => ({
    path,
    offset: Number(offset),
    length: Number(length),
  }));
}

/** null where the bytes lie within the structure and were read with it. */
export function locationOf({ pieces }: Stored): TensorLocation | null {
  const [first] = pieces;
  if (first === undefined || first instanceof Uint8Array) return null;
  return { file: first.path, offset: first.offset, length: sizeOf(pieces) };
}

/** Why the bytes cannot be those of so many elements; null when they can. */
export function storedProblem({ type, count, packing, pieces }: Stored): string | null {
  const stored = sizeOf(pieces);
  if (packing === 'varints') {
    // A varint takes 1 to 10 bytes.
    return stored >= count && stored <= count * 10
      ? null
      : `has ${stored} bytes, which cannot hold the ${count} elements of its shape`;
  }
  const needed = byteLength(type, count);
  return needed === null || stored === needed
    ? null
    : `has ${stored} bytes where its type and shape need ${needed}`;
}

/** @throws ModelError when there are too few bytes, or they are strings. */
export function readStored(stored: Stored, limit: number): Float32Array | Float64Array {
  const { type, packing, pieces } = stored;
  const problem = storedProblem(stored);
  if (problem !== null) throw new ModelError(`A tensor ${problem}.`);
  const count = Math.min(stored.count, limit);
  const length = byteLength(type, count);
  if (length === null) throw new ModelError('Strings have no numbers to show.');
  if (packing === 'varints') {
    const bytes = new Uint8Array(length);
    if (!unpackVarints(joined(pieces, count * 10), type, count, bytes)) {
      throw new ModelError(`A tensor holds fewer numbers than the ${stored.count} of its shape.`);
    }
    return decodeElements(type, bytes, count);
  }
  const bytes = joined(pieces, length);
  const bits = BITS[type] ?? 8;
  if (packing === 'raw' || bits >= 8) return decodeElements(type, bytes, count);
  return Float32Array.from({ length: count }, (_, i) => highFirst(bytes, i * bits, bits));
}

function highFirst(bytes: Uint8Array, start: number, bits: number): number {
  const at = start >> 3;
  const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return (pair >> (16 - (start & 7) - bits)) & ((1 << bits) - 1);
}
