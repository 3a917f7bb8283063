import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { HostMemory } from './hostMemory';

/** The system reads at most 2 GiB at once. */
const CHUNK = 2 ** 30;

/** A file in memory that is aligned as weights must be. */
export function readIntoMemory(path: string): HostMemory {
  const file = openSync(path, 'r');
  try {
    const memory = new HostMemory(fstatSync(file).size);
    let at = 0;
    while (at < memory.length) {
      const read = readSync(file, memory.bytes, at, Math.min(CHUNK, memory.length - at), at);
      if (read === 0) throw new Error(`The file became shorter while it was read.`);
      at += read;
    }
    return memory;
  } finally {
    closeSync(file);
  }
}
