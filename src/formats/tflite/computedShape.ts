import { operatorName } from './operatorName';
import type { ModelTable, SubGraphTable } from './tables';

/** Inputs whose values decide the shape of an operator's outputs. */
const SHAPE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  ARG_MAX: [1],
  ARG_MIN: [1],
  BATCH_TO_SPACE_ND: [1, 2],
  BROADCAST_TO: [1],
  CONV_3D_TRANSPOSE: [0],
  EXPAND_DIMS: [1],
  FILL: [0],
  MEAN: [1],
  MIRROR_PAD: [1],
  MULTINOMIAL: [1],
  NON_MAX_SUPPRESSION_V4: [2],
  NON_MAX_SUPPRESSION_V5: [2],
  ONE_HOT: [1],
  PAD: [1],
  PADV2: [1],
  RANDOM_STANDARD_NORMAL: [0],
  RANDOM_UNIFORM: [0],
  RANGE: [0, 1, 2],
  REDUCE_ALL: [1],
  REDUCE_ANY: [1],
  REDUCE_MAX: [1],
  REDUCE_MIN: [1],
  REDUCE_PROD: [1],
  RESHAPE: [1],
  RESIZE_BILINEAR: [1],
  RESIZE_NEAREST_NEIGHBOR: [1],
  RFFT2D: [1],
  SCATTER_ND: [2],
  SEGMENT_SUM: [1],
  SLICE: [1, 2],
  SPACE_TO_BATCH_ND: [1, 2],
  SPARSE_TO_DENSE: [1],
  SPLIT: [0],
  SPLIT_V: [1, 2],
  STRIDED_SLICE: [1, 2, 3],
  SUM: [1],
  TILE: [1],
  TOPK_V2: [1],
  TRANSPOSE: [1],
  TRANSPOSE_CONV: [0],
  UNSORTED_SEGMENT_MAX: [2],
  UNSORTED_SEGMENT_MIN: [2],
  UNSORTED_SEGMENT_PROD: [2],
  UNSORTED_SEGMENT_SUM: [2],
};

/** Places of the inputs whose values decide the shape of an operator's outputs. */
export function shapeDecidedBy(op: string): readonly number[] {
  // Custom operators are called as they like.
  return (Object.hasOwn(SHAPE_INPUTS, op) ? SHAPE_INPUTS[op] : undefined) ?? [];
}

/** Operators that give as many elements as they find. */
const OPEN_OUTPUTS: ReadonlySet<string> = new Set(['UNIQUE', 'WHERE']);

/**
 * Index of the first tensor of a graph whose shape follows from values that are computed in a run; null: there is
 * none. What the file states as such a tensor's shape, and of all that follow from it, need not be what it has.
 */
export function computedShape(model: ModelTable, graph: SubGraphTable): number | null {
  for (const operator of graph.operators ?? []) {
    const name = operatorName(model, operator);
    const deciding = shapeDecidedBy(name).map((input) => operator.inputs?.[input] ?? -1);
    const computed = deciding.some((index) => index >= 0 && !isConstant(model, graph, index));
    if (computed || OPEN_OUTPUTS.has(name)) return operator.outputs?.[0] ?? null;
  }
  return null;
}

/** Whether a tensor's elements are stored in the file. */
export function isConstant(model: ModelTable, graph: SubGraphTable, index: number): boolean {
  const tensor = graph.tensors?.[index];
  const buffer = model.buffers?.[tensor?.buffer ?? 0];
  if (tensor?.externalBuffer) return true;
  return (buffer?.data?.length ?? 0) > 0;
}

/** Whether a model remembers something from run to run: variable tensors, or resources. */
export function isStateful(model: ModelTable): boolean {
  return (model.subgraphs ?? []).some(
    (graph) =>
      graph.tensors?.some(({ isVariable }) => isVariable) ||
      graph.operators?.some((operator) => operatorName(model, operator) === 'VAR_HANDLE'),
  );
}
