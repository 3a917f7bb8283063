import { closeSync } from 'node:fs';
import { openFile, readFully, readRange } from './binary';

/** Where bytes are: in memory, or in a file that was not read. */
export type Piece = Uint8Array | { readonly path: string; readonly offset: number; readonly length: number };

/** Bytes of all pieces together. */
export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The bytes of all pieces, or the first `limit` of them; a view where one piece in memory holds them. */
export function joined(pieces: readonly Piece[], limit: number): Uint8Array {
  const total = Math.min(
    limit,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  const [only] = pieces;
  if (pieces.length === 1 && only) return bytesOf(only, total);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    if (at === total) break;
    const part = bytesOf(piece, Math.min(piece.length, total - at));
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Those pieces, or parts of them, that hold the bytes from `start` on and before `end`. */
export function sliced(pieces: readonly Piece[], start: number, end: number): Piece[] {
  let at = 0;
  return pieces.flatMap((piece) => {
    const from = Math.max(0, start - at);
    const to = Math.min(piece.length, end - at);
    at += piece.length;
    if (from >= to) return [];
    return [
      piece instanceof Uint8Array
        ? piece.subarray(from, to)
        : { path: piece.path, offset: piece.offset + from, length: to - from },
    ];
  });
}

function bytesOf(piece: Piece, length: number): Uint8Array {
  return piece instanceof Uint8Array
    ? piece.subarray(0, length)
    : readRange(piece.path, piece.offset, length);
}

/** Reads pieces into memory that the caller has; their files stay open until it is closed. */
export class PieceReader {
  private readonly files = new Map<string, number>();

  /** Copies `count` bytes of a piece, from `from` on, to `at` in the target. */
  read(piece: Piece, from: number, target: Uint8Array, at: number, count: number): void {
    if (piece instanceof Uint8Array) {
      target.set(piece.subarray(from, from + count), at);
      return;
    }
    let file = this.files.get(piece.path);
    if (file === undefined) {
      file = openFile(piece.path);
      this.files.set(piece.path, file);
    }
    readFully(file, piece.path, target, at, count, piece.offset + from);
  }

  close(): void {
    for (const file of this.files.values()) closeSync(file);
  }
}
