// The browser that drives the page tests and the served editor: one that is there, else one that is installed for it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { cached, cacheFolder } from '../cache.mjs';
import { ROOT } from '../root.mjs';
import { step } from '../steps.mjs';

/** Where browsers of Chromium's family install themselves. */
const INSTALLED = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/microsoft-edge',
    '/opt/google/chrome/chrome',
    '/opt/microsoft/msedge/msedge',
  ],
  darwin: ['Chromium', 'Google Chrome', 'Microsoft Edge'].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  ),
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((variable) =>
    ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].map((file) =>
      path.join(process.env[variable] ?? 'C:\\', file),
    ),
  ),
};

/** The npm package that holds a Chromium for Linux on x64, with the libraries that a bare system lacks. */
const PACKAGE = '@sparticuz/chromium';
const PACKAGE_VERSION = '153.0.0';
const PACKAGE_FOLDER = `chromium-${PACKAGE_VERSION}-1`;

/** Its fonts beside the system's: the file that comes with it names folders of another kind of machine. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><dir>/usr/share/fonts</dir></fontconfig>
`;

/** Milliseconds after which a way to get a browser has failed. */
const LIMIT = 300_000;

/** No sandbox: continuous integration runs as root, where Chromium refuses to start with one. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of a browser that starts; undefined where there is none but perhaps Playwright's own. */
export function chromiumPath() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const unpacked = path.join(cacheFolder(), PACKAGE_FOLDER, 'chromium.sh');
  return [...(INSTALLED[process.platform] ?? []), unpacked].find(starts);
}

/**
 * Ways to get a browser, tried in this order. Each says in `possible` whether it makes sense here, and rejects or
 * leaves no browser where it fails.
 */
const WAYS = [
  {
    name: "the system's package",
    possible: () => process.platform === 'linux' && asRoot('apt-get', ['--version']) !== undefined,
    get: installPackage,
  },
  {
    name: "Playwright's download",
    possible: () => true,
    get: () =>
      step('Downloading Chromium', process.execPath, [playwright(), 'install', 'chromium'], {
        timeout: LIMIT,
      }),
  },
  {
    name: `the npm package ${PACKAGE}`,
    possible: () => process.platform === 'linux' && process.arch === 'x64',
    get: unpack,
  },
];

/**
 * Finds or gets a browser.
 * @param {{ find?: () => Promise<string | undefined>, ways?: typeof WAYS, say?: (line: string) => void }} [parts]
 *   what a test replaces
 * @returns {Promise<string | undefined>} its path; undefined where none can be had, which was said in one sentence
 */
export async function ensureChromium({ find = findChromium, ways = WAYS, say = console.log } = {}) {
  const found = await find();
  if (found !== undefined) return found;
  const failed = [];
  for (const { name, possible, get } of ways) {
    if (!possible()) continue;
    try {
      await get();
      const installed = await find();
      if (installed !== undefined) return installed;
      failed.push(`${name} does not start`);
    } catch (error) {
      failed.push(`${name} could not be had`);
      const [, reason] = error.message.trimEnd().split(/\n([^\n]*)$/);
      say(`${name}: ${reason ?? error.message}`);
    }
  }
  say(
    `There is no Chromium, Chrome or Edge here, and none could be installed (${failed.join('; ') || 'no way is known on this system'}): install one, or name it in CHROMIUM_PATH.`,
  );
  return undefined;
}

async function findChromium() {
  const found = chromiumPath();
  if (found !== undefined) return found;
  const { chromium } = await import('@playwright/test');
  return [chromium.executablePath()].find(starts);
}

/** A file may be there and yet only say how to install the browser, or lack libraries. */
function starts(file) {
  if (!existsSync(file)) return false;
  // There it prints nothing, and opens a window.
  if (process.platform === 'win32') return true;
  return spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

async function installPackage() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (title, ...args) => {
    const [program, ...words] = asRoot('apt-get', args) ?? [];
    return step(title, program, words, { env, timeout: LIMIT });
  };
  await apt('Reading the lists of packages', 'update');
  await apt('Installing Chromium', 'install', '-y', '--no-install-recommends', 'chromium');
}

/** Command line that runs a program as root without asking for a password; undefined where that cannot be. */
function asRoot(program, args) {
  const works = (...command) => spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
  if (!works(program, '--version')) return undefined;
  if (process.getuid?.() === 0) return [program, ...args];
  return works('sudo', '-n', program, '--version') ? ['sudo', '-n', program, ...args] : undefined;
}

function playwright() {
  return path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
}

/** Unpacks the browser of the npm package, with a script that starts it with the libraries that lie beside it. */
async function unpack() {
  await cached(PACKAGE_FOLDER, async (work) => {
    writeFileSync(path.join(work, 'package.json'), '{ "name": "chromium-cache", "private": true }\n');
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await step(
      'Installing Chromium from npm',
      'npm',
      ['install', '--ignore-scripts', ...quiet, `${PACKAGE}@${PACKAGE_VERSION}`],
      {
        cwd: work,
        timeout: LIMIT,
      },
    );
    const packed = path.join(work, 'node_modules', ...PACKAGE.split('/'), 'bin');
    const read = (name) => brotliDecompressSync(readFileSync(path.join(packed, name)));
    writeFileSync(path.join(work, 'chromium'), read('chromium.br'), { mode: 0o755 });
    for (const name of ['al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br'])
      if (spawnSync('tar', ['-x', '-C', work], { input: read(name) }).status !== 0)
        throw new Error(`${name} of ${PACKAGE} could not be unpacked`);
    rmSync(path.join(work, 'node_modules'), { recursive: true });
    writeFileSync(path.join(work, 'fonts.conf'), FONTS);
    const script = `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib" FONTCONFIG_PATH="$here" exec "$here/chromium" "$@"
`;
    writeFileSync(path.join(work, 'chromium.sh'), script);
    chmodSync(path.join(work, 'chromium.sh'), 0o755);
  });
}
