import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { packageFolder } from './packages';

/** Files and folders of a package that are looked at: it has a handful. */
const MAX_ENTRIES = 200;

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

/** Sorted; none where the folder is gone, or is just being replaced: its stamp is another one when that is done. */
function filesIn(folder: string): string[] {
  const files: string[] = [];
  const folders = [''];
  try {
    for (const within of folders) {
      for (const entry of readdirSync(path.join(folder, within), { withFileTypes: true })) {
        if (files.length + folders.length > MAX_ENTRIES) return files.sort();
        const place = path.join(within, entry.name);
        if (entry.isDirectory()) folders.push(place);
        else if (entry.isFile()) files.push(place);
      }
    }
  } catch {
    return [];
  }
  return files.sort();
}
