// Installs code-server, which is VS Code served to a browser, from the package registry into a cache folder that
// all clones on a computer share. It is the VS Code of machines that cannot download the desktop one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const CODE_SERVER = '4.139.1';
/** The Node version that this code-server is built for; an older one answers every request with HTTP 500. */
const NODE = '24.21.0';
/** Changes whenever the steps below do, so that an older installation is not taken for a finished one. */
const RECIPE = 1;

/** Where downloads of this project are kept between clones. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return process.env.MODEL_CALIPER_CACHE || path.join(base, 'model-caliper');
}

/**
 * Installs code-server unless it is installed already.
 * @returns {{ node: string, entry: string }} the Node executable to run it with and its script.
 */
export function ensureCodeServer() {
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const folder = path.join(
    cacheFolder(),
    `code-server-${CODE_SERVER}-${process.platform}-${process.arch}-${RECIPE}`,
  );
  if (!existsSync(folder)) install(folder, nodePackage);
  return {
    node: path.join(folder, 'node_modules', nodePackage, 'bin', 'node'),
    entry: path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
}

function install(folder, nodePackage) {
  if (process.platform === 'win32') throw new Error('code-server does not run on Windows: install VS Code.');
  console.log(`Installing code-server ${CODE_SERVER} into ${folder} (once, about 800 MB)`);
  mkdirSync(path.dirname(folder), { recursive: true });
  // Installed beside its place and renamed, so that an interrupted installation is never used.
  const work = mkdtempSync(`${folder}.partial-`);
  try {
    writeFileSync(path.join(work, 'package.json'), '{ "name": "code-server-cache", "private": true }\n');
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    // No install scripts: they would download what is not needed and build what is not used.
    npm(work, ['install', '--ignore-scripts', ...quiet, `${nodePackage}@${NODE}`]);
    const nodeFolder = path.join(work, 'node_modules', nodePackage);
    const env = {
      PATH: `${path.join(nodeFolder, 'bin')}${path.delimiter}${process.env.PATH}`,
      // Native parts are compiled for this Node and not for the one that runs this script.
      npm_config_nodedir: nodeFolder,
    };
    npm(work, ['install', '--ignore-scripts', ...quiet, `code-server@${CODE_SERVER}`], env);
    const vscode = path.join(work, 'node_modules', 'code-server', 'lib', 'vscode');
    // `npm ci` refuses: the lock file of this package lacks an entry.
    npm(vscode, ['install', '--omit=dev', '--ignore-scripts', ...quiet], env);
    npm(vscode, ['rebuild', ...quiet, '@vscode/spdlog', '@vscode/native-watchdog'], env);
    npm(path.join(vscode, 'extensions'), ['install', '--omit=dev', '--ignore-scripts', ...quiet], env);
    relink(path.join(vscode, 'bin', 'remote-cli', 'code-server'), 'code-linux.sh');
    relink(path.join(vscode, 'bin', 'helpers', 'browser.sh'), 'browser-linux.sh');
    if (existsSync(folder)) return; // Another clone was faster.
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function npm(cwd, args, env = {}) {
  const { status, error } = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${cwd}`, { cause: error });
}

function relink(link, target) {
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

if (import.meta.filename === process.argv[1]) console.log(ensureCodeServer().entry);
