import { ByteSink } from '../byteSink';
import { Wire } from './wire';

/** What was seen of the payload fields of one message. */
export class PayloadFields {
  #packed = new Set<number>();
  #unpacked = new Map<number, ByteSink>();

  /**
   * @param elements the payload fields, with the wire type of one element where it comes unpacked; bytes come once.
   * @param deferred all its payloads stay on disk, so that the order of a payload's pieces is kept.
   */
  constructor(
    readonly elements: ReadonlyMap<number, Wire>,
    readonly deferred: boolean,
  ) {}

  /** false when a payload that comes once comes again, or packed after unpacked. */
  accept(number: number): boolean {
    const once = this.elements.get(number) === Wire.Bytes;
    if (this.#unpacked.has(number) || (once && this.#packed.has(number))) return false;
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
