import type { Shape } from '../../model/dataType';
import type { InferredGraph } from '../../model/inference';
import { knownScalar, type Value } from '../value';
import type { TfliteGraph, TfliteNode } from './graph';
import type { Known, Walked } from './inference';
import { shaped } from './operators/operator';

/** What is known of a node that calls graphs. */
export interface Entered {
  readonly outputs: readonly Value[];
  readonly bodies: readonly InferredGraph[];
  readonly alternatives: boolean;
}

/** Walks through a graph; null when too many were already. */
type Enter = (graph: TfliteGraph, inputs: readonly (Known | null)[], runs: number | null) => Walked | null;

/** Outputs of IF, WHILE and calls by inferring the graphs that they enter. */
export function enterBodies(node: TfliteNode, inputs: readonly (Known | null)[], enter: Enter): Entered {
  switch (node.op) {
    case 'IF':
      return branch(node, inputs, enter);
    case 'CALL':
    case 'STABLEHLO_COMPOSITE':
      return call(node, inputs, enter, 1);
    // Once before the first run, never again.
    case 'CALL_ONCE':
      return call(node, inputs, enter, 0);
    case 'WHILE':
    case 'STABLEHLO_WHILE':
      return loop(node, inputs, enter);
    default: {
      const walked = node.bodies.flatMap(({ graph }) => enter(graph, [], null) ?? []);
      return { outputs: [], bodies: walked.map(({ graph }) => graph), alternatives: false };
    }
  }
}

function call(
  { bodies: [body] }: TfliteNode,
  inputs: readonly (Known | null)[],
  enter: Enter,
  runs: number,
): Entered {
  const walked = body ? enter(body.graph, inputs, runs) : null;
  return { outputs: walked?.outputs ?? [], bodies: walked ? [walked.graph] : [], alternatives: false };
}

/** The first input chooses, the others go to the branch. What both give is known. */
function branch(node: TfliteNode, [condition, ...inputs]: readonly (Known | null)[], enter: Enter): Entered {
  const chosen = knownScalar(condition);
  const walked = node.bodies.flatMap(({ role, graph }) => {
    const taken = chosen === null ? null : Number((chosen !== 0) === (role === 'then'));
    return enter(graph, inputs, taken) ?? [];
  });
  const possible = walked.filter(({ graph }) => graph.runs !== 0);
  const outputs = node.outputs.map((_, index) =>
    shaped(common(possible.map((one) => one.outputs[index]?.shape ?? null))),
  );
  return { outputs, bodies: walked.map(({ graph }) => graph), alternatives: true };
}

/** How often it runs is not known; what it carries has the same shape afterwards if one run does not change it. */
function loop(node: TfliteNode, inputs: readonly (Known | null)[], enter: Enter): Entered {
  const carried = inputs.map((one) => one && { ...one, elements: null });
  const walked = node.bodies.map(({ role, graph }) => ({ role, body: enter(graph, carried, null) }));
  const last = walked.find(({ role }) => role === 'body')?.body;
  const outputs = node.outputs.map((_, index) =>
    shaped(common([inputs[index]?.shape ?? null, last?.outputs[index]?.shape ?? null])),
  );
  return {
    outputs,
    bodies: walked.flatMap(({ body }) => (body ? [body.graph] : [])),
    alternatives: false,
  };
}

/** null where they differ. */
function common([first = null, ...others]: readonly (Shape | null)[]): Shape | null {
  return others.reduce<Shape | null>((shape, other) => {
    if (shape === null || other === null || shape.length !== other.length) return null;
    return shape.map((length, axis) => (length === other[axis] ? length : null));
  }, first);
}
