// The browser that drives code-server and the page tests.
import { existsSync } from 'node:fs';

/** Where Linux distributions put a Chromium that was installed with their own package manager. */
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of an installed Chromium; undefined lets Playwright take the one that it downloaded itself. */
export function chromiumPath() {
  return process.env.CHROMIUM_PATH || SYSTEM.find((file) => existsSync(file));
}

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
