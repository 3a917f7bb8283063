import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { removeOldCopies } from '../../git/headCopy';
import { MAX_POINTER_BYTES, pointerIn } from '../../git/lfs';
import { ModelError } from '../../model/modelError';
import { type App, storageFolder } from '../app';
import { packageFolder } from '../files/packages';
import { besideInGit, gitAddress, versionOf } from './gitAddress';
import { companions } from './headCopy';

/** Such a file passes through the editor's processes in one piece; a larger one is compared by a file on a disk. */
const MAX_BYTES = 512 * 2 ** 20;

/** A file that is on no disk, such as one of a commit, as one that can be opened. */
export interface FileCopy {
  readonly file: vscode.Uri;
  /** A sentence for each file of weights that is not to be had. */
  readonly missing: readonly string[];
}

/** The name of a version of a file: `net.onnx (1a2b3c4)`. */
export function versionName(uri: vscode.Uri): string {
  return `${path.posix.basename(uri.path)} (${versionOf(uri)})`;
}

/**
 * Copies a model that another extension serves read-only, with the files of weights beside it.
 *
 * @throws ModelError with a sentence: too large, a package, a Git LFS pointer, or it cannot be read.
 */
export async function copyOf(app: App, uri: vscode.Uri): Promise<FileCopy> {
  const name = path.posix.basename(uri.path);
  if (packageFolder(uri.path) !== null) {
    throw new ModelError(
      `${versionName(uri)} is a Core ML package, which is a folder: check that version out and open it from the disk.`,
    );
  }
  const content = await read(uri);
  const hash = createHash('sha256').update(uri.toString()).update(content).digest('hex').slice(0, 32);
  const storage = (await storageFolder(app.context, 'copies')).fsPath;
  const target = path.join(storage, hash);
  if (!existsSync(target)) await writeInto(storage, target, name, content);
  const file = path.join(target, name);
  if (content.length <= MAX_POINTER_BYTES && (await pointerIn(file)) !== null) {
    throw new ModelError(
      `${versionName(uri)} is a Git LFS pointer, whose content is not on this computer: fetch it with git lfs and open it again.`,
    );
  }
  const missing: string[] = [];
  for (const companion of await companions(app, file)) {
    const within = path.relative(target, companion);
    if (within.startsWith('..') || path.isAbsolute(within) || existsSync(companion)) continue;
    try {
      await mkdir(path.dirname(companion), { recursive: true });
      await writeFile(companion, await read(beside(uri, within)));
    } catch (error) {
      app.log.debug(`${within} cannot be read: ${error}`);
      missing.push(
        `${versionOf(uri)} does not give ${within}, which has weights of ${name}, so they are not known.`,
      );
    }
  }
  await removeOldCopies(storage, target);
  return { file: vscode.Uri.file(file), missing };
}

async function writeInto(storage: string, target: string, name: string, content: Uint8Array): Promise<void> {
  const building = await mkdtemp(path.join(storage, 'building-'));
  try {
    await writeFile(path.join(building, name), content, { flag: 'wx' });
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Somebody else made the same copy meanwhile.
    if (!existsSync(target)) throw error;
  }
}

async function read(uri: vscode.Uri): Promise<Uint8Array> {
  const label = versionName(uri);
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_BYTES) {
      throw new ModelError(
        `${label} has more than ${MAX_BYTES / 2 ** 20} MB, which are not copied: check that version out and open it from the disk.`,
      );
    }
    const content = await vscode.workspace.fs.readFile(uri);
    if (content.length > 0) return content;
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(`${label} cannot be read: ${reason}`);
  }
  throw new ModelError(`${label} cannot be read: there is nothing in it, or no such file.`);
}

function beside(uri: vscode.Uri, within: string): vscode.Uri {
  const file = path.posix.join(path.posix.dirname(uri.path), ...within.split(path.sep));
  const address = gitAddress(uri);
  if (address === null) return uri.with({ path: file });
  return besideInGit(uri, address, path.join(path.dirname(address.path), within));
}
