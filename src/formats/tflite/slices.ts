import { itemAt, present } from '../../model/assert';
import type { DataType } from '../../model/dataType';
import type { ModelFile } from '../format';
import type { Slice } from '../profiling';
import { computedShape, isConstant } from './computedShape';
import { dataTypeOf } from './dataTypes';
import { withDynamicTensor } from './dynamicTensor';
import { writeTables } from './encode';
import { operatorName } from './operatorName';
import type { TfliteModel } from './reader';
import type { ModelTable, OperatorTable, SubGraphTable, TensorTable } from './tables';
import { tensorNames } from './tensorNames';

/** Operators that give stored weights as they are meant. Engines do so once, and ask for no such values in a run. */
const DECODERS: ReadonlySet<string> = new Set(['DENSIFY', 'DEQUANTIZE']);

/**
 * A model cut into its operators, each to be run alone; those that pass each other what an engine can neither be fed
 * nor gives (`passes`: a complex number, a handle) stay together.
 */
export function slices(file: ModelFile, passes: (type: DataType | null) => boolean = () => true): Slice[] {
  const { root } = file.model as TfliteModel;
  const slicing = new Slicing(root, root.subgraphs?.[0] ?? {});
  return slicing.groups(passes).map((nodes) => {
    const fed = slicing.fedTo(nodes);
    return {
      nodes,
      inputs: fed.map((index) => itemAt(slicing.names, index)),
      write: (target, shapes) => writeTables(slicing.cutOut(nodes, fed, passes, shapes), target),
    };
  });
}

class Slicing {
  readonly names: readonly string[];
  private readonly operators: readonly OperatorTable[];
  private readonly tensors: readonly TensorTable[];
  /** Engines run other kernels where a shape follows from values: all of a graph's, if one of its tensors has such a shape. */
  private readonly dynamic: boolean;
  /** Operators whose outputs are known before any run, by the tensor that they give. */
  private readonly decoders = new Map<number, number>();

  constructor(
    private readonly root: ModelTable,
    private readonly main: SubGraphTable,
  ) {
    this.names = tensorNames(main);
    this.operators = main.operators ?? [];
    this.tensors = main.tensors ?? [];
    this.dynamic = computedShape(root, main) !== null;
    this.operators.forEach((operator, at) => {
      const [weights, ...others] = given(operator.inputs);
      if (!DECODERS.has(operatorName(root, operator)) || weights === undefined || others.length > 0) return;
      if (!this.isKnown(weights)) return;
      for (const index of given(operator.outputs)) this.decoders.set(index, at);
    });
  }

  /** Operators that stay together, each group in order. */
  groups(passes: (type: DataType | null) => boolean): number[][] {
    const group = this.operators.map((_, at) => at);
    const first = (at: number): number => {
      let found = at;
      while (group[found] !== found) found = group[found] = itemAt(group, itemAt(group, found));
      return found;
    };
    const giver = new Map<number, number>();
    this.operators.forEach((operator, at) => {
      for (const index of given(operator.inputs)) {
        const other = giver.get(index);
        if (other === undefined) continue;
        const [low, high] = [first(at), first(other)].sort((a, b) => a - b) as [number, number];
        group[high] = low;
      }
      for (const index of given(operator.outputs))
        if (!passes(dataTypeOf(this.tensors[index]?.type))) giver.set(index, at);
    });
    const groups = new Map<number, number[]>();
    const constant = new Set(this.decoders.values());
    group.forEach((_, at) => {
      if (constant.has(at)) return;
      const members = groups.get(first(at));
      if (members === undefined) groups.set(first(at), [at]);
      else members.push(at);
    });
    return [...groups.values()];
  }

  /** Tensors that come from outside of these operators, and are neither known before a run nor their own state. */
  fedTo(nodes: readonly number[]): number[] {
    const own = new Set(nodes.flatMap((at) => given(this.operators[at]?.outputs)));
    const read = new Set(nodes.flatMap((at) => given(this.operators[at]?.inputs)));
    return [...read].filter(
      (index) => !own.has(index) && !this.tensors[index]?.isVariable && !this.isKnown(index),
    );
  }

  /** A model of these operators that is fed the tensors `fed`, which have the shapes of `shapes`. */
  cutOut(
    nodes: readonly number[],
    fed: readonly number[],
    passes: (type: DataType | null) => boolean,
    shapes: ReadonlyMap<string, readonly number[]>,
  ): ModelTable {
    const operators = this.withDecoders(nodes).map((at) => this.operators[at] ?? {});
    const kept = new Set(
      operators.flatMap(({ inputs, outputs, intermediates }) =>
        [inputs, outputs, intermediates].flatMap((list) => given(list)),
      ),
    );
    const moved = new Map([...kept].map((index, at) => [index, at]));
    const move = (indices: readonly number[]) =>
      indices.map((index) => (index < 0 ? index : present(moved.get(index), `tensor ${index}`)));
    const tensors = [...kept].map((index) => {
      // Open dimensions are closed by the run whose values are fed.
      const { shapeSignature: _, ...tensor } = this.tensors[index] ?? {};
      const name = itemAt(this.names, index);
      const shape = tensor.isVariable || this.isKnown(index) ? undefined : shapes.get(name);
      // A name that was made from the index would be another one here.
      return { ...tensor, name, ...(shape === undefined ? {} : { shape }) };
    });
    const outputs = nodes.flatMap((at) => given(this.operators[at]?.outputs));
    const graph: SubGraphTable = {
      tensors,
      inputs: move(fed),
      outputs: move(outputs.filter((index) => passes(dataTypeOf(this.tensors[index]?.type)))),
      operators: operators.map(({ inputs = [], outputs = [], intermediates = [], ...operator }) => ({
        ...operator,
        inputs: move(inputs),
        outputs: move(outputs),
        ...(intermediates.length === 0 ? {} : { intermediates: move(intermediates) }),
      })),
    };
    const bodies = operators.some(hasBodies) ? (this.root.subgraphs?.slice(1) ?? []) : [];
    const { signatureDefs: _signatures, metadata: _metadata, metadataBuffer: _buffers, ...rest } = this.root;
    const cut = { ...rest, buffers: buffersOf(this.root, [graph, ...bodies]), subgraphs: [graph, ...bodies] };
    return this.dynamic ? withDynamicTensor(cut) : cut;
  }

  /** These operators, and before them those that decode their weights. */
  private withDecoders(nodes: readonly number[]): number[] {
    const all = new Set(nodes);
    for (const at of all) {
      for (const index of given(this.operators[at]?.inputs)) {
        const decoder = this.decoders.get(index);
        if (decoder !== undefined) all.add(decoder);
      }
    }
    return [...all].sort((a, b) => a - b);
  }

  /** Whether a tensor's elements are stored, or follow from stored ones before any run. */
  private isKnown(index: number): boolean {
    return isConstant(this.root, this.main, index) || this.decoders.has(index);
  }
}

/** Without the places that are left out. */
function given(indices: readonly number[] = []): number[] {
  return indices.filter((index) => index >= 0);
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
