import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative } from 'node:path';

/**
 * The absolute path of a program on the path, null where it is not on it. Systems look into the folder that a program
 * is started in as well, Windows before all others, so that a model's folder could bring a `git` of its own.
 *
 * @param folder that it must not come from: neither from it nor from a folder inside it
 */
export async function findProgram(name: string, folder: string): Promise<string | null> {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(place) || isWithin(place, folder)) continue;
    const path = join(place, file);
    if (await isProgram(path)) return path;
  }
  return null;
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
