import type { Inference, InferredGraph } from '../model/inference';
import { InstallationError, ModelError, TooBusyError, UsageError } from '../model/modelError';
import type { DataInput } from './dataInput';

/** A model's inputs as they are fed; dimensions that stayed open are 1. Throws ModelError where one is no tensor. */
export function modelInputs(inferred: InferredGraph): DataInput[] {
  return inferred.graph.inputs.map(({ name, type, declaredShape, quantization }) => {
    const tensor = inferred.tensors.get(name);
    const known = tensor?.type ?? type;
    if (known === null) {
      throw new ModelError(
        `The input "${name}" has no element type: it is no tensor, or the file is incomplete.`,
      );
    }
    const shape = (tensor?.shape ?? declaredShape ?? []).map((size) => (typeof size === 'number' ? size : 1));
    const [scale, ...scales] = quantization?.scales ?? [];
    const one = scale !== undefined && scales.length === 0;
    return {
      name,
      type: known,
      shape,
      ...(declaredShape === null ? {} : { declaredShape }),
      ...(one ? { quantization: { scale, zeroPoint: quantization?.zeroPoints[0] ?? 0 } } : {}),
    };
  });
}

/** A failed run of a model whose file leaves sizes open: these may be why, and the user can give them. */
export function withOpenSizes(error: unknown, { assumedInputs, dims }: Inference): unknown {
  const open = [...assumedInputs.map((name) => `of the input "${name}"`)];
  for (const [name, { assumed }] of dims) if (assumed) open.push(name);
  if (!(error instanceof ModelError) || open.length === 0) return error;
  // Sizes have nothing to do with these.
  const unrelated = [InstallationError, TooBusyError, UsageError];
  if (unrelated.some((kind) => error instanceof kind)) return error;
  const sizes = `Sizes that the file leaves open were taken as 1 (${open.join(', ')}): give them if that is wrong.`;
  return new ModelError(`${error.message} ${sizes}`, error, error);
}
