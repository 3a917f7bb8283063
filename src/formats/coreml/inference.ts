import { type DataType, type DeclaredShape, elementCount, type Shape } from '../../model/dataType';
import type {
  DimensionChoice,
  Inference,
  InferredGraph,
  InferredNode,
  InferredTensor,
} from '../../model/inference';
import type { Problem } from '../../model/model';
import { Mismatch, plausible } from '../value';
import { resolveFeatures } from './dimensions';
import type { Feature } from './features';
import type { CoreMlGraph, CoreMlNode } from './graph';
import { type OperationShapes, operationMacs, worksThrough } from './mil/costs';
import { operationShapes } from './mil/shapes';
import { layerMacs } from './neuralNetwork/costs';
import { outputShapes } from './neuralNetwork/layers';

/** Problems that are worth listing; a damaged file can have one for each node. */
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
): Inference {
  const { dims, assumedInputs, shapes } = resolveFeatures(features, choice);
  const walk = new Walk();
  const inferred = walk.graph(graph, shapes, null, 1);
  return { dims, assumedInputs, graph: inferred, problems: walk.problems };
}

type Scope = (name: string) => Known | undefined;

interface Known extends InferredTensor {
  /** As the layers of a neural network see it. */
  readonly mapped: Shape | null;
}

class Walk {
  readonly problems: Problem[] = [];

  graph(
    graph: CoreMlGraph,
    inputs: ReadonlyMap<string, Shape | null>,
    outer: Scope | null,
    runs: number | null,
  ): InferredGraph {
    const tensors = new Map<string, Known>();
    const scope: Scope = (name) => tensors.get(name) ?? outer?.(name);
    for (const [name, { type, shape }] of graph.constants) {
      tensors.set(name, { name, type, shape, declaredShape: shape, constant: true, mapped: shape });
    }
    for (const { name, type, declaredShape } of graph.inputs) {
      const shape = plausible(inputs.get(name) ?? fixed(declaredShape));
      const map = graph.mappedInputs.get(name);
      const mapped = plausible(shape && map ? (map(shape) as Shape) : shape);
      tensors.set(name, { name, type, shape, declaredShape, constant: false, mapped });
    }
    const nodes = graph.nodes.map((node) => this.#node(node, graph, tensors, scope));
    for (const { name, type, declaredShape } of graph.outputs) {
      if (scope(name)) continue;
      const shape = plausible(fixed(declaredShape));
      tensors.set(name, { name, type, shape, declaredShape, constant: false, mapped: shape });
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
          if (!tensors.has(name)) tensors.set(name, { ...tensor, mapped: tensor.shape });
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
      const tensor = { name, type: stated?.type ?? type, shape, declaredShape, constant, mapped: shape };
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
      if (source.kind === 'layer') return outputShapes(source.layer, layerInputs(node, scope));
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
      return node.outputs.map((name) => bodies[0]?.tensors.get(name)?.shape ?? null);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      if (this.problems.length < MAX_PROBLEMS) {
        const message = `The layer '${node.name}' (${node.op}) ${error.message}.`;
        this.problems.push({ message, node: node.name });
      }
      return [];
    }
  }
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
function runsOf({ source }: CoreMlNode, role: string): number | null {
  if (source.kind === 'model') return 1;
  const runs = source.kind === 'operation' ? source.runs : null;
  // The condition is asked once more, and then says no.
  return runs !== null && role === 'cond' ? runs + 1 : runs;
}

/** A loop hands its variables on by position, everything else by name. */
function bodyInputs(
  { op, source }: CoreMlNode,
  { inputs }: CoreMlGraph,
  scope: Scope,
): Map<string, Shape | null> {
  const variables = op === 'while_loop' && source.kind === 'operation' ? source.inputsOf('loop_vars') : [];
  return new Map(
    inputs.map(({ name, declaredShape }, index) => {
      const shape = scope(variables[index] ?? name)?.shape ?? null;
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
  const inputs = (parameter: string) =>
    (source.kind === 'operation' ? source.inputsOf(parameter) : []).map(
      (name) => scope(name)?.mapped ?? null,
    );
  return {
    type: op,
    output,
    inputs,
    input: (parameter) => inputs(parameter)[0] ?? null,
    setting: (parameter) => attributes.find(({ name }) => name === parameter)?.value,
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
