import { itemAt } from '../../model/assert';
import { computedShape, isStateful } from './computedShape';
import { decodeModel } from './decode';
import type { TensorTable } from './tables';
import { tensorNames } from './tensorNames';

/** What an engine must know of a model, beyond what it says itself. */
export interface RunningModel {
  /** Of the main graph, in its order. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Something is remembered from run to run. */
  readonly stateful: boolean;
  /** Name of a tensor whose shape follows from values that are only known in a run; null: there is none. */
  readonly computedShape: string | null;
}

export interface Port {
  /** As the graph names the tensor. */
  readonly name: string;
  /** With open dimensions as the file fills them in. */
  readonly shape: readonly number[];
  /** What its integers stand for; absent where they stand for themselves. */
  readonly quantization?: { readonly scale: number; readonly zeroPoint: number };
}

/**
 * Read from the file itself, not from a model that is open: an engine that is told wrong shapes writes past the end of
 * its memory, and the file may be another one by now.
 *
 * @throws ModelError when the file cannot be read.
 */
export function readRunning(path: string): RunningModel {
  const { root } = decodeModel(path);
  const main = root.subgraphs?.[0] ?? {};
  const names = tensorNames(main);
  const ports = (indices: readonly number[] = []) =>
    indices.map((index) => portOf(names[index] ?? '', main.tensors?.[index] ?? {}));
  const tensor = computedShape(root, main);
  return {
    inputs: ports(main.inputs),
    outputs: ports(main.outputs),
    stateful: isStateful(root),
    computedShape: tensor === null ? null : itemAt(names, tensor),
  };
}

function portOf(name: string, { shape = [], quantization }: TensorTable): Port {
  const [scale, ...others] = quantization?.scale ?? [];
  if (scale === undefined || others.length > 0) return { name, shape };
  return { name, shape, quantization: { scale, zeroPoint: quantization?.zeroPoint?.[0] ?? 0 } };
}
