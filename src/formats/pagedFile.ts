import { closeSync, fstatSync } from 'node:fs';
import { ModelError } from '../model/modelError';
import { openFile, readFully } from './binary';

/** One read from disk. */
const PAGE_BYTES = 32 * 1024;

/** Pages that are kept, 8 MB in all: structure that is spread over a file is visited again and again (CWE-770). */
const MAX_PAGES = 256;

/** A file that is read here and there, such as one whose parts point at each other; what is not visited is not loaded. */
export class PagedFile {
  readonly size: number;
  readonly #file: number;
  /** The page that was used last is the last one. */
  readonly #pages = new Map<number, Uint8Array>();
  #index = -1;
  #page: DataView = new DataView(new ArrayBuffer(0));

  constructor(readonly path: string) {
    this.#file = openFile(path);
    this.size = fstatSync(this.#file).size;
  }

  /** A view that holds `length` bytes from a position on, and where in it they begin. Throws ModelError behind the file's end. */
  at(position: number, length: number): { view: DataView; start: number } {
    if (position < 0 || position + length > this.size) {
      throw new ModelError(`${this.path} ends at byte ${this.size}, in the middle of its structure.`, {
        file: this.path,
        offset: this.size,
      });
    }
    const index = Math.floor(position / PAGE_BYTES);
    const start = position - index * PAGE_BYTES;
    if (index !== this.#index) this.#turnTo(index);
    if (start + length <= this.#page.byteLength) return { view: this.#page, start };
    const bytes = new Uint8Array(length);
    readFully(this.#file, this.path, bytes, 0, length, position);
    return { view: new DataView(bytes.buffer), start: 0 };
  }

  close(): void {
    closeSync(this.#file);
  }

  #turnTo(index: number): void {
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = this.#load(index);
      if (this.#pages.size >= MAX_PAGES) {
        const [oldest] = this.#pages.keys();
        if (oldest !== undefined) this.#pages.delete(oldest);
      }
    } else {
      this.#pages.delete(index);
    }
    this.#pages.set(index, page);
    this.#index = index;
    this.#page = new DataView(page.buffer);
  }

  #load(index: number): Uint8Array {
    const start = index * PAGE_BYTES;
    const page = new Uint8Array(Math.min(PAGE_BYTES, this.size - start));
    readFully(this.#file, this.path, page, 0, page.length, start);
    return page;
  }
}
