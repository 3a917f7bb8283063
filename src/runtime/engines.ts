import { ModelError } from '../model/modelError';
import { coreMl } from './coreml';
import type { Engine } from './engine';
import { litert } from './litert';
import { onnxRuntime } from './onnxruntime';
import { tfjsTflite } from './tfjsTflite';

/** By format; the later ones run what the first cannot. */
const ENGINES: ReadonlyMap<string, readonly [Engine, ...Engine[]]> = new Map([
  ['onnx', [onnxRuntime]],
  ['tflite', [litert, tfjsTflite]],
  ['coreml', [coreMl]],
]);

/** The engine that runs most models of a format, by the format's id. Throws ModelError where there is none. */
export function engineFor(format: string): Engine {
  return enginesFor(format)[0];
}

/**
 * The first engine of a format that loads all of these models, so that they can be compared; as `adapted` gives it.
 * Throws ModelError with what each of the engines says where there is none.
 */
export async function engineThatRuns(
  format: string,
  paths: readonly string[],
  threads: number,
  adapted: (engine: Engine) => Engine = (engine) => engine,
): Promise<Engine> {
  const engines = enginesFor(format);
  // Whoever uses the only one will learn what it says.
  if (engines.length === 1) return adapted(engines[0]);
  const reasons: ModelError[] = [];
  for (const engine of engines.map(adapted)) {
    try {
      for (const path of paths) await (await engine.load(path, { threads })).close();
      return engine;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      reasons.push(error);
    }
  }
  throw new ModelError(
    reasons.map(({ message }) => message).join(' '),
    reasons[0]?.file === undefined ? {} : { file: reasons[0].file },
    reasons[0],
  );
}

function enginesFor(format: string): readonly [Engine, ...Engine[]] {
  const engines = ENGINES.get(format);
  if (engines === undefined) throw new ModelError(`Models of the format ${format} cannot be run yet.`);
  return engines;
}
