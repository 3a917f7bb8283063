import { readFileSync, statSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { ModelError } from '../../model/modelError';
import { type NumpyArray, openNpy } from './npy';

/** The file and what is unpacked from it are both held in memory (CWE-789). */
const MAX_FILE_BYTES = 1024 ** 3;
const MAX_UNPACKED_BYTES = 2 * 1024 ** 3;
/** Deflate cannot pack better than this, so a header that claims more lies (CWE-409). */
const MAX_RATIO = 1032;

/** The arrays of a `.npz` file (a ZIP of `.npy` files) by name, in the file's order. */
export function openNpz(path: string): Map<string, NumpyArray> {
  if (statSync(path).size > MAX_FILE_BYTES) {
    throw new ModelError(
      `${path} is larger than 1 GiB: save the samples as .npy, or as several .npz files.`,
      {
        file: path,
      },
    );
  }
  let total = 0;
  const tooLarge = (name: string): never => {
    throw new ModelError(
      `${path} claims an absurd size for its array ${name}: it is damaged or not a data file.`,
      {
        file: path,
      },
    );
  };
  const entries = unzip(path, (name, packed, unpacked) => {
    if (!name.endsWith('.npy')) return false;
    total += unpacked;
    if (unpacked > packed * MAX_RATIO + 64 || total > MAX_UNPACKED_BYTES) tooLarge(name);
    return true;
  });
  const arrays = Object.entries(entries).map(([name, bytes]): [string, NumpyArray] => [
    name.slice(0, -'.npy'.length),
    openNpy({
      name: `${name} in ${path}`,
      length: bytes.length,
      read: (offset, length) => bytes.subarray(offset, offset + length),
    }),
  ]);
  return new Map(arrays);
}

function unzip(
  path: string,
  wanted: (name: string, packed: number, unpacked: number) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(readFileSync(path), {
      filter: (entry) => wanted(entry.name, entry.size, entry.originalSize),
    });
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(`${path} cannot be unpacked (${reason}).`, { file: path }, error);
  }
}
