import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratchPrefix } from '../../files/owner';
import { koffi } from './koffi';

const STANDARD_ERROR = 2;

interface Descriptors {
  dup(descriptor: number): number;
  dup2(from: number, to: number): number;
}

let descriptors: Descriptors | undefined;

/** Functions of the C library; the program's own, so that no file of it has to be named. */
function posix(): Descriptors {
  if (descriptors === undefined) {
    const library = koffi().load(null);
    const dup2 = library.func('dup2', 'int', ['int', 'int']);
    descriptors = { dup: library.func('dup', 'int', ['int']), dup2 };
  }
  return descriptors;
}

let collected: number | undefined;

/** A file without a name, which is gone with the process; one for all models, since folders take longer than they do. */
function collecting(): number {
  if (collected === undefined) {
    const folder = mkdtempSync(scratchPrefix());
    try {
      // Appended to, so that what comes after it was emptied stands at its beginning.
      collected = openSync(join(folder, 'text'), 'a+');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return collected;
}

function textOf(file: number): string {
  const bytes = new Uint8Array(fstatSync(file).size);
  return Buffer.from(bytes.buffer, 0, readSync(file, bytes, 0, bytes.length, 0)).toString();
}

/**
 * Does something while what native code writes to standard error goes into a file: LiteRT says only there why it
 * refuses a model. `onFailure` gets that text with what was thrown, and says what is thrown instead. On Windows,
 * where a library may have a standard error of its own, the text is ''.
 */
export function withStandardError<T>(work: () => T, onFailure: (error: unknown, said: string) => unknown): T {
  if (process.platform === 'win32') {
    try {
      return work();
    } catch (error) {
      throw onFailure(error, '');
    }
  }
  const file = collecting();
  ftruncateSync(file);
  const { dup, dup2 } = posix();
  const own = dup(STANDARD_ERROR);
  dup2(file, STANDARD_ERROR);
  try {
    return work();
  } catch (error) {
    throw onFailure(error, textOf(file));
  } finally {
    dup2(own, STANDARD_ERROR);
    closeSync(own);
  }
}
