import { addressOf } from './library';

/** Of tensor buffers; XNNPACK also reads so many bytes past the end of what it is given. */
const ALIGNMENT = 64;

/**
 * Memory of JavaScript, aligned and with room at its end, as the library takes it for a tensor. (Memory of the
 * library's cannot be looked at from Electron, where no buffer may lie outside of V8.)
 */
export class HostMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: bigint;

  constructor(readonly length: number) {
    const memory = new Uint8Array(length + 2 * ALIGNMENT);
    const start = addressOf(memory);
    const offset = Number(-start & BigInt(ALIGNMENT - 1));
    this.bytes = memory.subarray(offset, offset + length);
    this.address = start + BigInt(offset);
  }
  /** What is in it now. Cheaper than an array of zeros that is filled. */
  copy(): ArrayBuffer {
    const { buffer, byteOffset } = this.bytes;
    return buffer.slice(byteOffset, byteOffset + this.length);
  }
}
