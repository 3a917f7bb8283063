import { type Stats, statfsSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../model/modelError';
import { formatBytes } from '../protocol/numbers';
import { isGone, isScratch, SCRATCH, scratchPrefix } from './owner';
import { settle } from './placings';
import { reason } from './systemError';

/** Where the system looks for the folder for temporary files. */
const VARIABLE = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';

/**
 * Makes a folder for temporary files, after those of processes that were killed were removed.
 *
 * @throws ModelError when there is no place for it.
 */
export async function makeScratch(): Promise<string> {
  await sweep();
  try {
    return await mkdtemp(scratchPrefix());
  } catch (error) {
    throw new ModelError(
      `No folder for temporary files can be made in ${tmpdir()}: ${reason(error)}. ${VARIABLE} names another place.`,
      {},
      error,
    );
  }
}

export async function removeScratch(folder: string): Promise<void> {
  // Windows keeps files of a killed process open for a moment.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Whether a folder's disk takes so many bytes more, asked before they are written.
 *
 * @param what is to be written, for the message: `Copies of m.onnx`
 * @throws ModelError when it does not
 */
export function checkRoom(folder: string, bytes: number, what: string): void {
  const free = freeBytes(folder);
  if (free === null || free >= bytes) return;
  const place = isScratch(folder)
    ? `${tmpdir()}, where temporary files lie (${VARIABLE} names another place)`
    : folder;
  throw new ModelError(
    `${what} would take about ${formatBytes(bytes)}, and ${formatBytes(free)} are free in ${place}.`,
  );
}

/** null where the file system does not say. */
function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    // Some network file systems give no numbers at all.
    return blocks === 0 ? null : bavail * bsize;
  } catch {
    return null;
  }
}

/**
 * Removes what processes left behind that were killed: copies of models, gigabytes, and results that they were placing.
 * Never another user's.
 */
export async function sweep(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const mark = SCRATCH.exec(name)?.[1];
    if (mark === undefined || !isGone(mark)) continue;
    const folder = join(tmpdir(), name);
    const status = await lstat(folder).catch(() => null);
    // What cannot be removed now, since somebody holds a file of it open, is removed another time.
    if (status !== null && isOwn(status) && settle(folder))
      await removeScratch(folder).catch(() => undefined);
  }
}

/** Windows has a folder for temporary files for each user. */
function isOwn(status: Stats): boolean {
  return status.isDirectory() && (process.getuid === undefined || status.uid === process.getuid());
}
