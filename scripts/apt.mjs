// Packages of the system, where they can be installed without asking anybody.
import { spawnSync } from 'node:child_process';
import { step } from './steps.mjs';

/** Milliseconds after which installing has failed. */
const LIMIT = 300_000;

/** Whether this system has Debian's packages, and this process may install them. */
export function canInstall() {
  return process.platform === 'linux' && asRoot('apt-get', ['--version']) !== undefined;
}

/** @param {string} title as people say it @param {string} name of the package */
export async function installPackage(title, name) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (line, ...args) => {
    const [program, ...words] = asRoot('apt-get', args) ?? [];
    return step(line, program, words, { env, timeout: LIMIT });
  };
  await apt('Reading the lists of packages', 'update');
  await apt(`Installing ${title}`, 'install', '-y', '--no-install-recommends', name);
}

/** Command line that runs a program as root without asking for a password; undefined where that cannot be. */
function asRoot(program, args) {
  const works = (...command) => spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
  if (!works(program, '--version')) return undefined;
  if (process.getuid?.() === 0) return [program, ...args];
  return works('sudo', '-n', program, '--version') ? ['sudo', '-n', program, ...args] : undefined;
}
