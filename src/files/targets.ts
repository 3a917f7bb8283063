import { type BigIntStats, lstatSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ModelError, UsageError } from '../model/modelError';
import { temporaryName } from './owner';
import { recordPlacing, removeAbandoned } from './placings';
import { reason } from './systemError';

/** A block, since an empty file can still be made on a full disk. */
const PROBE_BYTES = 4096;

/** What is going to be written, and what must stay as it is. */
export interface Writing {
  /** The file that was asked for, then those that are written beside it. */
  readonly targets: readonly string[];
  /** Files that the work reads, and folders that belong to it with all that lies in them. */
  readonly inputs: readonly string[];
  /** Existing files are replaced. */
  readonly force: boolean;
  /**
   * Given where the target is a folder, a package of a format: whether a folder that is there is one too, since
   * nothing else is replaced by it.
   */
  readonly isPackage?: (folder: string) => boolean;
}

/**
 * Says before the work, and once more when its result is placed, why files cannot be written: nothing that the input
 * consists of is ever a target, by whatever name or link, nor anything that is not a regular file.
 *
 * @throws ModelError with a sentence; UsageError where the name itself is none.
 */
export function checkTargets({ targets, inputs, force, isPackage }: Writing): void {
  for (const target of targets) {
    if (target === '') throw new UsageError('The name of the file to write is empty.');
    const refuse = (what: string) => new ModelError(`${target} ${what}.`, { file: target });
    if (isPackage === undefined && /[/\\]$/.test(target))
      throw refuse('is the name of a folder: give the name of a file in it');
    const folder = dirname(resolve(target));
    const status = statusOf(folder);
    if (status === null) throw new ModelError(`The folder ${folder} does not exist.`, { file: target });
    if (!status.isDirectory()) throw new ModelError(`${folder} is not a folder.`, { file: target });
    // Before it is asked what is there: a killed process may have had half of its results placed.
    removeAbandoned(folder);
    const there = statusOf(target);
    const replaceable =
      isPackage === undefined
        ? there?.isFile()
        : there?.isDirectory() &&
          (isPackage(target) || inputs.some((input) => isInput(target, there, input)));
    if (there !== null && !replaceable)
      throw refuse(
        `is ${kindOf(there)}, and only ${isPackage === undefined ? 'files' : 'packages'} are replaced`,
      );
    for (const input of inputs) {
      const other = statusOf(input);
      if (other === null) continue;
      if (there?.isDirectory() && lies(input, target) && !isSame([target, there], [input, other]))
        throw refuse(`is around ${input}, which is the input: choose another place`);
      if (there !== null && isSame([target, there], [input, other])) {
        const name = resolve(target) === resolve(input) ? '' : ` (${input})`;
        throw refuse(`is the model itself or a part of the input${name}: choose another name`);
      }
      if (other.isDirectory() && lies(target, input))
        throw refuse(`lies inside ${input}, which is the input: choose another place`);
    }
    if (!force && lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
      throw refuse('exists already: choose another name with -o, or replace it with --force');
    }
    probe(folder, target);
  }
}

/** null: nothing is there. Throws ModelError where the system does not let it be looked at. */
function statusOf(path: string): BigIntStats | null {
  try {
    // Numbers of files have 64 bits.
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw new ModelError(`${path} cannot be written: ${reason(error)}.`, { file: path }, error);
  }
}

function isInput(target: string, there: BigIntStats, input: string): boolean {
  const other = statusOf(input);
  return other !== null && isSame([target, there], [input, other]);
}

function kindOf(status: BigIntStats): string {
  if (status.isFile()) return 'a file';
  if (status.isDirectory()) return 'a folder';
  if (status.isFIFO()) return 'a pipe';
  return status.isSocket() ? 'a socket' : 'a device';
}

/** By device and number, which hard links and other spellings share; by name where a file system numbers nothing. */
function isSame([a, one]: [string, BigIntStats], [b, other]: [string, BigIntStats]): boolean {
  if (one.ino !== 0n && one.ino === other.ino && one.dev === other.dev) return true;
  return realpathSync.native(a) === realpathSync.native(b);
}

/** Whether a file is or would be in a folder, links resolved. */
function lies(target: string, folder: string): boolean {
  const way = relative(
    realpathSync.native(folder),
    join(realpathSync.native(dirname(resolve(target))), basename(target)),
  );
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Only writing tells whether a folder can be written to: permissions, read-only and full disks. */
function probe(folder: string, target: string): void {
  const beside = () => join(folder, temporaryName());
  const file = beside();
  const move = { temporary: file, target: resolve(target), aside: beside() };
  const end = recordPlacing({ moves: [move], force: false });
  try {
    writeFileSync(file, new Uint8Array(PROBE_BYTES), { flag: 'wx' });
  } catch (error) {
    throw new ModelError(`${target} cannot be written: ${reason(error)}.`, { file: target }, error);
  } finally {
    rmSync(file, { force: true });
    end();
  }
}
