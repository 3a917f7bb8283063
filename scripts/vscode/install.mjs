// Installs code-server, which is VS Code served to a browser, from the package registry into a cache folder that
// all clones on a computer share. It is the VS Code of machines that cannot download the desktop one.
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cached } from '../cache.mjs';
import { step } from '../steps.mjs';

const CODE_SERVER = '4.139.1';
/** The Node version that this code-server is built for; an older one answers every request with HTTP 500. */
const NODE = '24.21.0';
/** Changes whenever the steps below do. */
const RECIPE = 2;

/**
 * Installs code-server unless it is installed already.
 * @returns {Promise<{ node: string, entry: string }>} the Node executable to run it with and its script.
 */
export async function ensureCodeServer() {
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const name = `code-server-${CODE_SERVER}-${process.platform}-${process.arch}-${RECIPE}`;
  const folder = await cached(name, (work) => install(work, nodePackage));
  return {
    node: path.join(folder, 'node_modules', nodePackage, 'bin', 'node'),
    entry: path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
}

/**
 * Nothing is compiled: the server's native log and its watchdog, the only parts without a prebuilt binary, are left
 * out. It says so in its log and runs without them.
 */
async function install(work, nodePackage) {
  if (process.platform === 'win32') throw new Error('code-server does not run on Windows: install VS Code.');
  console.log(`VS Code for the browser (code-server ${CODE_SERVER}, about 800 MB) is installed once:`);
  writeFileSync(path.join(work, 'package.json'), '{ "name": "code-server-cache", "private": true }\n');
  const get = (title, cwd, ...args) =>
    step(
      title,
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args],
      {
        cwd,
      },
    );
  await get('  1 of 4, Node for it', work, `${nodePackage}@${NODE}`);
  await get('  2 of 4, the server', work, `code-server@${CODE_SERVER}`);
  const vscode = path.join(work, 'node_modules', 'code-server', 'lib', 'vscode');
  // `npm ci` refuses: the lock file of this package lacks an entry.
  await get('  3 of 4, the editor', vscode, '--omit=dev');
  await get('  4 of 4, its extensions', path.join(vscode, 'extensions'), '--omit=dev');
  relink(path.join(vscode, 'bin', 'remote-cli', 'code-server'), 'code-linux.sh');
  relink(path.join(vscode, 'bin', 'helpers', 'browser.sh'), 'browser-linux.sh');
}

function relink(link, target) {
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
