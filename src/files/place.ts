import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelError } from '../model/modelError';
import { isGone, TEMPORARY, temporaryName } from './owner';
import { cannotWrite } from './systemError';
import { checkTargets, type Writing } from './targets';

/** What a file is made of: it is written to the path that is given. */
interface Making {
  readonly target: string;
  readonly make: (temporary: string) => void;
}

/**
 * Gives a finished, checked file its name: copied beside the target, flushed, renamed, so that nobody ever sees
 * half a file under that name. `companions` are files beside `built` that it refers to by name; they come first, so
 * that a model with its name is always complete. All targets are checked again.
 */
export function place(
  built: string,
  companions: readonly string[],
  output: string,
  { inputs, force }: Omit<Writing, 'targets'>,
): void {
  const beside = companions.map((file) => [file, join(dirname(output), basename(file))] as const);
  const makings = [...beside, [built, output] as const].map(([source, target]) => ({
    target,
    make: (temporary: string) => copyFileSync(source, temporary, constants.COPYFILE_FICLONE),
  }));
  placeAll(makings, { inputs, force });
}

/** Writes a text in pieces to a file, which has its name when all of it is there; an existing one is replaced. */
export function placeText(
  pieces: Iterable<string | Uint8Array>,
  output: string,
  inputs: readonly string[],
): void {
  const make = (temporary: string) => {
    const file = openSync(temporary, 'wx');
    try {
      for (const piece of pieces) writeWhole(file, piece);
    } finally {
      closeSync(file);
    }
  };
  placeAll([{ target: output, make }], { inputs, force: true });
}

/** Writes all of a text; the system may take less at a time, the last bytes of a disk for one. */
export function writeWhole(file: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function placeAll(makings: readonly Making[], choice: Omit<Writing, 'targets'>): void {
  const targets = makings.map(({ target }) => target);
  const folders = new Set(targets.map((target) => dirname(resolve(target))));
  checkTargets({ targets, ...choice });
  for (const folder of folders) removeAbandoned(folder);
  const made = makings.map((making) => ({
    ...making,
    temporary: join(dirname(making.target), temporaryName()),
  }));
  const placed: string[] = [];
  try {
    for (const { target, make, temporary } of made) {
      attempt(target, () => {
        make(temporary);
        flush(temporary);
      });
    }
    // Making took its time: somebody may have put a link or a file there meanwhile.
    checkTargets({ targets, ...choice });
    for (const { target, temporary } of made) {
      attempt(target, () =>
        choice.force ? renameSync(temporary, target) : renameWithoutReplacing(temporary, target),
      );
      placed.push(target);
    }
    for (const folder of folders) flush(folder);
  } catch (error) {
    // Weights without their model; what was replaced cannot be had back.
    if (!choice.force) for (const target of placed) rmSync(target, { force: true });
    throw error;
  } finally {
    for (const { temporary } of made) rmSync(temporary, { force: true });
  }
}

function attempt(target: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw cannotWrite(target, error);
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

/** What a process that was killed while copying left behind. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const mark = TEMPORARY.exec(name)?.[1];
    // One of another user stays: it is theirs to remove.
    if (mark !== undefined && isGone(mark)) tryToRemove(join(folder, name));
  }
}

function tryToRemove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It costs space only.
  }
}
