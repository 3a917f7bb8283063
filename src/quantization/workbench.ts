import { join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Rewriter } from '../formats/rewriter';
import type { Engine, Session } from '../runtime/engine';

/** What every step of quantizing works with. */
export interface Workbench {
  readonly engine: Engine;
  readonly rewriter: Rewriter;
  /** Opens a file of the same format. */
  readonly open: (path: string) => ModelFile;
  readonly threads: number;
  /** A path in the job's folder that no other file has. */
  readonly newPath: (purpose: string) => string;
}

/** Paths in a folder, numbered so that none is used twice; `extension` with its dot. */
export function numberedPaths(folder: string, extension: string): Workbench['newPath'] {
  let count = 0;
  return (purpose) => join(folder, `${String(++count).padStart(3, '0')}-${purpose}${extension}`);
}

/** Opens a file for as long as `use` takes. */
export async function withFile<T>(
  bench: Workbench,
  path: string,
  use: (file: ModelFile) => Promise<T> | T,
): Promise<T> {
  const file = bench.open(path);
  try {
    return await use(file);
  } finally {
    file.close();
  }
}

/** Loads a model for as long as `use` takes. */
export async function withSession<T>(
  bench: Workbench,
  path: string,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await bench.engine.load(path, { threads: bench.threads });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
