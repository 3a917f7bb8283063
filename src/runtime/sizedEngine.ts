import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import type { Engine, SessionOptions } from './engine';

/** What an input is to be fed. */
interface Sized {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * An engine for models whose open inputs have these sizes. Where its format wants sizes in the file, models that state
 * others, or compute shapes from them, are loaded from copies (in the folder `scratch`, for as long as that takes).
 */
export function sizedEngine(engine: Engine, inputs: readonly Sized[], scratch: string): Engine {
  const load = async (path: string, options: SessionOptions) => {
    const file = openModel(path);
    // Called as the model is: the engine's messages name it.
    const folder = mkdtempSync(join(scratch, 'sized-'));
    const copy = join(folder, basename(path));
    try {
      return await engine.load(writeSized(file, inputs, copy) ? copy : path, options);
    } finally {
      file.close();
      rmSync(folder, { recursive: true, force: true });
    }
  };
  // Some engines know their name only once they were used.
  return Object.assign(Object.create(engine) as Engine, { load });
}

/** false: the file states these sizes, or leaves none open, and all that follows from them. */
function writeSized(file: ModelFile, inputs: readonly Sized[], target: string): boolean {
  const { format, model } = file;
  const sizes = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const open = model.graph.inputs.filter(
    ({ name, declaredShape }) => declaredShape?.includes(null) && sizes.has(name),
  );
  const stated = open.every(({ name, statedShape }) => statedShape?.join() === sizes.get(name)?.join());
  if (format.withSizes === undefined || (stated && !format.computesShapes?.(file))) return false;
  const shapes = Object.fromEntries(open.map(({ name }) => [name, sizes.get(name) ?? []]));
  format.withSizes(file, file.infer({ dims: {}, shapes }).graph, target);
  return true;
}
