import type { InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { DataInput } from './data/dataset';

/** A model's inputs as they are fed; dimensions that stayed open are 1. Throws ModelError where one is no tensor. */
export function modelInputs(inferred: InferredGraph): DataInput[] {
  return inferred.graph.inputs.map(({ name, type, declaredShape }) => {
    const tensor = inferred.tensors.get(name);
    const known = tensor?.type ?? type;
    if (known === null) {
      throw new ModelError(
        `The input "${name}" has no element type: it is no tensor, or the file is incomplete.`,
      );
    }
    const shape = (tensor?.shape ?? declaredShape ?? []).map((size) => (typeof size === 'number' ? size : 1));
    return { name, type: known, shape, ...(declaredShape === null ? {} : { declaredShape }) };
  });
}
