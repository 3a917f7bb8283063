import { itemAt } from '../../model/assert';
import { knownShape } from '../../model/dataType';
import type { InferredGraph, InferredTensor } from '../../model/inference';
import type { ModelFile } from '../format';
import { knownElements } from '../value';
import { computedShape, isConstant, shapeDecidedBy } from './computedShape';
import { writeTables } from './encode';
import { operatorName } from './operatorName';
import type { TfliteModel } from './reader';
import { TYPE } from './rewrite/tensorTypes';
import type { BufferTable, ModelTable, OperatorTable, SubGraphTable, TensorTable } from './tables';
import { tensorNames } from './tensorNames';

/** `Format.computesShapes`. */
export function computesShapes(file: ModelFile): boolean {
  const { root } = file.model as TfliteModel;
  return computedShape(root, root.subgraphs?.[0] ?? {}) !== null;
}

/**
 * Writes a copy of a model that states the shapes of an inference: engines take the sizes of open inputs from the
 * file. What could not be inferred keeps its stated shape; engines find all but the inputs anew. Shapes that operators
 * compute from these sizes are stored, so that engines know all shapes before they run; what computes them stays, so
 * that operators keep their places.
 */
export function withSizes(file: ModelFile, inferred: InferredGraph, target: string): void {
  const { root } = file.model as TfliteModel;
  const [main = {}, ...others] = root.subgraphs ?? [];
  const names = tensorNames(main);
  const found = (index: number) => inferred.tensors.get(names[index] ?? '');
  const tensors = main.tensors?.map((tensor, index) => {
    const known = found(index);
    const shape = known?.constant ? null : knownShape(known?.shape);
    return shape === null ? tensor : { ...tensor, shape };
  });
  const sized = { ...main, ...(tensors && { tensors }) };
  const buffers = [...(root.buffers ?? [])];
  // Engines take shapes that are stored for true: what goes out must have the shape that is stated then.
  const known = (main.outputs ?? []).every((index) => knownShape(found(index)?.shape) !== null);
  const graph = known ? withStoredShapes(root, sized, found, buffers) : sized;
  writeTables({ ...root, buffers, subgraphs: [graph, ...others] }, target);
}

/** The graph with constants in place of what decides shapes, as far as that is known. */
function withStoredShapes(
  root: ModelTable,
  graph: SubGraphTable,
  found: (index: number) => InferredTensor | undefined,
  buffers: BufferTable[],
): SubGraphTable {
  const tensors = [...(graph.tensors ?? [])];
  const stored = new Map<number, number>();
  const store = (index: number): number => {
    const earlier = stored.get(index);
    if (earlier !== undefined) return earlier;
    const tensor = itemAt(tensors, index);
    const elements = found(index)?.elements;
    const data =
      elements === undefined
        ? null
        : integersOf(tensor, knownElements({ type: null, shape: null, elements }));
    const to =
      data === null
        ? index
        : tensors.push({
            ...tensor,
            name: `${tensor.name ?? ''}_known`,
            buffer: buffers.push({ data }) - 1,
          }) - 1;
    stored.set(index, to);
    return to;
  };
  const operators = graph.operators?.map((operator): OperatorTable => {
    const deciding = new Set(shapeDecidedBy(operatorName(root, operator)));
    const inputs = operator.inputs?.map((index, place) =>
      deciding.has(place) && index >= 0 && !isConstant(root, graph, index) ? store(index) : index,
    );
    return { ...operator, ...(inputs && { inputs }) };
  });
  return { ...graph, tensors, ...(operators && { operators }) };
}

/** As a tensor of integers stores them; null: it holds others, or they are not known. */
function integersOf({ type }: TensorTable, elements: readonly number[] | null): Uint8Array | null {
  if (elements === null || elements.length === 0) return null;
  if (type === TYPE.int32) return new Uint8Array(Int32Array.from(elements).buffer);
  if (type === TYPE.int64) return new Uint8Array(BigInt64Array.from(elements, BigInt).buffer);
  return null;
}
