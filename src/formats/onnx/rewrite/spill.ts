import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { cannotWrite } from '../../../files/systemError';
import { PayloadSchema } from '../../protobuf/payload_pb';
import type { TensorProto } from '../onnx_pb';
import { RAW_DATA } from '../reading/wireFields';

/** Smaller tensors stay in memory: a read of their own would take longer than to keep them. */
const SPILLED_BYTES = 2 ** 20;

/**
 * New weights of a model that is being changed lie in a file until the model is written, so that however many there are,
 * only one at a time is in memory.
 */
export class Spill {
  private file: number | null = null;
  private length = 0;

  /** @param path that no file has; it is made when there is something to put into it */
  constructor(private readonly path: string) {}

  /** Moves the raw bytes of a large tensor to the file. */
  take(tensor: TensorProto): void {
    const bytes = tensor.rawData;
    if (bytes.length < SPILLED_BYTES) return;
    try {
      this.file ??= openSync(this.path, 'wx');
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    tensor.payload = [
      create(PayloadSchema, {
        path: this.path,
        offset: BigInt(this.length),
        length: BigInt(bytes.length),
        field: RAW_DATA,
      }),
    ];
    tensor.rawData = new Uint8Array(0);
    this.length += bytes.length;
  }

  /** Removes the file, once the model is written or cannot be. */
  remove(): void {
    if (this.file === null) return;
    closeSync(this.file);
    this.file = null;
    rmSync(this.path, { force: true });
  }
}
