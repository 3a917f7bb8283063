import { closeSync, openSync, readSync } from 'node:fs';

/** The first bytes of a file, by which its kind is known: at most `bytes` of them, fewer where it is shorter. */
export function readHead(path: string, bytes: number): Buffer {
  const head = Buffer.alloc(bytes);
  const file = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(file, head, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}
