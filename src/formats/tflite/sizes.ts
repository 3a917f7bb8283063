import { knownShape } from '../../model/dataType';
import type { InferredGraph } from '../../model/inference';
import type { ModelFile } from '../format';
import { writeTables } from './encode';
import type { TfliteModel } from './reader';
import { tensorNames } from './tensorNames';

/**
 * Writes a copy of a model that states the shapes of an inference: engines take the sizes of open inputs from the
 * file. What could not be inferred keeps its stated shape; engines find all but the inputs anew.
 */
export function withSizes(file: ModelFile, { tensors }: InferredGraph, target: string): void {
  const { root } = file.model as TfliteModel;
  const [main = {}, ...others] = root.subgraphs ?? [];
  const names = tensorNames(main);
  const sized = main.tensors?.map((tensor, index) => {
    const known = tensors.get(names[index] ?? '');
    const shape = known?.constant ? null : knownShape(known?.shape);
    return shape === null ? tensor : { ...tensor, shape };
  });
  writeTables({ ...root, subgraphs: [{ ...main, ...(sized && { tensors: sized }) }, ...others] }, target);
}
