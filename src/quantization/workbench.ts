import { join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Rewriter } from '../formats/rewriter';
import type { Engine, Session } from '../runtime/engine';

/** What models are run and compared with. */
export interface Bench {
  readonly engine: Engine;
  /** Opens a model that the engine runs. */
  readonly open: (path: string) => ModelFile;
  readonly threads: number;
  /** A path in the job's folder that no other file has. */
  readonly newPath: (purpose: string) => string;
}

/** What every step of quantizing works with; all files are of one format. */
export interface Workbench extends Bench {
  readonly rewriter: Rewriter;
}

/** Paths in a folder, numbered so that none is used twice; `extension` with its dot. */
export function numberedPaths(folder: string, extension: string): Bench['newPath'] {
  let count = 0;
  return (purpose) => join(folder, `${String(++count).padStart(3, '0')}-${purpose}${extension}`);
}

/** Opens a file for as long as `use` takes. */
export async function withFile<T>(
  bench: Bench,
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
  bench: Bench,
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
