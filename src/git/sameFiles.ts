import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Read of each file at a time. */
const CHUNK = 2 ** 20;

/** Whether files have the same content in two folders; one that is missing in either has not. */
export async function areSame(one: string, other: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    if (!(await isSame(join(one, name), join(other, name)))) return false;
  }
  return true;
}

async function isSame(one: string, other: string): Promise<boolean> {
  const files: FileHandle[] = [];
  try {
    for (const path of [one, other]) files.push(await open(path));
    const [a, b] = files;
    return a !== undefined && b !== undefined && (await haveSameContent(a, b));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function haveSameContent(a: FileHandle, b: FileHandle): Promise<boolean> {
  const { size } = await a.stat();
  if (size !== (await b.stat()).size) return false;
  const [left, right] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  for (let at = 0; at < size; ) {
    const { bytesRead } = await a.read(left, 0, CHUNK, at);
    let found = 0;
    while (found < bytesRead) {
      const part = await b.read(right, found, bytesRead - found, at + found);
      if (part.bytesRead === 0) return false;
      found += part.bytesRead;
    }
    if (bytesRead === 0 || left.compare(right, 0, bytesRead, 0, bytesRead) !== 0) return false;
    at += bytesRead;
  }
  return true;
}
