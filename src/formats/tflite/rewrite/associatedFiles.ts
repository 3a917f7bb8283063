import { statSync } from 'node:fs';
import { readRange } from '../../binary';
import { zipEntries } from '../../zip';

/** Lists of labels and licences have thousands of lines; a larger archive is something else (CWE-789). */
const MAX_ARCHIVE_BYTES = 64 * 2 ** 20;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_BYTES = 22;

/**
 * The archive of labels and licences that is packed into the end of a .tflite file, as it is for a file whose
 * archive begins at `start`; null where there is none. Its offsets are written from the beginning of the whole file,
 * which every reader understands: some do not look for where an archive begins.
 */
export function associatedFiles(path: string): ((start: number) => Uint8Array) | null {
  const entries = zipEntries(path);
  if (entries.length === 0) return null;
  const from = Math.min(...entries.map(({ header }) => header));
  const length = statSync(path).size - from;
  if (length > MAX_ARCHIVE_BYTES) return null;
  const archive = readRange(path, from, length);
  return (start) => moved(archive, start);
}

/** PKWARE's APPNOTE.TXT, sections 4.3.12 (central directory) and 4.3.16 (end record). */
function moved(archive: Uint8Array, start: number): Uint8Array {
  const bytes = archive.slice();
  const view = new DataView(bytes.buffer);
  let end = bytes.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  const directory = end - view.getUint32(end + 12, true);
  // By how much offsets differ now: those of entries and that of the directory are of one beginning.
  const shift = start + directory - view.getUint32(end + 16, true);
  view.setUint32(end + 16, start + directory, true);
  for (let at = directory; at < end && view.getUint32(at, true) === CENTRAL; ) {
    view.setUint32(at + 42, view.getUint32(at + 42, true) + shift, true);
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return bytes;
}
