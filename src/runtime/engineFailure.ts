import { ModelError } from '../model/modelError';
import type { Engine, Session, SessionOptions } from './engine';

/**
 * An engine whose own failures are sentences wherever they happen, not only where they are expected: damaged files
 * make WebAssembly trap in any call. `describe` says what failed on the file of a path.
 */
export function withSentences(
  engine: Engine,
  describe: (path: string, error: unknown) => ModelError,
): Engine {
  const guard = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ModelError ? error : describe(path, error);
    }
  };
  const guarded = (session: Session, path: string): Session => {
    const { invoke, time } = session;
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      run: (feeds, fetches) => guard(path, () => session.run(feeds, fetches)),
      ...(invoke && { invoke: (feeds) => guard(path, () => invoke.call(session, feeds)) }),
      ...(time && { time: (feeds) => guard(path, () => time.call(session, feeds)) }),
      close: () => guard(path, () => session.close()),
    };
  };
  return {
    ...engine,
    load: (path: string, options: SessionOptions) =>
      guard(path, async () => guarded(await engine.load(path, options), path)),
  };
}
