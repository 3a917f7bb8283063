import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { cannotWrite } from '../files/systemError';
import { type Piece, PieceReader, sizeOf } from './pieces';

/** Small parts are gathered, large ones copied, in blocks of this size. */
const BLOCK_BYTES = 1 << 20;

/**
 * Writes new files; when one fails, all of them are removed. They are not flushed to disk: most are copies that run once,
 * and what gets a name is flushed then (`files/place.ts`).
 */
export function writeFiles(files: readonly { path: string; parts: readonly Piece[] }[]): void {
  const created: string[] = [];
  let current = '';
  try {
    for (const { path, parts } of files) {
      current = path;
      const target = openSync(path, 'wx');
      created.push(path);
      try {
        writeParts(target, parts);
      } finally {
        closeSync(target);
      }
    }
  } catch (error) {
    for (const path of created) unlinkSync(path);
    throw cannotWrite(current, error);
  }
}

function writeParts(target: number, parts: readonly Piece[]): void {
  const block = new Uint8Array(Math.min(BLOCK_BYTES, sizeOf(parts)));
  const reader = new PieceReader();
  let filled = 0;
  const flush = () => {
    for (let done = 0; done < filled; ) done += writeSync(target, block, done, filled - done);
    filled = 0;
  };
  try {
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        if (filled === block.length) flush();
        const count = Math.min(part.length - done, block.length - filled);
        reader.read(part, done, block, filled, count);
        filled += count;
        done += count;
      }
    }
    flush();
  } finally {
    reader.close();
  }
}
