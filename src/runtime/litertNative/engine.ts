import { type RunningModel, readRunning } from '../../formats/tflite/running';
import type { Engine, SessionOptions } from '../engine';
import { withSentences } from '../engineFailure';
import { cannotRun, describeTfliteFailure } from '../tfliteErrors';
import type { CompileOptions } from './compiledModel';
import { NativeLiteRt } from './environment';
import { PORT_TYPES } from './layouts';
import { NativeSession } from './session';

/** LiteRT's own library, and how it is called in reports. */
export interface OpenLiteRt {
  readonly name: string;
  readonly native: NativeLiteRt;
}

/** @throws what NativeLiteRt does */
export function openLiteRt(library: string, name: string): OpenLiteRt {
  return { name, native: new NativeLiteRt(library) };
}

/** Runs models on LiteRT's own library, as Python's interpreter does. */
export function nativeEngine(litert: OpenLiteRt, notes: readonly string[] = []): Engine {
  const { name } = litert;
  return withSentences(
    {
      name,
      ...(notes.length === 0 ? {} : { notes }),
      passes: (type) => type !== null && PORT_TYPES.has(type),
      load: async (path: string, { threads }: SessionOptions) => loadNative(litert, path, { threads }),
    },
    (path, error) => describeTfliteFailure(name, path, [], error),
  );
}

/**
 * A session that has run once. Throws ModelError for models that the library does not run or would crash on, and
 * StatusError where it says no.
 */
export function loadNative(
  { name, native }: OpenLiteRt,
  path: string,
  options: CompileOptions,
): NativeSession {
  const running = readRunning(path);
  const why = whyNot(running);
  if (why !== null) throw cannotRun(name, path, why);
  const session = new NativeSession(native, name, path, running, options);
  try {
    session.prove();
    return session;
  } catch (error) {
    void session.close();
    throw error;
  }
}

/** Why the library cannot run a model; null: it is not known to be unable. */
function whyNot({ stateful, computedShape }: RunningModel): string | null {
  if (stateful) return 'it keeps a state from run to run, which the engine cannot do.';
  // It would take the shapes that the file states for true, and write past the end of its memory.
  if (computedShape !== null)
    return `the shape of "${computedShape}" is only known once the model runs, which this engine is not made for.`;
  return null;
}
