// Where downloads of this project are kept between clones, and how they get there whole.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** @returns {string} */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return process.env.MODEL_CALIPER_CACHE || path.join(base, 'model-caliper');
}

/**
 * A folder of the cache that is made once.
 * @param {string} name changes whenever `fill` does, so that an older installation is not taken for a finished one
 * @param {(work: string) => Promise<void>} fill makes its content in a folder that gets the name when all is done
 * @returns {Promise<string>} path of the folder
 */
export async function cached(name, fill) {
  const folder = path.join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  // Made beside its place and renamed, so that an interrupted installation is never used.
  const work = mkdtempSync(`${folder}.partial-`);
  try {
    await fill(work);
    // Another clone may have been faster.
    if (!existsSync(folder)) renameSync(work, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
