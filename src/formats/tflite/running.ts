import { computedShape, isStateful } from './computedShape';
import { decodeModel } from './decode';
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
}

/** @throws ModelError when the file cannot be read. */
export function readRunning(path: string): RunningModel {
  const { root } = decodeModel(path);
  const main = root.subgraphs?.[0] ?? {};
  const names = tensorNames(main);
  const ports = (indices: readonly number[] = []) =>
    indices.map((index) => ({ name: names[index] ?? '', shape: main.tensors?.[index]?.shape ?? [] }));
  const tensor = computedShape(root, main);
  return {
    inputs: ports(main.inputs),
    outputs: ports(main.outputs),
    stateful: isStateful(root),
    computedShape: tensor === null ? null : (names[tensor] ?? ''),
  };
}
