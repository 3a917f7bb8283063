import { linkSync, rmSync } from 'node:fs';
import { formats } from '../formats';
import type { ModelFile } from '../formats/format';
import type { Session } from '../runtime/engine';
import type { Bench } from './bench';

/** Removes a copy of a model with what was written beside it. */
export function discard(path: string): void {
  const beside = formats.flatMap((format) => format.companionsOf?.(path) ?? []);
  for (const file of [path, ...beside]) {
    try {
      rmSync(file, { force: true, recursive: true });
    } catch {
      // Windows keeps files that somebody has open; the folder for temporary files is removed in the end.
    }
  }
}

/** Loads a copy for as long as `use` takes. The copy is removed as soon as it is loaded: models take gigabytes. */
export async function withCopy<T>(
  bench: Bench,
  path: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    const session = await bench.engine.load(path, { threads: bench.threads });
    discard(path);
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  } finally {
    discard(path);
  }
}

/** Gives a model another path within the folder for temporary files; a file that is whole by itself is not copied. */
export function linkOrWrite(file: ModelFile, target: string): void {
  if (file.model.externalFiles.length === 0) {
    try {
      linkSync(file.model.file, target);
      return;
    } catch {
      // File systems without hard links.
    }
  }
  file.write(target);
}
