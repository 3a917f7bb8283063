import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ModelFile } from '../formats/format';
import { ModelError } from '../model/modelError';
import type { Engine, Session } from '../runtime/engine';

/** What models are run and compared with. */
export interface Bench {
  readonly engine: Engine;
  /** Opens a model that the engine runs. */
  readonly open: (path: string) => ModelFile;
  readonly threads: number;
  /**
   * A path in the job's folder that no other file has, for a copy of a model: the file is called like the model,
   * because messages about it reach people who know no other file. Without `model`: the one that is worked on.
   */
  readonly newPath: (purpose: string, model?: string) => string;
}

/** Paths in folders within `folder`, numbered so that none is used twice, for copies of `model`. */
export function numberedPaths(folder: string, model: string): Bench['newPath'] {
  let count = 0;
  return (purpose, of = model) => {
    const own = join(folder, `${String(++count).padStart(3, '0')}-${purpose}`);
    mkdirSync(own, { recursive: true });
    return join(own, basename(of));
  };
}

/**
 * What went wrong with a copy of a model, as a sentence about the model; anything else as it is. `folder` holds
 * the copies.
 */
export function aboutTheModel(error: unknown, folder: string, model: string): unknown {
  if (!(error instanceof ModelError) || !error.file?.startsWith(folder)) return error;
  const said = error.message.replaceAll(error.file, model);
  return new ModelError(
    `A copy of ${basename(model)}, made in order to quantize it, failed: ${said}`,
    { file: model, node: error.node },
    error,
  );
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
