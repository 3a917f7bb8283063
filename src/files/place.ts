import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { temporaryName } from './owner';
import { type Move, moveAll, recordPlacing } from './placings';
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
  const made = makings.map(({ make, target }) => ({ make, move: moveTo(resolve(target)) }));
  const placing = { moves: made.map(({ move }) => move), force: choice.force };
  const end = recordPlacing(placing);
  try {
    for (const { make, move } of made) {
      try {
        make(move.temporary);
        flush(move.temporary);
      } catch (error) {
        throw cannotWrite(move.target, error);
      }
    }
    // Making took its time: somebody may have put a link or a file there meanwhile.
    checkTargets({ targets, ...choice });
    moveAll(placing);
    for (const folder of folders) flushOne(folder);
  } finally {
    for (const { temporary } of placing.moves) rmSync(temporary, { force: true, recursive: true });
    end();
  }
}

function moveTo(target: string): Move {
  const beside = () => join(dirname(target), temporaryName());
  return { target, temporary: beside(), aside: beside() };
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
