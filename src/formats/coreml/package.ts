import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { reason } from '../../files/systemError';
import { ModelError } from '../../model/modelError';
import { resolveExternal } from '../externalFile';

const PACKAGE_EXTENSION = '.mlpackage';
export const MANIFEST = 'Manifest.json';

/** A package's manifest has a few hundred bytes; a larger one is none (CWE-789). */
const MAX_MANIFEST_BYTES = 1_000_000;

/** Folders between a package and its specification: `Data/com.apple.CoreML`, and a few more. */
const MAX_ABOVE = 4;

/** Where the parts of a model lie. */
export interface PackagePath {
  /** What people call the model: the package, or the only file. */
  readonly path: string;
  /** The file with the structure. */
  readonly specification: string;
  /** The folder around it, where its weights lie: `@model_path`. */
  readonly folder: string;
  /** The package, null for a single file. */
  readonly package: string | null;
  /** Bytes of the package's own files, such as its manifest. */
  readonly otherBytes: number;
}

/** The package that a path is, or that its manifest is; null where it is neither. */
export function packageOf(path: string): string | null {
  if (basename(path) === MANIFEST) return dirname(resolve(path));
  return isFolder(path) && (extname(resolve(path)) === PACKAGE_EXTENSION || exists(join(path, MANIFEST)))
    ? resolve(path)
    : null;
}

/**
 * Finds the parts of a model by its package, its manifest, the specification inside a package, or its only file.
 *
 * @throws ModelError when the manifest is damaged, or names a file that is missing or outside the package.
 */
export function locate(path: string): PackagePath {
  const folder = packageOf(path) ?? packageAround(path);
  if (folder === null) {
    return { path, specification: path, folder: dirname(resolve(path)), package: null, otherBytes: 0 };
  }
  const specification = rootModel(folder);
  const otherBytes = statSync(join(folder, MANIFEST)).size;
  return { path: folder, specification, folder: dirname(specification), package: folder, otherBytes };
}

/** The package whose specification a file is. */
function packageAround(path: string): string | null {
  let folder = dirname(resolve(path));
  for (let up = 0; up < MAX_ABOVE; up++) {
    if (exists(join(folder, MANIFEST))) {
      try {
        return rootModel(folder) === resolve(path) ? folder : null;
      } catch (error) {
        // A manifest that belongs to something else; the file is read by itself.
        if (error instanceof ModelError) return null;
        throw error;
      }
    }
    folder = dirname(folder);
  }
  return null;
}

/** The specification that a manifest names. */
function rootModel(folder: string): string {
  const path = join(folder, MANIFEST);
  const bad = (what: string, cause?: unknown) => new ModelError(`${path} ${what}.`, { file: path }, cause);
  const manifest = readManifest(path, bad);
  const entries = field(manifest, 'itemInfoEntries');
  const root = field(manifest, 'rootModelIdentifier');
  if (typeof root !== 'string') throw bad('does not say which of its items is the model');
  const location = field(own(entries, root), 'path');
  if (typeof location !== 'string') throw bad(`does not say where its model '${root}' lies`);
  // Items lie in the folder Data (https://apple.github.io/coremltools/docs-guides/source/mlpackage.html).
  const file = resolveExternal(join(folder, 'Data'), location);
  if (typeof file === 'string') throw bad(`names a model that is not read: ${file}`);
  if (file.bytes === null) throw bad(`names ${file.path}, which is missing`);
  return file.path;
}

function readManifest(path: string, bad: (what: string, cause?: unknown) => ModelError): unknown {
  openAndCheck(path, bad);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw bad('is not JSON, so it is not a package’s manifest', error);
    throw bad(`cannot be read: ${reason(error)}`, error);
  }
}

function openAndCheck(path: string, bad: (what: string) => ModelError): void {
  if (!exists(path)) throw bad('is missing, so the folder is not a Core ML package');
  if (!statSync(path).isFile()) throw bad('is not a regular file');
  if (statSync(path).size > MAX_MANIFEST_BYTES) throw bad('is far too large for a package’s manifest');
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? field(value, key) : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

function exists(path: string): boolean {
  return statusOf(path) !== undefined;
}

/** undefined where nothing is there, or what is there leads nowhere: links in a circle, a name that is too long. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Every file of a package, as paths within it; links and devices are not copied, since they may lead out of it. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(folder, name)).isFile())
    .sort();
}
