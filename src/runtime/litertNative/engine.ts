import { basename } from 'node:path';
import { type RunningModel, readRunning } from '../../formats/tflite/running';
import type { DataType } from '../../model/dataType';
import type { Engine, Session, SessionOptions } from '../engine';
import { withSentences } from '../engineFailure';
import { cannotRun, describeTfliteFailure } from '../tfliteErrors';
import { type OpenLiteRt, originOf } from './choice';
import type { CompileOptions } from './compiledModel';
import { PORT_TYPES } from './layouts';
import { NativeSession } from './session';
import { withStandardError } from './standardError';

/** Is told before and after the first steps of a model, of which a damaged one may not come back. */
export type Watch = (state: 'begins' | 'ends', model: string) => Promise<void>;

/** Runs models on LiteRT's own library, as Python's interpreter does. `notes` are for whoever reads what it measured. */
export function nativeEngine(litert: OpenLiteRt, notes: readonly string[], watch: Watch): Engine {
  return withSentences(
    {
      name: `${litert.name} (native, ${originOf(litert.report)})`,
      reports: [litert.report],
      notes,
      passes: (type: DataType | null) => type !== null && PORT_TYPES.has(type),
      async load(path: string, { threads }: SessionOptions) {
        const watched = async <T>(work: () => T | Promise<T>): Promise<T> => {
          await watch('begins', basename(path));
          try {
            return await work();
          } finally {
            await watch('ends', basename(path));
          }
        };
        const session = await watched(() => loadNative(litert, path, { threads }));
        return firstRunWatched(session, watched);
      },
    },
    (path, error) => describeTfliteFailure(litert.name, path, [], error),
  );
}

/**
 * A session that has run once. Throws ModelError for models that the library does not run or would crash on.
 */
export function loadNative(
  { name, native }: OpenLiteRt,
  path: string,
  options: CompileOptions,
): NativeSession {
  const running = readRunning(path);
  const why = whyNot(running);
  if (why !== null) throw cannotRun(name, path, why);
  return withStandardError(
    () => {
      const session = new NativeSession(native, name, path, running, options);
      try {
        session.prove();
        return session;
      } catch (error) {
        void session.close();
        throw error;
      }
    },
    (error, said) => describeTfliteFailure(name, path, said.split('\n'), error),
  );
}

/** Why the library cannot run a model; null: it is not known to be unable. */
function whyNot({ stateful, computedShape }: RunningModel): string | null {
  if (stateful) return 'it keeps a state from run to run, which the engine cannot do.';
  // It would take the shapes that the file states for true, and write past the end of its memory.
  if (computedShape !== null)
    return `the shape of "${computedShape}" is only known once the model runs, which this engine is not made for.`;
  return null;
}

/** What a model does with other inputs than zeros is seen in the first run that is asked for. */
function firstRunWatched(
  session: NativeSession,
  watched: <T>(work: () => Promise<T>) => Promise<T>,
): Session {
  let first = true;
  const guard = <T>(work: () => Promise<T>): Promise<T> => {
    if (!first) return work();
    first = false;
    return watched(work);
  };
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: (feeds, fetches) => guard(() => session.run(feeds, fetches)),
    invoke: (feeds) => guard(() => session.invoke(feeds)),
    close: () => session.close(),
  };
}
