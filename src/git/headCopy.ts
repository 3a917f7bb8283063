import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { ModelError } from '../model/modelError';
import { HEAD, Repository, type TreeEntry } from './git';
import { copyFetched, pointerIn } from './lfs';
import { areSame } from './sameFiles';

/** Copies that a folder keeps, for pages that still show them. */
const KEPT_COPIES = 8;
/**
 * What one copy may take of the disk; larger models are compared with files that somebody chose to check out
 * (CWE-770).
 */
const MAX_COPY_BYTES = 4 * 2 ** 30;

/** A model as it is in a commit, written where it can be opened. */
export interface HeadCopy {
  /** The file, or the folder of a package, under its own name. */
  readonly path: string;
  readonly commit: string;
  /** The model and the files that hold its weights are as they are in the commit. */
  readonly unchanged: boolean;
  /** A sentence for each file with weights that the commit does not give. */
  readonly missing: readonly string[];
}

export interface HeadCopySettings {
  /** The program, or its name where it is on the path. */
  readonly git: string;
  /** A folder of our own, in which each copy has one of its own; old ones are removed. */
  readonly folder: string;
  /** Absolute paths of the files beside a model that hold its weights, missing ones too. */
  readonly companions: (model: string) => Promise<readonly string[]>;
  /** What people call the commit; absent: HEAD. */
  readonly revision?: string;
  /** Copies that the folder keeps; absent: a few, for pages that still show them. */
  readonly kept?: number;
}

/** The commit has no such model. */
export class NotInRevision extends ModelError {}

/**
 * Writes a model as HEAD or another commit has it, with the files of weights beside it. Nothing is checked out, filtered
 * or downloaded.
 *
 * @throws ModelError with a sentence: no repository, no commit, not in it, a Git LFS pointer without its content.
 */
export async function copyHead(model: string, settings: HeadCopySettings): Promise<HeadCopy> {
  const place = await realpath(model);
  const name = basename(place);
  const repository = await Repository.of(dirname(place), settings.git);
  const root = await realpath(repository.root);
  const inRepository = (path: string) => relative(root, path).split(sep).join('/');
  const { revision = HEAD } = settings;
  const commit = await repository.commit(revision);
  const own = await repository.files(commit, inRepository(place), revision);
  if (own.length === 0) {
    throw new NotInRevision(
      `${name} is not in ${revision}: it was not committed yet, or under another name.`,
      { file: model },
    );
  }
  checkSize(own, name, revision);
  const writer = new HeadWriter(repository, { commit, revision }, dirname(place), root);

  const target = join(settings.folder, copyName(commit, place));
  if (!existsSync(target)) {
    await mkdir(settings.folder, { recursive: true });
    const building = await mkdtemp(join(settings.folder, 'building-'));
    try {
      for (const entry of own) {
        const problem = await writer.write(entry, building);
        if (problem !== null) throw new ModelError(problem, { file: model });
      }
      await rename(building, target);
    } catch (error) {
      await rm(building, { recursive: true, force: true });
      // Somebody else made the same copy meanwhile.
      if (!existsSync(target)) throw error;
    }
  }
  const path = join(target, name);
  const missing: string[] = [];
  const beside: string[] = [];
  for (const companion of await settings.companions(path)) {
    const within = relative(target, companion);
    if (!existsSync(companion)) {
      const [entry] = await repository.files(commit, inRepository(join(dirname(place), within)), revision);
      const problem =
        entry === undefined
          ? `${revision} does not hold ${within}, which has weights of ${name}, so they are not compared.`
          : await writer.write(entry, target);
      if (problem !== null) {
        missing.push(problem);
        continue;
      }
    }
    beside.push(within);
  }
  await removeOldCopies(settings.folder, target, settings.kept);
  const compared = [...own.map((entry) => writer.within(entry)), ...beside];
  return { path, commit, unchanged: await areSame(target, dirname(place), compared), missing };
}

/** Writes files of a commit into a folder, where they lie as beside the model. */
class HeadWriter {
  private commonFolder: Promise<string> | undefined;

  constructor(
    private readonly repository: Repository,
    private readonly from: { readonly commit: string; readonly revision: string },
    private readonly modelFolder: string,
    private readonly root: string,
  ) {}

  /** Where a file lies beside the model. */
  within(entry: TreeEntry): string {
    const within = relative(this.modelFolder, join(this.root, ...entry.path.split('/')));
    if (within.startsWith('..')) throw new Error(`${entry.path} is not beside the model.`);
    return within;
  }

  /** @returns why the commit does not give the file's content, in a sentence; null where it was written. */
  async write(entry: TreeEntry, folder: string): Promise<string | null> {
    const within = this.within(entry);
    const { commit, revision } = this.from;
    checkSize([entry], within, revision);
    const target = join(folder, within);
    await mkdir(dirname(target), { recursive: true });
    await this.repository.write(entry, target);
    const pointer = await pointerIn(target);
    if (pointer === null) return null;
    await rm(target);
    this.commonFolder ??= this.repository.commonFolder();
    if (await copyFetched(pointer, await this.commonFolder, target)) return null;
    return `${revision} holds a Git LFS pointer for ${within}, whose content is not on this computer: run "git lfs fetch origin ${commit.slice(0, 12)}" and compare again.`;
  }
}

function checkSize(entries: readonly TreeEntry[], name: string, revision: string): void {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > MAX_COPY_BYTES) {
    throw new ModelError(
      `${name} has more than 4 GB in ${revision}, which are not copied: check the old file out and compare the two.`,
    );
  }
}

function copyName(commit: string, model: string): string {
  return createHash('sha256').update(`${commit} ${model}`).digest('hex').slice(0, 32);
}

/** Removes all copies of a folder but the last ones that were used; `used` is being used now. */
export async function removeOldCopies(folder: string, used: string, kept = KEPT_COPIES): Promise<void> {
  await utimes(used, new Date(), new Date());
  const names = await readdir(folder);
  const copies = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const status = await stat(path).catch(() => null);
      return { path, time: status?.mtimeMs ?? 0 };
    }),
  );
  copies.sort((a, b) => b.time - a.time);
  for (const { path } of copies.slice(kept)) {
    // One that a reader holds open on Windows is removed another time.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
