import { closeSync, fstatSync } from 'node:fs';
import type { DataType } from '../../model/dataType';
import type { ExternalFile } from '../../model/model';
import { openFile, readFully } from '../binary';
import { resolveExternal } from '../externalFile';
import { blobType } from './dataTypes';

/** How a model names the folder of its package. */
export const MODEL_PATH = '@model_path/';

/** Of the header, and of the metadata before each blob. */
export const RECORD_BYTES = 64;
export const VERSION = 2;
export const SENTINEL = 0xdeadbeef;

export interface Blob {
  readonly path: string;
  /** null: a type that is not known. */
  readonly type: DataType | null;
  readonly offset: number;
  readonly length: number;
  /** The type as the file has it. */
  readonly code: number;
  /** Bits of the last byte that belong to no element. */
  readonly paddingBits: number;
}

interface OpenedFile {
  readonly file: ExternalFile;
  readonly descriptor: number;
  readonly size: number;
}

/**
 * The weight files of an ML Program: a header {count, version = 2}, then blobs, each behind metadata {sentinel, data
 * type, size, offset} that the program points at (MILBlob's storage format). Only metadata is read.
 */
export class BlobFiles {
  readonly #files = new Map<string, OpenedFile | string>();
  readonly #missing: ExternalFile[] = [];

  /** @param folder what `@model_path` means: files outside are never read. */
  constructor(readonly folder: string) {}

  /** The blob whose metadata lie at `offset`, or in words why it cannot be read. */
  blob(fileName: string, offset: number): Blob | string {
    const opened = this.#open(fileName);
    if (typeof opened === 'string') return opened;
    const { path } = opened.file;
    if (offset < RECORD_BYTES || offset % RECORD_BYTES !== 0 || offset + RECORD_BYTES > opened.size) {
      return `the program points at byte ${offset} of ${path}, where no blob can begin`;
    }
    const metadata = read(opened, offset);
    if (metadata.getUint32(0, true) !== SENTINEL) return `no blob begins at byte ${offset} of ${path}`;
    const length = Number(metadata.getBigUint64(8, true));
    const start = Number(metadata.getBigUint64(16, true));
    if (start + length > opened.size) {
      return `bytes ${start} to ${start + length} of ${path} are behind its end at ${opened.size}`;
    }
    const code = metadata.getUint32(4, true);
    const paddingBits = Number(metadata.getBigUint64(24, true));
    return { path, type: blobType(code), offset: start, length, code, paddingBits };
  }

  /** The files that were named, each once; also those that are missing. */
  get files(): ExternalFile[] {
    const byPath = new Map(this.#missing.map((file) => [file.path, file]));
    for (const one of this.#files.values()) if (typeof one !== 'string') byPath.set(one.file.path, one.file);
    return [...byPath.values()];
  }

  close(): void {
    for (const one of this.#files.values()) if (typeof one !== 'string') closeSync(one.descriptor);
  }

  #open(fileName: string): OpenedFile | string {
    let opened = this.#files.get(fileName);
    if (opened === undefined) {
      opened = this.#resolve(fileName);
      this.#files.set(fileName, opened);
    }
    return opened;
  }

  #resolve(fileName: string): OpenedFile | string {
    const location = fileName.startsWith(MODEL_PATH) ? fileName.slice(MODEL_PATH.length) : fileName;
    const file = resolveExternal(this.folder, location);
    if (typeof file === 'string') return file;
    if (file.bytes !== null) return open(file);
    this.#missing.push(file);
    return `${file.path} is missing; the package is not whole`;
  }
}

function open(file: ExternalFile): OpenedFile | string {
  const descriptor = openFile(file.path);
  const opened = { file, descriptor, size: fstatSync(descriptor).size };
  const version = opened.size < RECORD_BYTES ? null : read(opened, 0).getUint32(4, true);
  if (version === VERSION) return opened;
  closeSync(descriptor);
  return version === null
    ? `${file.path} has ${opened.size} bytes, too few for a weight file`
    : `${file.path} is a weight file of version ${version}, which cannot be read`;
}

function read({ file, descriptor }: OpenedFile, offset: number): DataView {
  const bytes = new Uint8Array(RECORD_BYTES);
  readFully(descriptor, file.path, bytes, 0, RECORD_BYTES, offset);
  return new DataView(bytes.buffer);
}
