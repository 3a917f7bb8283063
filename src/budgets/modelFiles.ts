import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Minimatch } from 'minimatch';
import { formats } from '../formats';
import { ModelError } from '../model/modelError';

/** Folders and files that are looked at; no repository of models has more (CWE-770). */
const MAX_ENTRIES = 1_000_000;
/** That braces of a glob stand for (CWE-400). */
const MAX_ALTERNATIVES = 1000;
/** Of others' making, or no part of the work tree. */
const SKIPPED = new Set(['node_modules', '.git']);

/** Which paths, from the folder of `caliper.json` and with slashes, a budget is for. */
export class ModelPattern {
  private readonly wanted: Minimatch[];
  private readonly unwanted: Minimatch[];

  constructor(globs: readonly string[]) {
    const options = { nocomment: true, nonegate: true, braceExpandMax: MAX_ALTERNATIVES } as const;
    const made = (list: readonly string[]) => list.map((glob) => new Minimatch(glob, options));
    this.wanted = made(globs.filter((glob) => !glob.startsWith('!')));
    this.unwanted = made(globs.flatMap((glob) => (glob.startsWith('!') ? [glob.slice(1)] : [])));
  }

  /** A path that is named as it is may have any ending; a glob takes models alone. */
  matches(path: string): boolean {
    if (this.unwanted.some((glob) => glob.match(path))) return false;
    return this.wanted.some((glob) => glob.match(path) && (isModelName(path) || glob.pattern === path));
  }

  /** Whether something in a folder may match: what is too deep or elsewhere is not looked at. */
  enters(folder: string): boolean {
    return this.wanted.some((glob) => glob.match(folder, true));
  }
}

/**
 * All files below a folder that a pattern is for, sorted; packages are one.
 *
 * @throws ModelError where there are too many to look at.
 */
export function findModels(root: string, patterns: readonly ModelPattern[]): string[] {
  const found: string[] = [];
  let seen = 0;
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of list(join(root, folder))) {
      if (++seen > MAX_ENTRIES)
        throw new ModelError(
          `${root} holds more than ${MAX_ENTRIES / 1e6} million files: name the folders of models.`,
        );
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      // Folders behind links are not entered: they may lead in circles.
      if (entry.isDirectory() && !isPackage(join(root, path))) {
        if (!SKIPPED.has(entry.name) && patterns.some((one) => one.enters(path))) waiting.push(path);
      } else if (patterns.some((one) => one.matches(path)) && !isLost(entry, join(root, path)))
        found.push(path);
    }
  }
  return found.sort();
}

const ENDINGS = formats.flatMap(({ extensions }) => extensions);

function isModelName(path: string): boolean {
  const name = path.toLowerCase();
  return ENDINGS.some((ending) => name.endsWith(ending));
}

function isPackage(path: string): boolean {
  return isModelName(path) && formats.some((format) => format.isPackage?.(path));
}

/** A link to nothing, or to a folder that is no package. */
function isLost(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return !entry.isFile() && !entry.isDirectory();
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined || (!status.isFile() && !isPackage(path));
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // What cannot be listed has no models for whoever asks.
    if (['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return [];
    throw error;
  }
}
