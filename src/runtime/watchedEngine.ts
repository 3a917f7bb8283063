import { basename } from 'node:path';
import type { Engine, Session, SessionOptions } from './engine';

/**
 * Is told before and after the first steps of a model on an engine, of which a damaged one may not come back.
 * `webAssembly`: it cannot take the process with it.
 */
export type Watch = (state: 'begins' | 'ends', model: string, webAssembly: boolean) => Promise<void>;

/** An engine of which is told when it loads a model and when it runs it first, with inputs of the caller's. */
export function watchedEngine(engine: Engine, watch: Watch): Engine {
  const webAssembly = engine.reports?.some((report) => report.webAssembly) ?? false;
  const watched = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    await watch('begins', basename(path), webAssembly);
    try {
      return await work();
    } finally {
      await watch('ends', basename(path), webAssembly);
    }
  };
  const firstRunWatched = (session: Session, path: string): Session => {
    let first = true;
    const guard = <T>(work: () => Promise<T>): Promise<T> => {
      if (!first) return work();
      first = false;
      return watched(path, work);
    };
    const { invoke } = session;
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      run: (feeds, fetches) => guard(() => session.run(feeds, fetches)),
      ...(invoke && { invoke: (feeds) => guard(() => invoke.call(session, feeds)) }),
      close: () => session.close(),
    };
  };
  return {
    ...engine,
    load: (path: string, options: SessionOptions) =>
      watched(path, async () => firstRunWatched(await engine.load(path, options), path)),
  };
}
