import { ByteSink } from '../byteSink';
import { RAW_DATA } from './wire';

/** What was seen of one tensor's payload. */
export class TensorFields {
  #packed = new Set<number>();
  #unpacked = new Map<number, ByteSink>();

  /** With `deferred` all its payloads stay on disk, so that the order of a payload's pieces is kept. */
  constructor(readonly deferred: boolean) {}

  /** false when a payload that comes once comes again, or packed after unpacked. */
  accept(number: number): boolean {
    if (this.#unpacked.has(number) || (number === RAW_DATA && this.#packed.has(number))) return false;
    this.#packed.add(number);
    return true;
  }

  acceptUnpacked(number: number): boolean {
    return !this.#packed.has(number);
  }

  /** Room for one more element that came unpacked. */
  extend(number: number, count: number): Uint8Array {
    let sink = this.#unpacked.get(number);
    if (!sink) {
      sink = new ByteSink();
      this.#unpacked.set(number, sink);
    }
    return sink.extend(count);
  }

  *unpacked(): Iterable<[number, Uint8Array]> {
    for (const [number, sink] of this.#unpacked) yield [number, sink.bytes];
  }
}
