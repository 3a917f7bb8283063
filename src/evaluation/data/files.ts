import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { ModelError } from '../../model/modelError';
import type { DataOptions } from '../../protocol/options';

/** What a data path holds. Paths are in sorted order, so that results do not depend on the file system. */
export interface DataFiles {
  readonly images: readonly DataFile[];
  /** .npy and .npz */
  readonly arrays: readonly DataFile[];
  /** ONNX `test_data_set_*` folders. */
  readonly testDataSets: readonly string[];
  /** Names of the sub-folders right under the path, sorted: their places are the class indices. */
  readonly classes: readonly string[];
}

export interface DataFile {
  readonly path: string;
  /** The first sub-folder that it lies in; null right under the path. */
  readonly folder: string | null;
}

const IMAGES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);
const ARRAYS = new Set(['.npy', '.npz']);

/** Deeper folders are a mistake or a trap; real data sets nest three or four deep (CWE-674). */
const MAX_DEPTH = 16;
/** ImageNet's training set has 1.3 million images; more are a wrong path, such as a whole disk (CWE-770). */
const MAX_FILES = 2_000_000;

/** By its name. */
export function isImage(file: string): boolean {
  return IMAGES.has(extname(file).toLowerCase());
}

/** Every file that data consists of: none of them is ever written to. */
export function filesOfData({ path, labels }: DataOptions): string[] {
  const named = labels === null ? [path] : [path, labels];
  if (!isData(path)) return named;
  const { images, arrays, testDataSets } = listDataFiles(path);
  const tensors = testDataSets.flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (name.endsWith('.pb') ? join(folder, name) : [])),
  );
  const files = [...[...images, ...arrays].map((file) => file.path), ...tensors, ...named];
  // New files may go into the folder.
  return files.filter((file) => file !== path || statSync(path).isFile());
}

/** Whether something can be read there: a pipe or a device would be waited for for ever. */
export function isData(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && (status.isFile() || status.isDirectory());
}

/** Finds the data files of a path. Links are followed, but no folder is entered twice. */
export function listDataFiles(path: string): DataFiles {
  const images: DataFile[] = [];
  const arrays: DataFile[] = [];
  const testDataSets: string[] = [];
  const classes: string[] = [];
  const visited = new Set<string>();
  let count = 0;

  const add = (file: string, folder: string | null): void => {
    if (++count > MAX_FILES) {
      throw new ModelError(`There are more than ${MAX_FILES} files in ${path}: give a smaller folder.`, {
        file: path,
      });
    }
    if (isImage(file)) images.push({ path: file, folder });
    else if (ARRAYS.has(extname(file).toLowerCase())) arrays.push({ path: file, folder });
  };

  const walk = (directory: string, folder: string | null, depth: number): void => {
    const real = realpathSync(directory);
    if (visited.has(real) || depth > MAX_DEPTH) return;
    visited.add(real);
    if (isTestDataSet(directory)) {
      testDataSets.push(directory);
      return;
    }
    for (const entry of entriesOf(directory)) {
      const child = join(directory, entry.name);
      const kind = kindOf(child, entry);
      if (kind === 'file') add(child, folder);
      if (kind !== 'folder') continue;
      if (depth === 0) classes.push(entry.name);
      walk(child, folder ?? entry.name, depth + 1);
    }
  };

  if (statSync(path).isDirectory()) walk(path, null, 0);
  else if (/^(in|out)put_\d+\.pb$/.test(basename(path))) testDataSets.push(dirname(path));
  else add(path, null);
  return { images, arrays, testDataSets: testDataSets.sort(byNumber), classes };
}

function isTestDataSet(directory: string): boolean {
  return statSync(join(directory, 'input_0.pb'), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Sorted by code unit; hidden files and the folders that archives leave behind (`__MACOSX`) left out. */
function entriesOf(directory: string): Dirent[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(path: string, entry: Dirent): 'file' | 'folder' | null {
  // A link that leads nowhere has no target: neither.
  const target = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
  if (target?.isFile()) return 'file';
  return target?.isDirectory() ? 'folder' : null;
}

/** test_data_set_2 before test_data_set_10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
