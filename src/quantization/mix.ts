import type { ParameterTensor } from '../formats/format';
import type { PlannedLayer } from '../formats/plan';
import type { Origins } from '../formats/rewriter';
import { itemAt } from '../model/assert';
import { elementCount } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import { minimumCut } from './minimumCut';

/** A tensor at which float and int8 would meet: between two layers, or (`to` null) a layer and the rest, which is float. */
export interface Boundary {
  readonly from: number;
  readonly to: number | null;
  readonly elements: number;
}

/** A layer that can be in int8 or in float. */
export type MixLayer = Pick<PlannedLayer, 'id' | 'rawOutput' | 'output'>;

/** Which layers there are to choose for, and what lies between them. Layers are named by their index. */
export interface MixProblem {
  readonly layers: readonly MixLayer[];
  readonly boundaries: readonly Boundary[];
  /** Layer that a node of the cleaned model belongs to: its own node, and the activation function folded into it. */
  readonly layerOfNode: ReadonlyMap<NodeId, number>;
  /** Stored bytes of each layer's weights in float. */
  readonly weightBytes: readonly number[];
}

/** A row of a profile; null = it has no time of its own, then `fusedInto` and its id may say where it went. */
export interface TimedRow {
  /** Of the model that was profiled; absent for what the engine added. */
  readonly id?: NodeId;
  readonly name: string;
  readonly medianMs: number | null;
  readonly fusedInto?: string;
  readonly fusedIntoId?: NodeId;
}

/** Milliseconds by layer, and of rows that the cleaned model has not. */
export interface LayerTimes {
  readonly layers: readonly number[];
  /** In an int8 model: its conversions. */
  readonly others: number;
}

/**
 * The choice between these layers.
 * @param inferred main graph of the cleaned model
 * @param parameters of that graph
 */
export function mixProblem(
  layers: readonly MixLayer[],
  inferred: InferredGraph,
  parameters: readonly ParameterTensor[],
): MixProblem {
  const layerOfTensor = new Map<string, number>();
  layers.forEach((layer, index) => {
    layerOfTensor.set(layer.rawOutput, index);
    layerOfTensor.set(layer.output, index);
  });
  const layerOfNode = new Map<NodeId, number>();
  const boundaries: Boundary[] = [];
  const elementsOf = (tensor: string): number =>
    elementCount(inferred.tensors.get(tensor)?.shape ?? null) ?? 0;
  for (const { node } of inferred.nodes) {
    const own = node.outputs.map((name) => layerOfTensor.get(name)).find((index) => index !== undefined);
    if (own !== undefined) layerOfNode.set(node.id, own);
    for (const tensor of node.inputs) {
      if (tensor === '' || inferred.tensors.get(tensor)?.constant !== false) continue;
      const producer = layerOfTensor.get(tensor);
      if (producer === own) continue;
      const elements = elementsOf(tensor);
      if (producer !== undefined) boundaries.push({ from: producer, to: own ?? null, elements });
      else if (own !== undefined) boundaries.push({ from: own, to: null, elements });
    }
  }
  for (const { name } of inferred.graph.outputs) {
    const producer = layerOfTensor.get(name);
    if (producer !== undefined) boundaries.push({ from: producer, to: null, elements: elementsOf(name) });
  }
  const weightBytes = layers.map(() => 0);
  for (const { tensor, users } of parameters) {
    for (const user of users) {
      const layer = layerOfNode.get(itemAt(inferred.graph.nodes, user).id);
      if (layer !== undefined) weightBytes[layer] = itemAt(weightBytes, layer) + tensor.bytes;
    }
  }
  return { layers, boundaries, layerOfNode, weightBytes };
}

/**
 * Adds a profile's rows up by layer. A row that holds several layers counts for the one that it is, else for all in
 * equal parts.
 * @param origins nodes of the cleaned model, by those of the one that was profiled; null: that is the cleaned one
 */
export function layerTimes(
  problem: MixProblem,
  rows: readonly TimedRow[],
  origins: Origins | null,
): LayerTimes {
  // What is in a body is not converted: it belongs to the node of the main graph that it is in.
  const originOf = (id: NodeId | undefined) => {
    const main = id?.split('/', 1)[0];
    return main === undefined || origins === null ? main : origins.get(main);
  };
  const layerOf = (id: NodeId | undefined) => {
    const origin = originOf(id);
    return origin === undefined ? undefined : problem.layerOfNode.get(origin);
  };
  const key = (id: NodeId | undefined, name: string) => (id === undefined ? `added ${name}` : id);
  const fused = new Map<string, Set<number>>();
  for (const { id, medianMs, fusedInto, fusedIntoId } of rows) {
    const layer = layerOf(id);
    if (layer === undefined || medianMs !== null || fusedInto === undefined) continue;
    const into = key(fusedIntoId, fusedInto);
    fused.set(into, (fused.get(into) ?? new Set()).add(layer));
  }
  const layers = problem.layers.map(() => 0);
  let others = 0;
  for (const { id, name, medianMs } of rows) {
    if (medianMs === null) continue;
    const own = layerOf(id);
    const owners = own === undefined ? [...(fused.get(key(id, name)) ?? [])] : [own];
    for (const owner of owners) layers[owner] = itemAt(layers, owner) + medianMs / owners.length;
    if (owners.length === 0 && originOf(id) === undefined) others += medianMs;
  }
  return { layers, others };
}

/** Elements that are converted between float and int8 when the layers of `float` are in float. */
export function convertedElements(problem: MixProblem, float: ReadonlySet<number>): number {
  return problem.boundaries
    .filter(({ from, to }) => float.has(from) !== (to === null || float.has(to)))
    .reduce((sum, { elements }) => sum + elements, 0);
}

/** What the choice is made by. */
export interface MixCosts {
  /** Milliseconds of each layer in float and in int8. */
  readonly float: readonly number[];
  readonly int8: readonly number[];
  /** Milliseconds to convert an element between the two. */
  readonly conversion: number;
  /** Layers that stay in float whatever they cost. */
  readonly pinned: ReadonlySet<number>;
}

/** Mixes that gain less than this are as fast as float, for all that profiles can tell. */
const WORTHWHILE = 0.97;
/** Halvings of the range in which the worth of a byte is looked for. */
const HALVINGS = 20;

/**
 * Layers that are in float in the best mix by these costs: the one that takes the least time, or, where that gains
 * nothing worth having (or `small`), the one that stores the least of those that take no longer than float.
 */
export function bestMix(problem: MixProblem, costs: MixCosts, small: boolean): Set<number> {
  const limit = costs.float.reduce((sum, ms) => sum + ms, 0);
  const fastest = cheapestMix(problem, costs, 0);
  if (!small && predictedMs(problem, costs, fastest) < WORTHWHILE * limit) return fastest;
  // What a byte is worth, in milliseconds: the more, the more layers are in int8, and the longer they take.
  let best = fastest;
  let low = 0;
  let high = limit / Math.max(1, Math.min(...problem.weightBytes.filter((bytes) => bytes > 0)));
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    const mix = cheapestMix(problem, costs, middle);
    if (predictedMs(problem, costs, mix) <= limit) {
      best = mix;
      low = middle;
    } else high = middle;
  }
  return best;
}

/** What a mix takes by these costs. */
export function predictedMs(problem: MixProblem, costs: MixCosts, float: ReadonlySet<number>): number {
  const layers = problem.layers.reduce(
    (sum, _, layer) => sum + itemAt(float.has(layer) ? costs.float : costs.int8, layer),
    0,
  );
  return layers + convertedElements(problem, float) * costs.conversion;
}

/** Layers in float in the cheapest mix, time and bytes together: a minimum cut. */
export function cheapestMix(problem: MixProblem, costs: MixCosts, msPerByte: number): Set<number> {
  const int8 = costs.int8.map((ms, layer) => (costs.pinned.has(layer) ? Number.MAX_VALUE : ms));
  for (const { from, to, elements } of problem.boundaries) {
    if (to === null) int8[from] = itemAt(int8, from) + elements * costs.conversion;
  }
  const float = costs.float.map((ms, layer) => ms + itemAt(problem.weightBytes, layer) * msPerByte);
  const edges = problem.boundaries.flatMap(({ from, to, elements }) =>
    to === null ? [] : [{ a: from, b: to, weight: elements * costs.conversion }],
  );
  const inFloat = minimumCut(int8, float, edges);
  return new Set(inFloat.flatMap((yes, layer) => (yes ? [layer] : [])));
}

/** Why layers went back to float: what they and the neighbours that went with them take, in figures. */
export function reasons(
  problem: MixProblem,
  costs: MixCosts,
  float: ReadonlySet<number>,
): Map<number, string> {
  const result = new Map<number, string>();
  for (const group of groups(problem, float)) {
    const members = new Set(group);
    const total = (ms: readonly number[]) => group.reduce((sum, layer) => sum + itemAt(ms, layer), 0);
    // As the group would be in int8 and all others as they are.
    const without = new Set([...float].filter((layer) => !members.has(layer)));
    const touching = problem.boundaries.filter(
      ({ from, to }) => members.has(from) || (to !== null && members.has(to)),
    );
    const conversions = convertedElements({ ...problem, boundaries: touching }, without) * costs.conversion;
    const who = group.length === 1 ? 'it takes' : `it and ${group.length - 1} of its neighbours take`;
    const reason = `${who} ${ms(total(costs.int8) + conversions)} in int8 with conversions, ${ms(total(costs.float))} in float`;
    for (const layer of group) result.set(layer, reason);
  }
  return result;
}

function ms(value: number): string {
  return `${value.toFixed(3)} ms`;
}

/** Float layers that hang together, each group in order. */
function groups(problem: MixProblem, float: ReadonlySet<number>): number[][] {
  const neighbours = new Map<number, number[]>();
  for (const { from, to } of problem.boundaries) {
    if (to === null || !float.has(from) || !float.has(to)) continue;
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const seen = new Set<number>();
  const result: number[][] = [];
  for (const start of float) {
    if (seen.has(start)) continue;
    const group = [start];
    seen.add(start);
    for (const layer of group) {
      for (const next of neighbours.get(layer) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        group.push(next);
      }
    }
    result.push(group.sort((a, b) => a - b));
  }
  return result;
}
