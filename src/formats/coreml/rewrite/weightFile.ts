import { closeSync, openSync, writeSync } from 'node:fs';
import { cannotWrite } from '../../../files/systemError';
import { BITS, type DataType } from '../../../model/dataType';
import { openFile, readFully } from '../../binary';
import { type Blob, RECORD_BYTES, SENTINEL, VERSION } from '../blobs';
import { blobCode } from '../dataTypes';

/** Blobs are copied in parts of this size. */
const PART_BYTES = 1 << 20;

/**
 * Writes a weight file blob by blob (MILBlob's storage format, version 2): metadata and data each begin at a multiple
 * of 64 bytes. What was written is not held.
 */
export class WeightFileWriter {
  readonly #descriptor: number;
  #end = RECORD_BYTES;
  #count = 0;

  /** @param path must not exist. */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openSync(path, 'wx');
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Adds elements of a type, packed from the lowest bit on, and returns where the program finds them. */
  append(type: DataType, bytes: Uint8Array, elements: number): number {
    const paddingBits = bytes.length * 8 - elements * (BITS[type] ?? 8);
    const { record, data } = this.#begin(blobCode(type), bytes.length, paddingBits);
    this.#write(bytes, data);
    return record;
  }

  /** Adds a blob of another weight file as it is. */
  copy(blob: Blob): number {
    const { record, data } = this.#begin(blob.code, blob.length, blob.paddingBits);
    const source = openFile(blob.path);
    try {
      const part = new Uint8Array(Math.min(blob.length, PART_BYTES));
      for (let done = 0; done < blob.length; done += part.length) {
        const count = Math.min(part.length, blob.length - done);
        readFully(source, blob.path, part, 0, count, blob.offset + done);
        this.#write(part.subarray(0, count), data + done);
      }
    } finally {
      closeSync(source);
    }
    return record;
  }

  /** States how many blobs there are; nothing can be added any more. */
  close(): void {
    const header = new DataView(new ArrayBuffer(RECORD_BYTES));
    header.setUint32(0, this.#count, true);
    header.setUint32(4, VERSION, true);
    try {
      this.#write(new Uint8Array(header.buffer), 0);
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #begin(code: number, length: number, paddingBits: number): { record: number; data: number } {
    const record = Math.ceil(this.#end / RECORD_BYTES) * RECORD_BYTES;
    const data = record + RECORD_BYTES;
    const metadata = new DataView(new ArrayBuffer(RECORD_BYTES));
    metadata.setUint32(0, SENTINEL, true);
    metadata.setUint32(4, code, true);
    metadata.setBigUint64(8, BigInt(length), true);
    metadata.setBigUint64(16, BigInt(data), true);
    metadata.setBigUint64(24, BigInt(paddingBits), true);
    this.#write(new Uint8Array(metadata.buffer), record);
    this.#end = data + length;
    this.#count++;
    return { record, data };
  }

  #write(bytes: Uint8Array, at: number): void {
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }
}
