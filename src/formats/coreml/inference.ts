import { type DataType, type DeclaredShape, elementCount, type Shape } from '../../model/dataType';
import type {
  DimensionChoice,
  Inference,
  InferredGraph,
  InferredNode,
  InferredTensor,
} from '../../model/inference';
import type { Problem, Tensor } from '../../model/model';
import { about } from '../../model/nodeId';
import { knownElements, MAX_ELEMENTS, Mismatch, plausible, smallShape, UNKNOWN, type Value } from '../value';
import type { NeuralNetworkLayer } from './coreml_pb';
import { resolveFeatures } from './dimensions';
import type { Feature } from './features';
import type { CoreMlBody, CoreMlGraph, CoreMlNode } from './graph';
import { type OperationShapes, operationMacs, worksThrough } from './mil/costs';
import { operationElements } from './mil/followed';
import { numbers } from './mil/settings';
import { operationShapes } from './mil/shapes';
import { layerMacs } from './neuralNetwork/costs';
import { type InputElements, outputShapes } from './neuralNetwork/layers';
import { outputElements } from './neuralNetwork/values';

/** Problems that are worth listing; a damaged file can have one for each node (CWE-770). */
const MAX_PROBLEMS = 50;

/**
 * Types, shapes and costs: an ML Program states its shapes, those of a neural network follow layer by layer from
 * its inputs.
 *
 * @throws UsageError when the choice contradicts itself or the model.
 */
export function inferModel(
  graph: CoreMlGraph,
  features: readonly Feature[],
  choice: DimensionChoice,
  read: ReadElements,
): Inference {
  const { dims, assumedInputs, shapes } = resolveFeatures(features, choice);
  const walk = new Walk(read);
  const inferred = walk.graph(graph, shapes, null, 1);
  return { dims, assumedInputs, graph: inferred, problems: walk.problems };
}

type Scope = (name: string) => Known | undefined;

interface Known extends InferredTensor {
  /** As the layers of a neural network see it. */
  readonly mapped: Shape | null;
  /** Of a small tensor that shapes are computed with. */
  readonly elements: readonly number[] | null;
}

/** Reads the elements of a small stored tensor; null where it cannot be read, or they stand for other numbers. */
export type ReadElements = (tensor: Tensor) => readonly number[] | null;

function valueOfTensor(known: Known | undefined): Value {
  return known ? { type: known.type, shape: known.mapped, elements: known.elements } : UNKNOWN;
}

/** A stored tensor, whose elements are read when an operator asks for them. */
function storedTensor(tensor: Tensor, read: ReadElements): Known {
  const { name, type, shape, storedElements } = tensor;
  let elements: readonly number[] | null | undefined;
  return {
    ...{ name, type, shape, declaredShape: shape, constant: true, mapped: shape },
    get elements() {
      if (elements === undefined) elements = storedElements <= MAX_ELEMENTS ? read(tensor) : null;
      return elements;
    },
  };
}

class Walk {
  readonly problems: Problem[] = [];
  readonly #read: ReadElements;

  constructor(read: ReadElements) {
    this.#read = read;
  }

  graph(
    graph: CoreMlGraph,
    inputs: ReadonlyMap<string, Shape | null>,
    outer: Scope | null,
    runs: number | null,
  ): InferredGraph {
    const tensors = new Map<string, Known>();
    const scope: Scope = (name) => tensors.get(name) ?? outer?.(name);
    for (const [name, tensor] of graph.constants) tensors.set(name, storedTensor(tensor, this.#read));
    for (const { name, type, declaredShape } of graph.inputs) {
      const shape = plausible(inputs.get(name) ?? fixed(declaredShape));
      const map = graph.mappedInputs.get(name);
      const mapped = plausible(shape && map ? (map(shape) as Shape) : shape);
      tensors.set(name, { name, type, shape, declaredShape, constant: false, mapped, elements: null });
    }
    const nodes = graph.nodes.map((node) => this.#node(node, graph, tensors, scope));
    for (const { name, type, declaredShape } of graph.outputs) {
      if (scope(name)) continue;
      const shape = plausible(fixed(declaredShape));
      const known = { name, type, shape, declaredShape, constant: false, mapped: shape, elements: null };
      tensors.set(name, known);
    }
    return { graph, tensors, nodes, runs };
  }

  #node(node: CoreMlNode, graph: CoreMlGraph, tensors: Map<string, Known>, scope: Scope): InferredNode {
    const alternatives = node.op === 'cond' || node.op === 'branch';
    const bodies = node.bodies.map(({ role, graph: body }) => {
      const given = bodyInputs(node, body, scope);
      return this.graph(body, given, scope, runsOf(node, role));
    });
    // What the networks inside a layer give is seen by the layers behind it.
    if (node.source.kind === 'layer') {
      for (const body of bodies) {
        for (const [name, tensor] of body.tensors) {
          if (!tensors.has(name)) tensors.set(name, { ...tensor, mapped: tensor.shape, elements: null });
        }
      }
    }
    const shapes = this.#guarded(node, scope, bodies);
    const constant = node.inputs.length > 0 && node.inputs.every((name) => scope(name)?.constant);
    const type = elementType(node);
    const outputs = node.outputs.map((name, index) => {
      const stated = graph.valueInfo.get(name);
      const declared = fixed(stated?.declaredShape ?? null);
      const found = shapes[index] ?? null;
      // What a neural network states holds for the default sizes of its inputs only.
      const mapped = node.source.kind === 'layer' ? merge(found, declared) : merge(declared, found);
      const shape = plausible(mapped);
      const declaredShape = stated?.declaredShape ?? null;
      const tensor = {
        ...{ name, type: stated?.type ?? type, shape, declaredShape, constant, mapped: shape },
        elements: index === 0 && !isOverwritten(graph) ? elementsOf(node, scope, shape) : null,
      };
      tensors.set(name, tensor);
      return tensor;
    });
    const { macs, elementOps } = costs(node, scope, outputs);
    return { node, macs, elementOps, bodies, alternatives };
  }

  /** Shapes of the outputs as far as they follow from those of the inputs. */
  #guarded(node: CoreMlNode, scope: Scope, bodies: readonly InferredGraph[]): readonly (Shape | null)[] {
    const { source } = node;
    try {
      if (source.kind === 'layer') {
        return outputShapes(source.layer, layerInputs(node, scope), layerElements(source.layer, scope));
      }
      if (source.kind === 'operation') {
        if (node.op === 'cond') return outputsOf(bodies[0]);
        // Variables keep their shapes from run to run; what the first values leave open the body may tell.
        if (node.op === 'while_loop') {
          const after = outputsOf(bodies[1]);
          return source
            .inputsOf('loop_vars')
            .map((name, i) => merge(scope(name)?.mapped ?? null, after[i] ?? null));
        }
        return operationShapes(shapesOf(node, scope, null), node.outputs.length);
      }
      return (source.gives ?? node.outputs).map((name) => bodies[0]?.tensors.get(name)?.shape ?? null);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      if (this.problems.length < MAX_PROBLEMS) {
        const message = `The layer '${node.name}' (${node.op}) ${error.message}.`;
        this.problems.push({ message, ...about(node) });
      }
      return [];
    }
  }
}

/** Networks inside a layer are run again and again, and write to names that exist already. */
function isOverwritten({ nodes }: CoreMlGraph): boolean {
  return nodes.some(
    ({ source, bodies, op }) => source.kind === 'layer' && (bodies.length > 0 || op === 'copy'),
  );
}

/** Elements of a node's only output, where they follow from what is known of its inputs. */
function elementsOf(node: CoreMlNode, scope: Scope, shape: Shape | null): readonly number[] | null {
  const { source } = node;
  if (node.outputs.length !== 1 || node.bodies.length > 0 || smallShape(shape) === null) return null;
  if (source.kind === 'operation') return operationElements(shapesOf(node, scope, shape), shape);
  if (source.kind !== 'layer') return null;
  const { layer } = source;
  const kind = layer.layer.case;
  // Its weights stand behind its inputs, of which it has none.
  if (kind === 'loadConstantND') return scope(node.inputs[0] ?? '')?.elements ?? null;
  const inputs = layer.input.map((name) => valueOfTensor(scope(name)));
  return outputElements(layer, inputs, shape, layerElements(layer, scope));
}

function layerElements({ input }: NeuralNetworkLayer, scope: Scope): InputElements {
  return (index) => {
    const name = input[index];
    return name === undefined ? undefined : knownElements(valueOfTensor(scope(name)));
  };
}

function outputsOf(body: InferredGraph | undefined): readonly (Shape | null)[] {
  return body?.graph.outputs.map(({ name }) => body.tensors.get(name)?.shape ?? null) ?? [];
}

function costs(
  node: CoreMlNode,
  scope: Scope,
  outputs: readonly Known[],
): Pick<InferredNode, 'macs' | 'elementOps'> {
  const { source } = node;
  if (source.kind === 'model') return { macs: source.macs, elementOps: source.elementOps };
  if (node.bodies.length > 0) return { macs: 0, elementOps: 0 };
  const shapes = outputs.map(({ mapped }) => mapped);
  const inputs = layerInputs(node, scope);
  const macs =
    source.kind === 'layer'
      ? layerMacs(source.layer, inputs, shapes)
      : operationMacs(shapesOf(node, scope, shapes[0] ?? null));
  if (macs !== undefined) return { macs, elementOps: 0 };
  const works = source.kind === 'layer' ? layerWorks(node.op) : worksThrough(node.op);
  if (works === 'none') return { macs: 0, elementOps: 0 };
  if (works === 'input') return { macs: 0, elementOps: elementCount(inputs[0] ?? null) };
  let elements: number | null = 0;
  for (const shape of shapes) {
    const count = elementCount(shape);
    elements = elements === null || count === null ? null : elements + count;
  }
  return { macs: 0, elementOps: elements };
}

const LOOKING: ReadonlySet<string> = new Set([
  ...['copy', 'expandDims', 'flatten', 'flattenTo2D', 'getShape', 'loadConstant', 'loadConstantND'],
  ...['rankPreservingReshape', 'reshape', 'reshapeDynamic', 'reshapeLike', 'reshapeStatic', 'squeeze'],
]);

function layerWorks(op: string): 'outputs' | 'input' | 'none' {
  if (LOOKING.has(op)) return 'none';
  return op.startsWith('reduce') || op === 'pooling' || op.endsWith('ooling3d') ? 'input' : 'outputs';
}

/** A model of a pipeline runs once; which branch is taken is not known, nor how often most loops run. */
function runsOf({ source, bodies }: CoreMlNode, role: string): number | null {
  if (source.kind === 'model') return 1;
  if (source.kind === 'layer') return countedRuns(source.layer, bodies);
  const runs = source.kind === 'operation' ? source.runs : null;
  // The condition is asked once more, and then says no.
  return runs !== null && role === 'cond' ? runs + 1 : runs;
}

/** A loop without a condition runs as often as it says, unless something in it ends it or a run earlier. */
function countedRuns({ layer, input }: NeuralNetworkLayer, bodies: readonly CoreMlBody[]): number | null {
  if (layer.case !== 'loop' || layer.value.conditionNetwork || input.length > 0) return null;
  const ends = ({ graph }: CoreMlBody): boolean =>
    graph.nodes.some(
      ({ op, bodies: inner }) => op === 'loopBreak' || op === 'loopContinue' || inner.some(ends),
    );
  return bodies.some(ends) ? null : Number(layer.value.maxLoopIterations);
}

/** A loop hands its variables on by position, everything else by name. */
function bodyInputs(
  { op, source }: CoreMlNode,
  { inputs }: CoreMlGraph,
  scope: Scope,
): Map<string, Shape | null> {
  const variables = op === 'while_loop' && source.kind === 'operation' ? source.inputsOf('loop_vars') : [];
  const renamed = source.kind === 'model' ? source.given : undefined;
  return new Map(
    inputs.map(({ name, declaredShape }, index) => {
      const shape = scope(variables[index] ?? renamed?.get(name) ?? name)?.shape ?? null;
      return [name, merge(fixed(declaredShape), shape)];
    }),
  );
}

function layerInputs({ inputs, source }: CoreMlNode, scope: Scope): readonly (Shape | null)[] {
  const names = source.kind === 'layer' ? source.layer.input : inputs;
  return names.map((name) => scope(name)?.mapped ?? null);
}

function shapesOf(
  { op, attributes, source }: CoreMlNode,
  scope: Scope,
  output: Shape | null,
): OperationShapes {
  const values = (parameter: string) =>
    (source.kind === 'operation' ? source.inputsOf(parameter) : []).map((name) => valueOfTensor(scope(name)));
  const setting = (parameter: string) => attributes.find(({ name }) => name === parameter)?.value;
  return {
    type: op,
    output,
    values,
    inputs: (parameter) => values(parameter).map(({ shape }) => shape),
    input: (parameter) => values(parameter)[0]?.shape ?? null,
    setting,
    elements: (parameter) => {
      const [given] = values(parameter);
      if (given) return knownElements(given);
      const stated = setting(parameter);
      return stated === undefined ? undefined : numbers(stated);
    },
  };
}

/** Layers of a neural network work on float32, whatever the weights are stored as. */
function elementType({ source }: CoreMlNode): DataType | null {
  return source.kind === 'layer' ? 'float32' : null;
}

function fixed(shape: DeclaredShape | null): Shape | null {
  return shape?.map((dimension) => (typeof dimension === 'number' ? dimension : null)) ?? null;
}

/** The first, and where that is open the second. */
function merge(first: Shape | null, second: Shape | null): Shape | null {
  if (first === null) return second;
  if (second?.length !== first.length) return first;
  return first.map((size, axis) => size ?? second[axis] ?? null);
}
