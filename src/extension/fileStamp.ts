import { statSync } from 'node:fs';

/** Tells one state of a file from another without reading it. */
export function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : 'missing';
}
