import { type Dirent, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { DataBeside } from '../../protocol/advice/situation';
import { isImage } from './files';

/** What folders of samples are called, the likeliest for calibration first. Others may hold anybody's pictures. */
const NAMES = [/calib/i, /train/i, /val/i, /^(data|dataset|datasets|images|samples|test)$/i];
/** Folders below the model's own: `shapes/calibration/circle`. */
const DEPTH = 2;
/** A model that lies in a home folder or on a disk's root has much beside it (CWE-770). */
const MAX_FOLDERS = 300;
const MAX_ENTRIES = 10_000;
/** Fewer pictures are an illustration. */
const FEWEST = 4;

/** Images that lie beside a model in a folder that is called as samples are; null: none. Reads names of files alone. */
export function dataBeside(model: string): DataBeside | null {
  const root = dirname(model);
  const left = { folders: MAX_FOLDERS };
  const found = candidates(root, DEPTH, left).sort((a, b) => a.rank - b.rank || a.depth - b.depth);
  for (const { path } of found) {
    const images = countImages(path, DEPTH, left);
    if (images >= FEWEST) return { path, name: relative(root, path), images };
  }
  return null;
}

function candidates(
  folder: string,
  depth: number,
  left: { folders: number },
): { path: string; rank: number; depth: number }[] {
  return foldersOf(folder, left).flatMap((name) => {
    const path = join(folder, name);
    const rank = NAMES.findIndex((pattern) => pattern.test(name));
    if (rank >= 0) return [{ path, rank, depth: DEPTH - depth }];
    return depth > 1 ? candidates(path, depth - 1, left) : [];
  });
}

function countImages(folder: string, depth: number, left: { folders: number }): number {
  const entries = entriesOf(folder);
  const own = entries.filter((entry) => entry.isFile() && isImage(entry.name)).length;
  if (depth === 0) return own;
  return foldersOf(folder, left).reduce(
    (sum, name) => sum + countImages(join(folder, name), depth - 1, left),
    own,
  );
}

function foldersOf(folder: string, left: { folders: number }): string[] {
  if (left.folders-- <= 0) return [];
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => name);
}

/** In sorted order; none of a folder that cannot be read. */
function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_ENTRIES);
  } catch {
    return [];
  }
}
