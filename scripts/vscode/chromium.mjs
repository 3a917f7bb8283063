// The browser that drives the page tests and the served editor.
// Playwright's configuration imports this file, and cannot import one that asks where it lies.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache.mjs';

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

/** What `getChromium.mjs` unpacks where nothing else can be had. */
export const UNPACKED = 'chromium-153.0.0-1';

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
  const unpacked = path.join(cacheFolder(), UNPACKED, 'chromium.sh');
  return [...(INSTALLED[process.platform] ?? []), unpacked].find(starts);
}

/** A file may be there and yet only say how to install the browser, or lack libraries. */
export function starts(file) {
  if (!existsSync(file)) return false;
  // There it prints nothing, and opens a window.
  if (process.platform === 'win32') return true;
  return spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
