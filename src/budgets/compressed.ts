import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Read at a time; a stream holds a few of them. */
const PIECE = 2 ** 18;

/**
 * Bytes of files when each is compressed by gzip at its usual level, which is what a server sends. They are streamed,
 * so that no file is held as a whole.
 */
export async function compressedBytes(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const count = new Writable({
      write(piece: Buffer, _, done) {
        bytes += piece.length;
        done();
      },
    });
    await pipeline(createReadStream(file, { highWaterMark: PIECE }), createGzip(), count);
  }
  return bytes;
}

/** A file, or all files of a package in a fixed order. */
export function filesWithin(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
