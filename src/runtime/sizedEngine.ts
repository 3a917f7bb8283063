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

/**
 * Whether a file states these sizes, or leaves none open, and all that follows from them; copies that are made of such a
 * model then do, too. So does one of a format that keeps no sizes in the file.
 */
export function statesSizes(file: ModelFile, inputs: readonly Sized[]): boolean {
  const { format } = file;
  const stated = openInputs(file, inputs).every(
    ({ open, size }) => open.statedShape?.join() === size.shape.join(),
  );
  return format.withSizes === undefined || (stated && !format.computesShapes?.(file));
}

/** Inputs that a file leaves open, with what they are to be fed. */
function openInputs({ model }: ModelFile, inputs: readonly Sized[]) {
  const sizes = new Map(inputs.map((size) => [size.name, size]));
  return model.graph.inputs.flatMap((open) => {
    const size = sizes.get(open.name);
    return size !== undefined && open.declaredShape?.includes(null) ? [{ open, size }] : [];
  });
}

/** false: the file states these sizes. */
function writeSized(file: ModelFile, inputs: readonly Sized[], target: string): boolean {
  if (statesSizes(file, inputs)) return false;
  const shapes = Object.fromEntries(openInputs(file, inputs).map(({ size }) => [size.name, size.shape]));
  file.format.withSizes?.(file, file.infer({ dims: {}, shapes }).graph, target);
  return true;
}
