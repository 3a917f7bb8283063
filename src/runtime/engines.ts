import { ModelError } from '../model/modelError';
import type { Engine } from './engine';
import { onnxRuntime } from './onnxruntime';

const ENGINES: ReadonlyMap<string, Engine> = new Map([['onnx', onnxRuntime]]);

/** The engine that runs models of a format, by the format's id. Throws ModelError where there is none. */
export function engineFor(format: string): Engine {
  const engine = ENGINES.get(format);
  if (engine === undefined) throw new ModelError(`Models of the format ${format} cannot be run yet.`);
  return engine;
}
