import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { reason } from '../files/systemError';
import { ModelError } from '../model/modelError';

/** One read from disk: large enough that structure takes few of them, small enough to throw away when a payload is stepped over. */
const WINDOW_BYTES = 64 * 1024;

/** A file that is read at any position through a window, so that what is stepped over is never loaded. */
export class FileWindow {
  readonly size: number;
  #file: number;
  #window = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #end = 0;

  constructor(readonly path: string) {
    this.#file = openFile(path);
    this.size = fstatSync(this.#file).size;
  }

  /** Throws ModelError behind the end of the file. */
  byte(position: number): number {
    if (position < this.#start || position >= this.#end) this.#load(position);
    return this.#window[position - this.#start] as number;
  }

  /** Copies the bytes from `start` to `end` into `target`. */
  copy(start: number, end: number, target: Uint8Array, at: number): void {
    if (start >= this.#start && end <= this.#end) {
      target.set(this.#window.subarray(start - this.#start, end - this.#start), at);
    } else {
      readFully(this.#file, this.path, target, at, end - start, start);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #load(position: number): void {
    const length = Math.min(WINDOW_BYTES, this.size - position);
    if (length <= 0) {
      throw new ModelError(`${this.path} ends at byte ${this.size}, in the middle of its structure.`, {
        file: this.path,
        offset: this.size,
      });
    }
    readFully(this.#file, this.path, this.#window, 0, length, position);
    this.#start = position;
    this.#end = position + length;
  }
}

/** Opens a regular file for reading; a folder, a pipe or a device is refused since reading it could hang. */
export function openFile(path: string): number {
  try {
    const status = statSync(path);
    if (status.isDirectory()) {
      throw new ModelError(`${path} is a folder, not a model file.`, { file: path });
    }
    if (!status.isFile()) {
      throw new ModelError(`${path} is not a regular file.`, { file: path });
    }
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(`${path} cannot be read: ${reason(error)}.`, { file: path }, error);
  }
}

/** A part of a file. The range was checked against the file's size when it was found; the file may have changed since. */
export function readRange(path: string, offset: number, length: number): Uint8Array {
  const file = openFile(path);
  try {
    if (offset + length > fstatSync(file).size) throw changed(path, offset);
    const bytes = new Uint8Array(length);
    readFully(file, path, bytes, 0, length, offset);
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Reads exactly `length` bytes, however many reads that takes. */
export function readFully(
  file: number,
  path: string,
  target: Uint8Array,
  at: number,
  length: number,
  position: number,
): void {
  let done = 0;
  while (done < length) {
    const count = readSync(file, target, at + done, length - done, position + done);
    if (count === 0) throw changed(path, position + done);
    done += count;
  }
}

function changed(path: string, offset: number): ModelError {
  return new ModelError(`${path} ends before byte ${offset}: it changed while it was open; open it again.`, {
    file: path,
    offset,
  });
}
