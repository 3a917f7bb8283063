import type { ModelFile } from '../format';
import type { Slice } from '../profiling';
import { isConstant } from './computedShape';
import { decodeModel } from './decode';
import { writeTables } from './encode';
import type { ModelTable, OperatorTable, SubGraphTable, TensorTable } from './tables';
import { tensorNames } from './tensorNames';

/** A model cut into its operators, each to be run alone. */
export function slices(file: ModelFile): Slice[] {
  const { root } = decodeModel(file.model.file);
  const main = root.subgraphs?.[0] ?? {};
  const names = tensorNames(main);
  return (main.operators ?? []).map((operator) => {
    const inputs = [...new Set(operator.inputs)].filter((index) => isFed(root, main, index));
    const named = inputs.map((index) => names[index] ?? '');
    return {
      inputs: named,
      write(target, shapes) {
        const shapeOf = (index: number) => shapes.get(names[index] ?? '');
        writeTables(cutOut(root, main, operator, inputs, shapeOf), target);
      },
    };
  });
}

/** Whether a tensor's elements come from elsewhere: they are neither stored nor the operator's own state. */
function isFed(root: ModelTable, main: SubGraphTable, index: number): boolean {
  return index >= 0 && !main.tensors?.[index]?.isVariable && !isConstant(root, main, index);
}

/** A model of one operator. `fed`: its inputs; `shapeOf` says what shape a tensor has, undefined as stored. */
function cutOut(
  root: ModelTable,
  main: SubGraphTable,
  operator: OperatorTable,
  fed: readonly number[],
  shapeOf: (index: number) => readonly number[] | undefined,
): ModelTable {
  const { inputs = [], outputs = [], intermediates = [] } = operator;
  const kept = [...new Set([...inputs, ...outputs, ...intermediates])].filter((index) => index >= 0);
  const moved = new Map(kept.map((index, at) => [index, at]));
  const move = (indices: readonly number[]) => indices.map((index) => moved.get(index) ?? -1);
  const tensors = kept.map((index) => {
    // Open dimensions are closed by the run whose values are fed.
    const { shapeSignature: _, ...tensor } = main.tensors?.[index] ?? {};
    const shape = isFed(root, main, index) ? shapeOf(index) : undefined;
    return shape === undefined ? tensor : { ...tensor, shape };
  });
  const bodies = hasBodies(operator) ? (root.subgraphs?.slice(1) ?? []) : [];
  const graph: SubGraphTable = {
    tensors,
    inputs: move(fed),
    outputs: move(outputs.filter((index) => index >= 0)),
    operators: [
      {
        ...operator,
        inputs: move(inputs),
        outputs: move(outputs),
        ...(intermediates.length === 0 ? {} : { intermediates: move(intermediates) }),
      },
    ],
  };
  const { signatureDefs: _signatures, metadata: _metadata, metadataBuffer: _buffers, ...rest } = root;
  return { ...rest, buffers: buffersOf(root, [graph, ...bodies]), subgraphs: [graph, ...bodies] };
}

/** Whether an operator runs other graphs, which its options name by their index. */
function hasBodies({ builtinOptions, builtinOptions2 }: OperatorTable): boolean {
  const options = { ...builtinOptions?.value, ...builtinOptions2?.value };
  return Object.keys(options).some((option) => /subgraph/i.test(option));
}

/** All buffers at their index, empty where no tensor of these graphs uses them. */
function buffersOf(root: ModelTable, graphs: readonly SubGraphTable[]): NonNullable<ModelTable['buffers']> {
  const used = new Set(
    graphs.flatMap(({ tensors = [] }) => tensors.map((tensor: TensorTable) => tensor.buffer ?? 0)),
  );
  return (root.buffers ?? []).map((buffer, index) => (used.has(index) ? buffer : {}));
}
