import { tmpdir } from 'node:os';
import { ModelError } from '../model/modelError';
import { isScratch } from './owner';

/** What the system's error codes mean to whoever reads, as the end of a sentence. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission is denied'],
  ['EAGAIN', 'it is busy'],
  ['EBUSY', 'another program is using it'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EEXIST', 'a file of this name exists already'],
  ['EFBIG', 'it is larger than a file may be there'],
  ['EILSEQ', 'its name is impossible there'],
  ['EIO', 'the disk has a fault'],
  ['EISDIR', 'it is a folder'],
  ['ELOOP', 'its symbolic links lead in a circle'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ENFILE', 'too many files are open'],
  ['ENODEV', 'there is no such device'],
  ['ENOENT', 'there is no such file or folder'],
  ['ENOMEM', 'the memory is used up'],
  ['ENOSPC', 'the disk is full'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['ENOTEMPTY', 'the folder is not empty'],
  ['ENXIO', 'there is no such device'],
  ['EPERM', 'permission is denied'],
  ['EPIPE', 'nobody reads it any more'],
  ['EROFS', 'the disk is read-only'],
  ['ESTALE', 'the network drive is gone'],
  ['ETIMEDOUT', 'the disk does not answer'],
  ['ETXTBSY', 'another program is using it'],
  ['UNKNOWN', 'the system does not say why'],
]);

/** Calls that only read; in all others something was to be written. */
const READING = new Set(['access', 'lstat', 'read', 'readlink', 'realpath', 'scandir', 'stat']);

/** What the operating system says, in words; the error's own message where it was not the system's. */
export function reason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return REASONS.get(code ?? '') ?? (error instanceof Error ? error.message : String(error));
}

/** An error of the operating system as a sentence for people; null for any other error. */
export function systemError(error: unknown): ModelError | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  if (syscall === undefined || code === undefined || !REASONS.has(code)) return null;
  const done = READING.has(syscall) ? 'read' : syscall === 'open' ? 'opened' : 'written';
  return cannotBe(done, dest ?? path, error);
}

/** A sentence that a file could not be written. */
export function cannotWrite(path: string, error: unknown): ModelError {
  return error instanceof ModelError ? error : cannotBe('written', path, error);
}

function cannotBe(done: string, file: string | undefined, error: unknown): ModelError {
  const why = `cannot be ${done}: ${reason(error)}.`;
  if (file === undefined) return new ModelError(`A file ${why}`, {}, error);
  // Which temporary file it was tells nobody anything.
  if (isScratch(file)) return new ModelError(`A temporary file in ${tmpdir()} ${why}`, {}, error);
  return new ModelError(`${file} ${why}`, { file }, error);
}
