import { type RunningModel, readRunning } from '../../formats/tflite/running';
import type { DataType } from '../../model/dataType';
import type { Engine, Session, SessionOptions } from '../engine';
import { withSentences } from '../engineFailure';
import { nativeLiteRt } from '../engineNames';
import { PORT_TYPES } from '../litertTypes';
import { cannotRun, describeTfliteFailure } from '../tfliteErrors';
import type { OpenLiteRt } from './choice';
import type { CompileOptions } from './compiledModel';
import { nativeProfiler, recorded } from './recording';
import { NativeSession } from './session';
import { withStandardError } from './standardError';

/** Runs models on LiteRT's own library, as Python's interpreter does. */
export function nativeEngine(litert: OpenLiteRt): Engine {
  return withSentences(
    {
      name: nativeLiteRt(litert.report),
      reports: [litert.report],
      passes: (type: DataType | null) => type !== null && PORT_TYPES.has(type),
      profiler: nativeProfiler,
      async load(path: string, { threads, profilePrefix }: SessionOptions): Promise<Session> {
        if (profilePrefix === undefined) return loadNative(litert, path, { threads });
        // Rows follow the file's order only where XNNPACK's parts do.
        const session = loadNative(litert, path, { threads, profile: true, clustering: false });
        return recorded(session, profilePrefix);
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
