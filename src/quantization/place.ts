import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ModelError } from '../model/modelError';

/** Why a result may not be given this name, before any work is done: throws ModelError. */
export function checkTarget(output: string, inputs: readonly string[], force: boolean): void {
  const folder = dirname(resolve(output));
  if (!existsSync(folder)) throw new ModelError(`The folder ${folder} does not exist.`, { file: output });
  if (!existsSync(output)) return;
  const target = realpathSync(output);
  if (inputs.some((input) => existsSync(input) && realpathSync(input) === target))
    throw new ModelError(`${output} is the model itself; choose another name for the result.`, {
      file: output,
    });
  if (!force)
    throw new ModelError(`${output} exists already; choose another name, or allow it to be replaced.`, {
      file: output,
    });
}

/**
 * Gives a finished, checked file its name: copied beside the target, flushed, renamed, so that nobody ever sees
 * half a file under that name. `companions` are files beside `built` that it refers to by relative path; they
 * come first, so that a model with its name is always complete. An existing file is replaced only with `force`.
 */
export function place(built: string, companions: readonly string[], output: string, force: boolean): void {
  const targets = companions.map(
    (file) => [file, join(dirname(output), relative(dirname(built), file))] as const,
  );
  for (const [file, target] of targets) {
    if (existsSync(target) && !force)
      throw new ModelError(`${target}, where weights of the result would go, exists already.`, {
        file: output,
      });
    mkdirSync(dirname(target), { recursive: true });
    placeOne(file, target, force);
  }
  placeOne(built, output, force);
}

function placeOne(source: string, target: string, force: boolean): void {
  removeAbandoned(target);
  const temporary = join(dirname(target), `${temporaryPrefix(target)}${process.pid}`);
  try {
    copyFileSync(source, temporary, constants.COPYFILE_FICLONE);
    flush(temporary);
    if (force) renameSync(temporary, target);
    else renameWithoutReplacing(temporary, target);
    flush(dirname(target));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A rename replaces what is there; a hard link fails if something is, also if it came a moment ago. */
function renameWithoutReplacing(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || existsSync(target))
      throw new ModelError(`${target} exists already.`, { file: target }, error);
    // File systems without hard links (FAT, some network shares).
    renameSync(source, target);
  }
}

function flush(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return; // Windows does not open folders; their entries need no flush there.
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Windows flushes only what is open for writing; some network file systems cannot flush folders.
    if (!['EPERM', 'EINVAL', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}

function temporaryPrefix(target: string): string {
  return `.${basename(target)}.caliper-`;
}

/** What a process that was killed while copying left behind. */
function removeAbandoned(target: string): void {
  const prefix = temporaryPrefix(target);
  for (const name of readdirSync(dirname(target))) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN;
    if (Number.isInteger(pid) && !isRunning(pid)) rmSync(join(dirname(target), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
