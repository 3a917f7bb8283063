import { closeSync, fstatSync } from 'node:fs';
import { inflateSync } from 'fflate';
import { ModelError } from '../model/modelError';
import { openFile, readFully, readRange } from './binary';

/** A file in an archive that may lie behind other content. */
export interface ZipEntry {
  readonly name: string;
  /** Once unpacked. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly deflated: boolean;
  /** Where its own header begins, from the beginning of the whole file. */
  readonly header: number;
}

/** The end record with the longest comment that its 16-bit length allows (PKWARE's APPNOTE.TXT, section 4.3.16). */
const MAX_END_BYTES = 22 + 0xffff;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** Lists of files are read whole; beyond this they are no list of labels and licences (CWE-789). */
const MAX_DIRECTORY_BYTES = 4 * 2 ** 20;

/** Deflate cannot pack better than this, so a header that claims more lies (CWE-409). */
const MAX_RATIO = 1032;

/** Stored as such, or deflated. */
const METHODS: readonly number[] = [0, 8];

/** The files of an archive at the end of a file; empty when there is none that can be read. */
export function zipEntries(path: string): ZipEntry[] {
  const file = openFile(path);
  try {
    const { size } = fstatSync(file);
    const tail = new Uint8Array(Math.min(size, MAX_END_BYTES));
    readFully(file, path, tail, 0, tail.length, size - tail.length);
    const end = findEnd(new DataView(tail.buffer));
    if (end === null) return [];
    const record = new DataView(tail.buffer, end);
    const length = record.getUint32(12, true);
    // Offsets in it count from where the archive begins, which only some writers take as the file's beginning.
    const directory = size - tail.length + end - length;
    const shift = directory - record.getUint32(16, true);
    if (directory < 0 || shift < 0 || length > MAX_DIRECTORY_BYTES) return [];
    const bytes = new Uint8Array(length);
    readFully(file, path, bytes, 0, length, directory);
    return entriesOf(new DataView(bytes.buffer), shift).filter(
      ({ header, packedBytes }) => header + packedBytes <= directory,
    );
  } finally {
    closeSync(file);
  }
}

function findEnd(view: DataView): number | null {
  for (let at = view.byteLength - 22; at >= 0; at--) {
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength)
      return at;
  }
  return null;
}

function entriesOf(view: DataView, shift: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at + 46 <= view.byteLength && view.getUint32(at, true) === CENTRAL; ) {
    const nameBytes = view.getUint16(at + 28, true);
    const next = at + 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > view.byteLength) break;
    const method = view.getUint16(at + 10, true);
    if (METHODS.includes(method)) {
      entries.push({
        name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes)),
        bytes: view.getUint32(at + 24, true),
        packedBytes: view.getUint32(at + 20, true),
        deflated: method === 8,
        header: shift + view.getUint32(at + 42, true),
      });
    }
    at = next;
  }
  return entries;
}

/**
 * The content of an entry.
 *
 * @throws ModelError when it is larger than `limit`, or damaged.
 */
export function readZipEntry(path: string, entry: ZipEntry, limit: number): Uint8Array {
  const damaged = (cause?: unknown) =>
    new ModelError(`${entry.name}, which is packed into ${path}, is damaged.`, { file: path }, cause);
  if (entry.bytes > limit) {
    throw new ModelError(`${entry.name}, which is packed into ${path}, is larger than ${limit} bytes.`, {
      file: path,
    });
  }
  if (entry.bytes > entry.packedBytes * MAX_RATIO + 64) throw damaged();
  const head = new DataView(readRange(path, entry.header, 30).buffer);
  if (head.getUint32(0, true) !== LOCAL) throw damaged();
  const start = entry.header + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const packed = readRange(path, start, entry.packedBytes);
  if (!entry.deflated) return packed;
  try {
    return inflateSync(packed, { out: new Uint8Array(entry.bytes) });
  } catch (error) {
    throw damaged(error);
  }
}
