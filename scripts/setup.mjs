// Makes a fresh clone ready: dependencies and bundles. Only Node's own modules, since nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');

/** Folder of the sample that `npm start` opens, and the helper that opens it. */
export const SAMPLE_FOLDER = path.join(ROOT, 'models');
export const OPENER = path.join(ROOT, 'scripts', 'vscode', 'opener');

/** Installs what the lock file names, unless that was done since it last changed. */
export function install() {
  const lock = path.join(ROOT, 'package-lock.json');
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing dependencies');
  // The engine's install script would fetch parts for graphics cards, which are not used.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  run('npm', ['ci', '--no-audit', '--no-fund'], { env });
}

export function build() {
  run(process.execPath, [path.join('scripts', 'build.mjs')]);
}

/** Runs a command in the project's folder and shows what it prints; throws when it fails. */
export function run(command, args, options = {}) {
  // On Windows npm is a batch file, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell, ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error });
}
