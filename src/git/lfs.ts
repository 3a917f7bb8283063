import { copyFile, constants as fs, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A pointer is a few lines; git-lfs itself takes nothing longer for one (CWE-789). */
export const MAX_POINTER_BYTES = 1024;

/** What a Git LFS pointer stands for. */
export interface LfsPointer {
  readonly sha256: string;
  readonly bytes: number;
}

/** The pointer that a file holds; null where it is none (github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
export async function pointerIn(path: string): Promise<LfsPointer | null> {
  if ((await stat(path)).size > MAX_POINTER_BYTES) return null;
  const text = await readFile(path, 'utf8');
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return null;
  const sha256 = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const bytes = /^size (\d{1,15})$/m.exec(text)?.[1];
  return sha256 && bytes ? { sha256, bytes: Number(bytes) } : null;
}

/**
 * Copies what a pointer stands for out of git-lfs's own store, where it was fetched.
 *
 * @param commonFolder the repository's `.git`
 * @returns false where it is not on this computer.
 */
export async function copyFetched(
  { sha256, bytes }: LfsPointer,
  commonFolder: string,
  target: string,
): Promise<boolean> {
  const stored = join(commonFolder, 'lfs', 'objects', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  try {
    if ((await stat(stored)).size !== bytes) return false;
    await copyFile(stored, target, fs.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
