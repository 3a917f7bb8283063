import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../model/modelError';
import { isGone, SCRATCH, scratchPrefix, TEMPORARY } from './owner';
import { cannotWrite } from './systemError';

/** A result that lies beside its target until it has that name. Paths are absolute. */
export interface Move {
  readonly temporary: string;
  readonly target: string;
  /** Where the one before goes, until all results have their names. */
  readonly aside: string;
}

/** Results that get their names together; the last one is the model, which refers to the others. */
export interface Placing {
  readonly moves: readonly Move[];
  /** Existing files are replaced. */
  readonly force: boolean;
}

/** In a folder of ours for temporary files: what its process is placing. */
const RECORD = 'placing.json';

/**
 * Writes down what is going to be placed, before anything lies beside its target, so that the next process can end
 * what a killed one began.
 *
 * @returns what takes the record away, once everything has its name
 */
export function recordPlacing(placing: Placing): () => void {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(scratchPrefix());
    writeFileSync(join(folder, RECORD), JSON.stringify(placing));
  } catch {
    // Without a place for it, what a process leaves that is killed just now stays until something is placed there.
  }
  return () => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * Gives results their names, the model the last. Whenever the process dies, the model's name belongs to the old one
 * with the files of its own, to the new one with its own, or, until the next start, to nothing. When one cannot have
 * its name, because another process just gave it to something else for one, everything is as it was.
 */
export function moveAll({ moves, force }: Placing): void {
  let current = '';
  try {
    for (const { target, aside } of moves.toReversed()) {
      current = target;
      if (force && isThere(target) && !isReplaceable(target, moves)) renameSync(target, aside);
    }
    for (const { temporary, target } of moves) {
      current = target;
      if (force && isReplaceable(target, moves)) renameSync(temporary, target);
      else renameWithoutReplacing(temporary, target);
    }
  } catch (error) {
    for (const { temporary, target } of moves) if (isSame(temporary, target)) remove(target);
    putBack(moves);
    throw cannotWrite(current, error);
  }
  for (const { aside } of moves) remove(aside);
}

/** A single file takes another's place in one step; a folder cannot, nor can a model with the files of its own. */
function isReplaceable(target: string, moves: readonly Move[]): boolean {
  return moves.length === 1 && !lstatSync(target, { throwIfNoEntry: false })?.isDirectory();
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

/** Ends or undoes what processes were placing that are gone, wherever that was. */
export function settleAll(): void {
  const temporary = tmpdir();
  for (const name of namesIn(temporary)) {
    const mark = SCRATCH.exec(name)?.[1];
    if (mark === undefined) continue;
    const folder = join(temporary, name);
    // The file first: on some systems it takes a program to learn whether a process runs.
    if (existsSync(join(folder, RECORD)) && isGone(mark) && settle(folder)) tryToRemove(folder);
  }
}

/**
 * Ends or undoes what a process that is gone was placing: nothing of it stays beside the targets.
 *
 * @param folder one of its folders for temporary files, of which most hold no record
 * @returns false where it cannot be done now, so that the record must stay
 */
export function settle(folder: string): boolean {
  const placing = recorded(folder);
  const model = placing?.moves.at(-1);
  if (placing === null || model === undefined) return true;
  try {
    if (isBegun(placing.moves) && isThere(model.temporary) && !isThere(model.target)) finish(placing);
    putBack(placing.moves);
    for (const { temporary, aside } of placing.moves) {
      remove(temporary);
      remove(aside);
    }
    return true;
  } catch {
    // A folder that was closed to us meanwhile, or a disk that is not there.
    return false;
  }
}

/** Results are made in their order: where the model's lies there, another one that is missing has its name. */
function isBegun(moves: readonly Move[]): boolean {
  return moves.some(
    ({ temporary, target, aside }) => !isThere(temporary) || isThere(aside) || isSame(temporary, target),
  );
}

/** Only the model's name is free for certain: another one may belong to what somebody put there since. */
function finish({ moves, force }: Placing): void {
  const left = moves.filter(({ temporary }) => isThere(temporary));
  const taken = left.some(
    ({ temporary, target, aside }) =>
      isThere(target) && !isSame(temporary, target) && (!force || isThere(aside)),
  );
  for (const { temporary, target, aside } of left) {
    if (taken) {
      if (isSame(temporary, target)) remove(target);
      continue;
    }
    if (isThere(target) && !isSame(temporary, target)) renameSync(target, aside);
    renameSync(temporary, target);
  }
}

/** What has the name of one that was put aside has come since: it is left alone. */
function putBack(moves: readonly Move[]): void {
  for (const { target, aside } of moves) {
    if (!isThere(aside) || isThere(target)) continue;
    renameWithoutReplacing(aside, target);
    remove(aside);
  }
}

/** null: there is none, or half of one, whose process had begun nothing. */
function recorded(folder: string): Placing | null {
  try {
    // Others may write to the folder in which it lies.
    if (process.getuid !== undefined && lstatSync(folder).uid !== process.getuid()) return null;
    return JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as Placing;
  } catch {
    return null;
  }
}

/** Removes from a folder in which something is to be written what processes that are gone left there. */
export function removeAbandoned(folder: string): void {
  settleAll();
  for (const name of namesIn(folder)) {
    const mark = TEMPORARY.exec(name)?.[1];
    // One of another user stays: it is theirs to remove.
    if (mark !== undefined && isGone(mark)) tryToRemove(join(folder, name));
  }
}

function tryToRemove(path: string): void {
  try {
    remove(path);
  } catch {
    // It costs space only.
  }
}

function remove(path: string): void {
  rmSync(path, { force: true, recursive: true });
}

/** Links that lead nowhere are there, too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Two names of one file: what gets a name without replacing has both for a moment. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  return (
    one !== undefined &&
    other !== undefined &&
    one.ino !== 0n &&
    one.ino === other.ino &&
    one.dev === other.dev
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
