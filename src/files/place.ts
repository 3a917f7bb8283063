import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
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

/** The same for a package, a folder with all that belongs to a model; it is copied without links and devices. */
export function placePackage(built: string, output: string, choice: Omit<Writing, 'targets'>): void {
  const make = (temporary: string) => {
    const mode = constants.COPYFILE_FICLONE;
    cpSync(built, temporary, { recursive: true, errorOnExist: true, force: false, mode });
  };
  placeAll([{ target: output, make }], choice);
}

/** Writes a text in pieces to a file, which has its name when all of it is there; an existing one is replaced. */
export function placeText(pieces: Iterable<string>, output: string, inputs: readonly string[]): void {
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
export function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
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
        choice.force ? replaceBy(temporary, target) : renameWithoutReplacing(temporary, target),
      );
      placed.push(target);
    }
    for (const folder of folders) flushOne(folder);
  } catch (error) {
    // Weights without their model; what was replaced cannot be had back.
    if (!choice.force) for (const target of placed) rmSync(target, { force: true, recursive: true });
    throw error;
  } finally {
    for (const { temporary } of made) rmSync(temporary, { force: true, recursive: true });
  }
}

/**
 * Gives a finished file or folder the name of an existing one. A folder cannot take another's place in one step: the
 * old one is moved aside, and back where the new one cannot have its name.
 */
function replaceBy(temporary: string, target: string): void {
  if (!lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    renameSync(temporary, target);
    return;
  }
  const aside = join(dirname(target), temporaryName());
  renameSync(target, aside);
  try {
    renameSync(temporary, target);
  } catch (error) {
    renameSync(aside, target);
    throw error;
  }
  rmSync(aside, { force: true, recursive: true });
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

/** With all that lies in it. */
function flush(path: string): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) flush(join(path, name));
  flushOne(path);
}

function flushOne(path: string): void {
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
    rmSync(file, { force: true, recursive: true });
  } catch {
    // It costs space only.
  }
}
