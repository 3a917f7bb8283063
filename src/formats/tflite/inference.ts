import { itemAt } from '../../model/assert';
import { type DataType, elementCount, type Shape } from '../../model/dataType';
import type {
  DimensionChoice,
  Inference,
  InferredGraph,
  InferredNode,
  InferredTensor,
} from '../../model/inference';
import type { Problem, Tensor, ValueInfo } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { about } from '../../model/nodeId';
import { stored } from '../following';
import type { TensorElements } from '../format';
import { resolveInputs } from '../inputDims';
import { MAX_ELEMENTS, Mismatch, plausible, sum, type Value } from '../value';
import { shapeDecidedBy } from './computedShape';
import type { TfliteGraph, TfliteNode } from './graph';
import { type Entered, enterBodies } from './inferenceBodies';
import { isForeign, operatorOf } from './operators';
import type { Operator } from './operators/operator';

/** What inference needs of an opened file. */
export interface InferenceSource {
  readonly model: { readonly graph: TfliteGraph };
  readTensor(tensor: Tensor, limit?: number): TensorElements;
}

/** What is known of a tensor, and whether the shape that the file states for it holds with these inputs. */
export interface Known extends InferredTensor, Value {
  readonly elements: Value['elements'];
  readonly sequence?: never;
  readonly asStated: boolean;
}

/** A graph that was walked through, and its outputs. */
export interface Walked {
  readonly graph: InferredGraph;
  readonly outputs: readonly Known[];
}

/** Nodes that are looked at inside bodies, in all: graphs that call graphs could multiply without end (CWE-834). */
const MAX_BODY_NODES = 500_000;

/**
 * Types, shapes and costs of all tensors and nodes. The file states a shape for every tensor, for the inputs as it
 * states them; operator by operator they are found anew, so that other input sizes and shapes that are computed
 * with known values are right as well. Where that is not possible, the stated shape holds as long as nothing
 * before it has changed.
 *
 * @throws UsageError when the choice contradicts itself or the file.
 */
export function inferModel(file: InferenceSource, choice: DimensionChoice): Inference {
  const { graph } = file.model;
  const { dims, assumedInputs, shapes } = resolveInputs(graph.inputs, choice);
  const walk = new Walk(file);
  const inferred = walk.graph(
    graph,
    graph.inputs.map(({ name }) => ({ shape: shapes.get(name) ?? null, elements: null })),
    1,
  );
  return { dims, assumedInputs, graph: inferred.graph, problems: walk.problems };
}

class Walk {
  readonly problems: Problem[] = [];
  readonly #file: InferenceSource;
  readonly #unknown = new Set<string>();
  #left = MAX_BODY_NODES;

  constructor(file: InferenceSource) {
    this.#file = file;
  }

  graph(
    graph: TfliteGraph,
    inputs: readonly (Pick<Value, 'shape' | 'elements'> | null)[],
    runs: number | null,
  ): Walked {
    const tensors = new Map<string, Known>();
    const stated = statedShapes(graph);
    const known = (
      name: string,
      shape: Shape | null,
      elements: Value['elements'],
      constant = false,
    ): Known => {
      const info = graph.valueInfo.get(name);
      return {
        name,
        type: info?.type ?? null,
        shape: plausible(shape),
        declaredShape: info?.declaredShape ?? null,
        constant,
        elements,
        asStated: sameShape(shape, stated.get(name) ?? null),
        ...(info?.quantization && { quantization: info.quantization }),
      };
    };
    for (const [name, tensor] of graph.constants) {
      tensors.set(name, new Stored(known(name, tensor.shape, null, true), () => this.#elements(tensor)));
    }
    graph.inputs.forEach(({ name }, index) => {
      const given = inputs[index];
      tensors.set(
        name,
        known(name, given ? given.shape : (stated.get(name) ?? null), given?.elements ?? null),
      );
    });
    for (const [index, table] of (graph.table.tensors ?? []).entries()) {
      const name = itemAt(graph.tensorNames, index);
      if (table.isVariable) tensors.set(name, known(name, stated.get(name) ?? null, null));
    }
    const nodes = graph.nodes.map((node) => this.#node(node, graph, tensors, stated, known));
    const outputs = graph.outputs.map(({ name }) => tensors.get(name) ?? known(name, null, null));
    return { graph: { graph, tensors, nodes, runs }, outputs };
  }

  #node(
    node: TfliteNode,
    graph: TfliteGraph,
    tensors: Map<string, Known>,
    stated: ReadonlyMap<string, Shape>,
    known: (name: string, shape: Shape | null, elements: Value['elements'], constant: boolean) => Known,
  ): InferredNode {
    const inputs = node.inputs.map((name) => (name === '' ? null : (tensors.get(name) ?? null)));
    const operator = node.bodies.length > 0 ? undefined : operatorOf(node.op);
    const types = node.outputs.map((name) => graph.valueInfo.get(name)?.type ?? null);
    const context = { operator: node.table, inputs, outputs: node.outputs.length, types };
    const entered = node.bodies.length > 0 ? this.#bodies(node, inputs) : null;
    const found = entered?.outputs ?? this.#inferred(node, () => operator?.infer?.(context) ?? []);
    if (!operator && !entered) this.#noteUnknown(node);
    const holds = inputs.every((one, place) => one === null || one.asStated || node.inputs[place] === '');
    const decided = shapeDecidedBy(node.op).every((place) => inputs[place]?.elements !== null);
    const constant = isConstant(node, inputs);
    const read = OF_SHAPES.has(node.op) ? [] : inputs;
    const quantized = [...read, ...node.outputs.map((name) => graph.valueInfo.get(name))].some(
      (one) => (one?.quantization?.scales.length ?? 0) > 0,
    );
    const outputs = node.outputs.map((name, index) => {
      const value = found[index];
      const fallback = holds && decided && !isOpen(graph, name) ? (stated.get(name) ?? null) : null;
      const shape = merged(value?.shape ?? null, fallback);
      const output = known(name, shape, followed(value, types[index] ?? null, quantized), constant);
      if (name !== '' && !tensors.has(name)) tensors.set(name, output);
      return output;
    });
    return {
      node,
      ...costs(operator, entered, context, outputs),
      bodies: entered?.bodies ?? NO_BODIES,
      alternatives: entered?.alternatives ?? false,
    };
  }

  #inferred(node: TfliteNode, infer: () => readonly Value[]): readonly Value[] {
    try {
      return infer();
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.problems.push({
        message: `The node '${node.name}' (${node.op}) ${error.message}.`,
        ...about(node),
      });
      return [];
    }
  }

  #bodies(node: TfliteNode, inputs: readonly (Known | null)[]): Entered {
    return enterBodies(node, inputs, (body, given, runs) => {
      this.#left -= body.nodes.length;
      return this.#left < 0 ? null : this.graph(body, given, runs);
    });
  }

  #noteUnknown(node: TfliteNode): void {
    if (this.#unknown.has(node.op)) return;
    this.#unknown.add(node.op);
    this.problems.push({
      message: `The operator ${node.op} is not known: what it computes, and how much work that is, cannot be said.`,
      ...about(node),
    });
  }

  /** A tensor that cannot be read was reported when the file was opened; here it is only unknown. */
  #elements(tensor: Tensor): readonly number[] | null {
    if (!NUMBERS.has(tensor.type) || tensor.sparse || tensor.storedElements > MAX_ELEMENTS) return null;
    try {
      const { values } = this.#file.readTensor(tensor);
      return values.length === elementCount(tensor.shape) ? Array.from(values) : null;
    } catch (error) {
      if (error instanceof ModelError) return null;
      throw error;
    }
  }
}

/** Operators that look at no element. */
const OF_SHAPES: ReadonlySet<string> = new Set(['RANK', 'SHAPE']);

const NO_BODIES: readonly InferredGraph[] = [];

/** Elements as a tensor of this type stores them. What quantized ones stand for is not followed. */
function followed(value: Value | undefined, type: DataType | null, quantized: boolean): Value['elements'] {
  return quantized ? null : (value?.elements?.map((element) => stored(type, element)) ?? null);
}

/** Types that axes, sizes and shapes have, and what they are computed with. */
const NUMBERS: ReadonlySet<string> = new Set([
  ...['int32', 'int64', 'int16', 'int8', 'uint8', 'uint32'],
  ...['float32', 'float64', 'float16', 'bool'],
]);

/** A constant whose elements are read when an operator asks for them. */
class Stored implements Known {
  readonly name: string;
  readonly type: Known['type'];
  readonly shape: Known['shape'];
  readonly declaredShape: Known['declaredShape'];
  readonly constant = true;
  readonly asStated = true;
  readonly #read: () => readonly number[] | null;
  #elements: readonly number[] | null | undefined;

  constructor(
    { name, type, shape, declaredShape, quantization }: Known,
    read: () => readonly number[] | null,
  ) {
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.declaredShape = declaredShape;
    if (quantization) this.quantization = quantization;
    this.#read = read;
  }

  declare readonly quantization?: NonNullable<Known['quantization']>;

  get elements(): readonly number[] | null {
    if (this.#elements === undefined) this.#elements = this.#read();
    return this.#elements;
  }
}

function statedShapes({ table, tensorNames, nodes }: TfliteGraph): ReadonlyMap<string, Shape> {
  const { tensors = [] } = table;
  // What a custom operator gives has no shape in the file until the operator itself has decided it.
  const foreign = new Set(nodes.filter(({ op }) => isForeign(op)).flatMap(({ outputs }) => outputs));
  // Files from before the field was added state it nowhere, and no dimensions then mean a scalar.
  const ranks = tensors.some(({ hasRank }) => hasRank);
  const shapes = new Map<string, Shape>();
  for (const [index, { hasRank, shape = [] }] of tensors.entries()) {
    const name = itemAt(tensorNames, index);
    if (shape.length > 0 || hasRank || !(ranks || foreign.has(name))) shapes.set(name, shape);
  }
  return shapes;
}

/** The signature leaves dimensions open, whatever the shape fills in for them. */
function isOpen(graph: TfliteGraph, name: string): boolean {
  const info: ValueInfo | undefined = graph.valueInfo.get(name);
  return info?.declaredShape?.some((dimension) => dimension === null) ?? false;
}

/** What was found, completed by what is stated where that does not contradict it. */
function merged(found: Shape | null, stated: Shape | null): Shape | null {
  if (found === null || stated === null || found.length !== stated.length) return found ?? stated;
  const fits = found.every((length, axis) => length === null || length === stated[axis]);
  return fits ? stated : found;
}

function sameShape(a: Shape | null, b: Shape | null): boolean {
  return a !== null && b !== null && a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Its outputs are the same in every run: decoded weights and the like. */
function isConstant({ inputs: names, bodies }: TfliteNode, inputs: readonly (Known | null)[]): boolean {
  const used = names.flatMap((name, place) => (name === '' ? [] : [inputs[place]]));
  return bodies.length === 0 && used.length > 0 && used.every((one) => one?.constant === true);
}

function costs(
  operator: Operator | undefined,
  entered: Entered | null,
  context: { inputs: readonly (Known | null)[] } & Parameters<NonNullable<Operator['macs']>>[0],
  outputs: readonly Known[],
): Pick<InferredNode, 'macs' | 'elementOps'> {
  if (entered !== null) return { macs: 0, elementOps: 0 };
  if (operator === undefined) return { macs: null, elementOps: null };
  const macs = operator.macs ? operator.macs(context, outputs) : 0;
  if (operator.works === 'none') return { macs, elementOps: 0 };
  if (operator.works === 'input') return { macs, elementOps: elementCount(context.inputs[0]?.shape ?? null) };
  const counts = outputs.filter(({ name }) => name !== '').map(({ shape }) => elementCount(shape));
  return { macs, elementOps: sum(counts) };
}
