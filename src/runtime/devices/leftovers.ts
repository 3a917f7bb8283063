import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isGone, ownMark } from '../../files/owner';

/** A folder on a device, by what its name has of its own: 16 hexadecimal digits. */
const TOKEN = /^[0-9a-f]{16}$/;
/** A note's name: the mark of the process that made it, and the token. */
const NOTE = /^(\d+_[\d.]+)-([0-9a-f]{16})$/;

/**
 * Folders that were made on devices and are not removed yet, noted on this computer before they are made: what a killed
 * process or an unplugged phone left behind is removed when the device is reached the next time.
 */
export class Leftovers {
  private readonly folder: string;

  /** @param memory a folder where facts about this computer are remembered; it may not exist yet */
  constructor(memory: string) {
    this.folder = join(memory, 'left-on-devices');
  }

  /** Notes a folder that will be made on a device. @returns its token */
  async begin(device: string): Promise<string> {
    const token = randomBytes(8).toString('hex');
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, `${ownMark()}-${token}`), device);
    return token;
  }

  /** The folder is gone from the device. */
  async done(token: string): Promise<void> {
    for (const name of await this.names())
      if (name.endsWith(`-${token}`)) await rm(join(this.folder, name), { force: true });
  }

  /** Tokens of what processes that have ended left on a device. */
  async of(device: string): Promise<string[]> {
    const tokens: string[] = [];
    for (const name of await this.names()) {
      const [, mark = '', token = ''] = NOTE.exec(name) ?? [];
      if (!TOKEN.test(token) || !isGone(mark)) continue;
      const noted = await readFile(join(this.folder, name), 'utf8').catch(() => null);
      if (noted === device) tokens.push(token);
    }
    return tokens;
  }

  private async names(): Promise<string[]> {
    return readdir(this.folder).catch(() => []);
  }
}
