// Starts code-server on a free port with a state folder of its own, and stops it for certain.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureCodeServer } from './install.mjs';

/** A quiet editor: nothing that opens by itself, nothing that asks the network. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.startupPrompt': 'never',
  'git.enabled': false,
};

/** Seconds until a started server must answer; it takes one on an idle machine. */
const START_LIMIT = 60;
/** Seconds that a server gets to end by itself. */
const STOP_LIMIT = 4;

/** Folder for the state of one server; remove it with the server's `stop`. */
export function makeState() {
  return mkdtempSync(path.join(tmpdir(), 'model-caliper-vscode-'));
}

/** Command line of code-server, apart from where it listens. */
function commonArguments(state, extensions) {
  return [
    '--config',
    path.join(state, 'config.yaml'),
    '--user-data-dir',
    path.join(state, 'data'),
    '--extensions-dir',
    extensions,
  ];
}

function environment() {
  const env = { ...process.env, EXTENSIONS_GALLERY: '{}' };
  // Set inside an editor's terminal, where it would make this server talk to that editor.
  for (const name of ['VSCODE_IPC_HOOK_CLI', 'VSCODE_INJECTION', 'PASSWORD', 'PORT']) delete env[name];
  return env;
}

/** Installs a packaged extension into a folder of extensions. */
export async function installExtension(vsix, state, extensions) {
  const { node, entry } = await ensureCodeServer();
  writeFileSync(path.join(state, 'config.yaml'), 'auth: none\n');
  const child = spawn(node, [entry, ...commonArguments(state, extensions), '--install-extension', vsix], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0 || !/was successfully installed/.test(output))
    throw new Error(`Installing ${vsix} failed:\n${output}`);
}

/**
 * @param {object} options
 * @param {string} [options.extensions] folder of installed extensions; none are installed without it
 * @param {boolean} [options.trust] whether every folder counts as trusted, which is the default
 * @param {boolean} [options.driver] honour the development and test paths of the page's address; hides pop-ups
 * @param {object} [options.settings] user settings
 * @param {object} [options.machineSettings] those that a remote computer has for itself
 * @param {string} [options.state] folder to use; a new one by default
 */
export async function startServer({
  extensions,
  trust = true,
  driver = false,
  settings = {},
  machineSettings = {},
  state = makeState(),
} = {}) {
  const { node, entry } = await ensureCodeServer();
  const address = `127.0.0.1:${await freePort()}`;
  mkdirSync(path.join(state, 'data', 'User'), { recursive: true });
  const userSettings = { ...SETTINGS, 'security.workspace.trust.enabled': !trust, ...settings };
  writeFileSync(path.join(state, 'data', 'User', 'settings.json'), JSON.stringify(userSettings));
  mkdirSync(path.join(state, 'data', 'Machine'), { recursive: true });
  writeFileSync(path.join(state, 'data', 'Machine', 'settings.json'), JSON.stringify(machineSettings));
  // Without a file of its own, code-server writes one into the home folder.
  writeFileSync(path.join(state, 'config.yaml'), 'auth: none\n');
  const logFile = path.join(state, 'server.log');
  const log = openSync(logFile, 'w');
  const server = spawn(
    node,
    [
      entry,
      ...commonArguments(state, extensions ?? path.join(state, 'extensions')),
      ...['--auth', 'none', '--bind-addr', address, '--disable-telemetry', '--disable-update-check'],
      ...['--ignore-last-opened', '--disable-getting-started-override'],
      ...(trust ? ['--disable-workspace-trust'] : []),
      ...(driver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ],
    // A process group of its own: the server has children, and all of them must end with it.
    { stdio: ['ignore', log, log], detached: true, env: environment() },
  );
  closeSync(log);
  const exited = new Promise((resolve) => server.once('exit', resolve));
  const signal = (name) => {
    try {
      process.kill(-server.pid, name);
    } catch {
      // It has ended already.
    }
  };
  const remove = () => rmSync(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const abandon = () => {
    signal('SIGKILL');
    remove();
  };
  const interrupted = () => process.exit(130);
  process.on('exit', abandon);
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);

  async function stop({ keepState = false } = {}) {
    signal('SIGTERM');
    await Promise.race([exited, sleep(STOP_LIMIT * 1000, undefined, { ref: false })]);
    signal('SIGKILL');
    process.off('exit', abandon);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    if (!keepState) remove();
  }

  const deadline = Date.now() + START_LIMIT * 1000;
  while (!(await answers(address))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await stop({ keepState: true });
      throw new Error(`code-server did not start:\n${readFileSync(logFile, 'utf8')}`);
    }
    await sleep(100);
  }
  return { address, state, exited, stop };
}

/** Address of the workbench page. `payload` holds what a desktop editor would get on its command line. */
export function workbenchAddress(address, folder, payload = []) {
  const query = new URLSearchParams({ folder });
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  return `http://${address}/?${query}`;
}

/** A file as the served editor names it. */
export function remote(address, file) {
  return `vscode-remote://${address}${path.resolve(file)}`;
}

async function answers(address) {
  try {
    return (await fetch(`http://${address}/healthz`)).ok;
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
