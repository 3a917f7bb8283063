import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { cannotWrite } from '../../../files/systemError';
import { type Payload, PayloadSchema } from '../../protobuf/payload_pb';
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
    if (tensor.rawData.length < SPILLED_BYTES) return;
    tensor.payload = [this.write([tensor.rawData])];
    tensor.rawData = new Uint8Array(0);
  }

  /** Gives a tensor so many raw bytes, which come part by part; each part is valid until the next. */
  fill(tensor: TensorProto, parts: Iterable<Uint8Array>, length: number): void {
    if (length < SPILLED_BYTES) tensor.rawData = gathered(parts, length);
    else tensor.payload = [this.write(parts)];
  }

  private write(parts: Iterable<Uint8Array>): Payload {
    const offset = this.length;
    for (const part of parts) this.append(part);
    const [from, length] = [BigInt(offset), BigInt(this.length - offset)];
    return create(PayloadSchema, { path: this.path, offset: from, length, field: RAW_DATA });
  }

  private append(bytes: Uint8Array): void {
    try {
      this.file ??= openSync(this.path, 'wx');
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
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

/** So many bytes that come part by part. */
export function gathered(parts: Iterable<Uint8Array>, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
