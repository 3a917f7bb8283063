import type { ModelFile } from '../format';
import { writeTables } from './encode';
import type { TfliteModel } from './reader';
import { tensorNames } from './tensorNames';

/**
 * Writes a copy of a model that also gives these tensors as outputs, behind its own; those that it gives already
 * are not repeated. Signatures are left out, which name outputs only for themselves.
 */
export function withOutputs(file: ModelFile, tensors: readonly string[], target: string): void {
  const { root } = file.model as TfliteModel;
  const [main = {}, ...others] = root.subgraphs ?? [];
  const index = new Map(tensorNames(main).map((name, at) => [name, at]));
  const outputs = new Set(main.outputs);
  for (const tensor of tensors) {
    const at = index.get(tensor);
    if (at === undefined) throw new Error(`There is no tensor ${tensor} in ${file.model.file}.`);
    outputs.add(at);
  }
  const { signatureDefs: _, ...rest } = root;
  writeTables({ ...rest, subgraphs: [{ ...main, outputs: [...outputs] }, ...others] }, target);
}
