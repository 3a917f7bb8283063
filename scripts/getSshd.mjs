// Gets an ssh server where none is installed: boards are tested with a real one on loopback.
import { existsSync } from 'node:fs';
import { canInstall, installPackage } from './apt.mjs';

const SSHD = '/usr/sbin/sshd';

/** Installs it where that can be; else says in a sentence what is skipped. */
export async function ensureSshd() {
  if (existsSync(SSHD)) return;
  try {
    if (canInstall()) await installPackage('an ssh server', 'openssh-server');
  } catch (error) {
    console.log(error.message.trimEnd().split('\n').at(-1));
  }
  if (!existsSync(SSHD))
    console.log('Boards are not tested: openssh-server is not installed, and cannot be.');
}
