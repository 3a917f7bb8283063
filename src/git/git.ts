import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ModelError } from '../model/modelError';

/** Paths and hashes of the files of one model; a package has tens of them. */
const MAX_OUTPUT = 4 * 2 ** 20;

/** A file of a commit. */
export interface TreeEntry {
  readonly object: string;
  readonly bytes: number;
  /** From the repository's root, with slashes. */
  readonly path: string;
}

/** What is asked of git about one repository. Nothing here changes it, runs a filter, or talks to a server. */
export class Repository {
  private constructor(
    private readonly git: string,
    readonly root: string,
  ) {}

  /**
   * @param git the program, or its name where it is on the path
   * @throws ModelError where the folder is in no repository, or there is no git.
   */
  static async of(folder: string, git: string): Promise<Repository> {
    const { code, stdout } = await run(git, folder, ['rev-parse', '--show-toplevel']);
    const root = stdout.replace(/\r?\n$/, '');
    if (code !== 0 || root === '') {
      throw new ModelError(`${folder} is not in a git repository, so there is no HEAD to compare with.`);
    }
    return new Repository(git, root);
  }

  /** The hash that HEAD stands for. @throws ModelError before the first commit. */
  async head(): Promise<string> {
    const { code, stdout } = await this.run(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
    if (code === 0) return stdout.trim();
    throw new ModelError(
      `The repository ${this.root} has no commit yet, so there is no HEAD to compare with.`,
    );
  }

  /** Files of a commit at a path or in the folder of that name; none where the commit has no such path. */
  async files(commit: string, path: string): Promise<TreeEntry[]> {
    const { stdout } = await this.run(['ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', path]);
    return stdout.split('\0').flatMap((line): TreeEntry[] => {
      const [, object, bytes, name] = /^\d+ blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line) ?? [];
      return object && bytes && name ? [{ object, bytes: Number(bytes), path: name }] : [];
    });
  }

  /** Whether files are as they are in a commit, staged or not. */
  async isUnchanged(commit: string, paths: readonly string[]): Promise<boolean> {
    const { code } = await this.run([
      'diff',
      '--quiet',
      '--no-ext-diff',
      '--no-textconv',
      commit,
      '--',
      ...paths,
    ]);
    return code === 0;
  }

  /** Writes a stored file as it is stored, without filters. */
  async write({ object, path }: TreeEntry, target: string): Promise<void> {
    const child = spawn(this.git, ['cat-file', 'blob', object], {
      cwd: this.root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = new Promise<number | null>((resolve, reject) => {
      child.on('close', resolve);
      child.on('error', reject);
    });
    await pipeline(child.stdout, createWriteStream(target, { flags: 'wx' }));
    if ((await closed) !== 0) throw new ModelError(`git could not read ${path} from HEAD.`);
  }

  /** Where git keeps what all work trees of the repository share. */
  async commonFolder(): Promise<string> {
    const { stdout } = await this.run(['rev-parse', '--path-format=absolute', '--git-common-dir']);
    return stdout.replace(/\r?\n$/, '');
  }

  private run(args: readonly string[]) {
    return run(this.git, this.root, args);
  }
}

/** Pathspecs are names, not patterns; nothing is locked for the sake of a look. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, GIT_LITERAL_PATHSPECS: '1', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
}

function run(git: string, cwd: string, args: readonly string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      git,
      args,
      { cwd, env: environment(), maxBuffer: MAX_OUTPUT, windowsHide: true },
      (error, stdout) => {
        if (error === null) resolve({ code: 0, stdout });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout });
        else if (error.code === 'ENOENT')
          reject(new ModelError('git was not found: install it, or set git.path.'));
        else reject(error);
      },
    );
  });
}
