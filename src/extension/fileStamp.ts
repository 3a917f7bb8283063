import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageFolder } from './packages';

/** Files of a package that are looked at: it has a handful. */
const MAX_FILES = 200;

export const MISSING = 'missing';

/** Tells one state of a model's file, or of all files of a package, from another without reading it. */
export function stampOf(model: string): string {
  const folder = packageFolder(model);
  if (folder === null) return stampOfFile(model);
  const files = filesIn(folder).map((file) => `${file} ${stampOfFile(path.join(folder, file))}`);
  return files.length === 0 ? MISSING : files.join('\n');
}

function stampOfFile(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : MISSING;
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .slice(0, MAX_FILES)
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort();
  } catch {
    // It is gone, or just being replaced: its stamp is another one when that is done.
    return [];
  }
}
