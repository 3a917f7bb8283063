import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';

/** A hash of what files hold, in their order, and of settings. Paths do not count. */
export async function hashOf(files: readonly string[], settings: unknown): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    if (!statSync(file).isFile()) continue;
    const stream = createReadStream(file);
    stream.on('data', (piece) => hash.update(piece));
    await finished(stream);
    hash.update(`|${statSync(file).size}|`);
  }
  return hash.update(JSON.stringify(settings)).digest('hex');
}
