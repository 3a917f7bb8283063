import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError } from '../model/modelError';
import { findProgram } from './findProgram';

/** Paths and hashes of the files of one model; a package has tens of them (CWE-770). */
const MAX_OUTPUT = 4 * 2 ** 20;

/** The commit that the work tree is based on. */
export const HEAD = 'HEAD';

/** A file of a commit. */
export interface TreeEntry {
  readonly object: string;
  readonly bytes: number;
  /** From the repository's root, with slashes. */
  readonly path: string;
}

/**
 * A repository's configuration names programs that git runs: for the status of files, for their content, when something
 * is fetched, shown or changed. Whoever made the repository wrote it, so none of them may run. What is asked here
 * needs none; where some git asks for one all the same, these settings come before the repository's.
 */
const SAFE: readonly string[] = [
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...[
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'core.attributesFile=/dev/null',
    'core.sshCommand=false',
    'core.gitProxy=',
    'core.askPass=',
    'core.pager=cat',
    'credential.helper=',
    'diff.external=',
    'protocol.allow=never',
    'submodule.recurse=false',
    // A folder of a repository can look like a repository of its own, with a configuration that was committed.
    'safe.bareRepository=explicit',
  ].flatMap((setting) => ['-c', setting]),
];

/** Variables of the user's own configuration; any other one of git's is about some other repository or program. */
const KEPT_VARIABLES = /^GIT_(CONFIG_|EXEC_PATH$|CEILING_DIRECTORIES$|DISCOVERY_ACROSS_FILESYSTEM$)/;

/**
 * What is asked of git about one repository: what its objects hold. Nothing here looks at the index or the work tree,
 * changes anything, runs a filter, or talks to a server.
 */
export class Repository {
  private constructor(
    private readonly git: string,
    readonly root: string,
  ) {}

  /**
   * @param given the program, or its name where it is on the path
   * @throws ModelError where the folder is in no repository, or there is no git.
   */
  static async of(folder: string, given: string): Promise<Repository> {
    const git = isAbsolute(given) ? given : await findProgram(given, folder);
    if (git === null) throw notFound();
    const { code, stdout, stderr } = await run(git, folder, ['rev-parse', '--show-toplevel']);
    const root = stdout.replace(/\r?\n$/, '');
    if (stderr.includes('dubious ownership')) {
      throw new ModelError(
        `git does not read the repository of ${folder}, because it belongs to somebody else: add its folder to git's setting safe.directory if you trust it.`,
      );
    }
    if (code !== 0 || root === '') {
      throw new ModelError(`${folder} is not in a git repository, so there is no HEAD to compare with.`);
    }
    return new Repository(git, root);
  }

  /** The hash of the commit that a revision stands for. @throws ModelError where there is none. */
  async commit(revision: string): Promise<string> {
    const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const { code, stdout } = await this.run(asked);
    if (code === 0) return stdout.trim();
    throw new ModelError(
      revision === HEAD
        ? `The repository ${this.root} has no commit yet, so there is no HEAD to compare with.`
        : `The repository ${this.root} has no commit ${revision}: in a clone of the last commits alone, fetch it first.`,
    );
  }

  /**
   * Files of a commit at a path or in the folder of that name; none where the commit has no such path.
   *
   * @param revision what people call the commit
   * @throws ModelError where the commit has one, and its content is not here.
   */
  async files(commit: string, path: string, revision: string): Promise<TreeEntry[]> {
    const { code, stdout } = await this.run(['ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', path]);
    const lines = stdout.split('\0');
    // Objects that are missing have no size.
    if (code !== 0 || lines.some((line) => /^\d+ blob [0-9a-f]+ +BAD\t/.test(line))) {
      throw new ModelError(
        `${basename(path)} as ${revision} has it is not on this computer, because the repository was cloned in part or is damaged: "git show ${revision}:${path}" fetches it.`,
      );
    }
    return lines.flatMap((line): TreeEntry[] => {
      const [, object, bytes, name] = /^\d+ blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(line) ?? [];
      return object && bytes && name ? [{ object, bytes: Number(bytes), path: name }] : [];
    });
  }

  /** Writes a stored file as it is stored, without filters. */
  async write({ object, path }: TreeEntry, target: string): Promise<void> {
    const child = spawn(this.git, [...SAFE, 'cat-file', 'blob', object], {
      cwd: this.root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const closed = new Promise<number | null>((resolve, reject) => {
      child.on('close', resolve);
      child.on('error', reject);
    });
    await pipeline(child.stdout, createWriteStream(target, { flags: 'wx' }));
    if ((await closed) !== 0) throw new ModelError(`git could not read the object of ${path}.`);
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

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.toUpperCase().startsWith('GIT_') || KEPT_VARIABLES.test(name.toUpperCase()),
  );
  return {
    ...Object.fromEntries(kept),
    // Of a repository that was cloned in part, what is missing is not fetched; older versions know the protocols only.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

function notFound(): ModelError {
  return new ModelError('git was not found: install it, or set git.path.');
}

function run(
  git: string,
  cwd: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      git,
      [...SAFE, ...args],
      { cwd, env: environment(), maxBuffer: MAX_OUTPUT, windowsHide: true },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else if (error.code === 'ENOENT') reject(notFound());
        else reject(error);
      },
    );
  });
}
