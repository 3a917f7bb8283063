import type { SubGraphTable, TensorTable } from '../tables';
import { TYPE } from './tensorTypes';

/** The version of DEQUANTIZE that brings a stored tensor back to float. */
export function dequantizeVersion({ type, quantization }: TensorTable): number {
  if (type === TYPE.int4) return 6;
  if (type === TYPE.float16) return 3;
  return (quantization?.scale?.length ?? 0) > 1 ? 5 : 2;
}

/**
 * A graph beside the main one that reads weights in the form in which the main graph has them from now on, brought back
 * to float first: so they are in the file once.
 * @param stored by buffer of the float weights, what the main graph stores in their place
 * @param codeOf number of the operator code of DEQUANTIZE of a version
 */
export function readStored(
  graph: SubGraphTable,
  stored: ReadonlyMap<number, TensorTable>,
  codeOf: (version: number) => number,
): SubGraphTable {
  const tensors = [...(graph.tensors ?? [])];
  const added = [...tensors.entries()].flatMap(([index, tensor]) => {
    const own = stored.get(tensor.buffer ?? 0);
    // Elements that are the same by chance are not the same weights.
    if (own === undefined || (tensor.type ?? 0) !== TYPE.float32 || !haveOneShape(own, tensor)) return [];
    const { buffer: _, ...float } = tensor;
    tensors[index] = { ...float, name: `${tensor.name ?? ''}_dequantized` };
    const input = tensors.push({ ...own, ...(tensor.name !== undefined && { name: tensor.name }) }) - 1;
    return [{ opcodeIndex: codeOf(dequantizeVersion(own)), inputs: [input], outputs: [index] }];
  });
  return added.length === 0
    ? graph
    : { ...graph, tensors, operators: [...added, ...(graph.operators ?? [])] };
}

function haveOneShape({ shape: a = [] }: TensorTable, { shape: b = [] }: TensorTable): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
