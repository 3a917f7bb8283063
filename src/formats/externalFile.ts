import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { ExternalFile } from '../model/model';

/**
 * A file that a model names, or in words why it may not be read: it must lie inside the model's folder, symbolic
 * links resolved, so that opening a model reads nothing else. Its size is null when it is missing.
 */
export function resolveExternal(folder: string, location: string): ExternalFile | string {
  const outside = `${location} lies outside the model's folder, from where weights are never read; copy it beside the model`;
  if (location.includes('\0')) return 'their file name is impossible';
  const path = resolve(folder, location);
  if (isAbsolute(location) || !isInside(folder, path)) return outside;
  try {
    const real = realpathSync(path);
    if (!isInside(realpathSync(folder), real)) return outside;
    const status = statSync(real);
    if (!status.isFile()) return `${location} is not a regular file`;
    return { path, bytes: status.size };
  } catch {
    return { path, bytes: null };
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
