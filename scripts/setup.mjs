// Makes a fresh clone ready: dependencies and bundles. Only Node's own modules, since nothing is installed yet.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './root.mjs';
import { step } from './steps.mjs';

/** Folder of the sample models. */
export const SAMPLE_FOLDER = path.join(ROOT, 'models');

/**
 * Installs what the lock file names, unless that was done since it last changed. No install scripts run: they would
 * fetch parts for graphics cards or compile what nobody uses, and nothing here needs one.
 */
export async function install() {
  const lock = path.join(ROOT, 'package-lock.json');
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await step('Installing dependencies', 'npm', ['ci', '--ignore-scripts', ...quiet]);
}

export async function build() {
  await step('Building', process.execPath, [path.join('scripts', 'build.mjs')]);
}
