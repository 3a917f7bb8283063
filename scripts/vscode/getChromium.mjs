// Gets the browser of `chromium.mjs` where none is installed.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { canInstall, installPackage } from '../apt.mjs';
import { cached } from '../cache.mjs';
import { ROOT } from '../root.mjs';
import { step } from '../steps.mjs';
import { chromiumPath, starts, UNPACKED } from './chromium.mjs';

/** The npm package that holds a Chromium for Linux on x64, with the libraries that a bare system lacks. */
const PACKAGE = '@sparticuz/chromium';
const PACKAGE_VERSION = '153.0.0';

/** Its fonts beside the system's: the file that comes with it names folders of another kind of machine. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><dir>/usr/share/fonts</dir></fontconfig>
`;

/** Milliseconds after which a way to get a browser has failed. */
const LIMIT = 300_000;

/**
 * Ways to get a browser, tried in this order. Each says in `possible` whether it makes sense here, and rejects or
 * leaves no browser where it fails.
 */
const WAYS = [
  {
    name: "the system's package",
    possible: canInstall,
    get: () => installPackage('Chromium', 'chromium'),
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
      say(`${name}: ${reasonOf(error)}`);
    }
  }
  say(
    `There is no Chromium, Chrome or Edge here, and none could be installed (${failed.join('; ') || 'no way is known on this system'}): install one, or name it in CHROMIUM_PATH.`,
  );
  return undefined;
}

/** The line of a failed command's output that says why. */
function reasonOf({ message }) {
  const lines = message.trimEnd().split('\n');
  return (lines.find((line) => /\b(error|E:)/i.test(line)) ?? lines.at(-1)).trim();
}

async function findChromium() {
  const found = chromiumPath();
  if (found !== undefined) return found;
  const { chromium } = await import('@playwright/test');
  return [chromium.executablePath()].find(starts);
}

function playwright() {
  return path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
}

/** Unpacks the browser of the npm package, with a script that starts it with the libraries that lie beside it. */
async function unpack() {
  await cached(UNPACKED, async (work) => {
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
