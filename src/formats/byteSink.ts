/** Bytes that are added at the end, in a buffer that doubles. */
export class ByteSink {
  #buffer = new Uint8Array(1 << 10);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was added so far; a view that the next addition may make stale. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room for bytes at the end and returns it. */
  extend(count: number): Uint8Array {
    const needed = this.#length + count;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    const room = this.#buffer.subarray(this.#length, needed);
    this.#length = needed;
    return room;
  }

  /** Takes back what was added after it had this length. */
  truncate(length: number): void {
    this.#length = length;
  }
}
