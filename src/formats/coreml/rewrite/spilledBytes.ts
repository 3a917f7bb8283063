import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { cannotWrite } from '../../../files/systemError';
import { type Payload, PayloadSchema } from '../../protobuf/payload_pb';

/** Bytes of fields that are held in a file of their own until the model is written, so that memory holds one at a time. */
export class SpilledBytes {
  #descriptor: number | null = null;
  #length = 0;

  /** @param path must not exist. */
  constructor(readonly path: string) {}

  /** Where the bytes of a field lie from now on. */
  keep(bytes: Uint8Array, field: number): Payload {
    try {
      this.#descriptor ??= openSync(this.path, 'wx');
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#length + done);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    const offset = BigInt(this.#length);
    this.#length += bytes.length;
    return create(PayloadSchema, { path: this.path, offset, length: BigInt(bytes.length), field });
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  remove(): void {
    this.close();
    if (this.#length > 0) rmSync(this.path, { force: true });
  }
}
