import { BITS, isFloat } from '../model/dataType';
import type { Graph, Node, Tensor } from '../model/model';
import type { ParameterTensor } from './format';

/** What the operators of a format do with constants at an input, by name of the operator. */
export interface ParameterRules {
  /** The operator only reshapes or decodes it: its weights belong to whoever uses the output. */
  passesOn(op: string, input: number): boolean;
  /** A scale, zero point, bound, axis or shape there, never a weight. */
  isSetting(op: string, input: number): boolean;
  /** A tensor of wide integers there is quantized data. Floats, and integers of 8 bits and less, are data anyhow. */
  isQuantizedData(op: string, input: number, tensor: Tensor): boolean;
}

/** One use of a tensor; `input` is null for a node whose body uses it. */
interface Use {
  readonly node: number;
  readonly input: number | null;
}

/**
 * Weight tensors of a graph that are data: floating-point or quantized, and not a scale, zero point, shape or
 * other setting wherever they are used. Each with the nodes that it reaches, directly or through operators that
 * only reshape or decode it; a body's use counts for the node that holds the body.
 */
export function parameterTensors(graph: Graph, rules: ParameterRules): ParameterTensor[] {
  const uses = usesOf(graph);
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const found: ParameterTensor[] = [];
  for (const tensor of graph.constants.values()) {
    const users = usersOf(tensor, graph, uses, outputs, rules);
    if (users) found.push({ tensor, users });
  }
  return found;
}

/** Indices of the nodes that use a tensor as data; null when it is no parameter. */
function usersOf(
  tensor: Tensor,
  graph: Graph,
  uses: ReadonlyMap<string, readonly Use[]>,
  outputs: ReadonlySet<string>,
  { passesOn, isSetting, isQuantizedData }: ParameterRules,
): number[] | null {
  const { type } = tensor;
  if (type === 'string' || type === 'bool') return null;
  const real = isFloat(type) || type.startsWith('complex');
  const small = !real && (BITS[type] ?? 64) <= 8;
  const users = new Set<number>();
  const direct = uses.get(tensor.name) ?? [];
  // A float that nothing uses is dead weight, but weight; a scale is none even if its node is dead.
  let data = real && direct.length === 0;
  const queue = [{ name: tensor.name, decoded: false }];
  const seen = new Set<string>();
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (seen.has(next.name)) continue;
    seen.add(next.name);
    for (const { node: index, input } of uses.get(next.name) ?? []) {
      const node = graph.nodes[index] as Node;
      if (input === null) {
        if (real || next.decoded) users.add(index);
        continue;
      }
      if (isSetting(node.op, input)) continue;
      const counts = real || small || next.decoded || isQuantizedData(node.op, input, tensor);
      const [output] = node.outputs;
      if (passesOn(node.op, input) && output) {
        queue.push({ name: output, decoded: next.decoded || isQuantizedData(node.op, input, tensor) });
        if (outputs.has(output) && counts) users.add(index);
      } else if (counts) {
        users.add(index);
      }
    }
  }
  data ||= users.size > 0;
  return data ? [...users].sort((a, b) => a - b) : null;
}

function usesOf(graph: Graph): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  const add = (name: string, use: Use) => {
    const list = uses.get(name);
    if (list) list.push(use);
    else uses.set(name, [use]);
  };
  for (const [node, { inputs, bodies }] of graph.nodes.entries()) {
    for (const [input, name] of inputs.entries()) if (name !== '') add(name, { node, input });
    for (const body of bodies) for (const name of freeNames(body.graph)) add(name, { node, input: null });
  }
  return uses;
}

/** By graph, since a function's graph is the body of every node that calls it. */
const freeNamesOf = new WeakMap<Graph, ReadonlySet<string>>();

/** Names that a body uses and does not give itself; a function uses none. */
function freeNames(graph: Graph): ReadonlySet<string> {
  const known = freeNamesOf.get(graph);
  if (known) return known;
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.constants.keys()]);
  const used = new Set<string>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) own.add(output);
    for (const input of node.inputs) if (input !== '') used.add(input);
    for (const body of node.bodies) for (const name of freeNames(body.graph)) used.add(name);
  }
  for (const output of graph.outputs) used.add(output.name);
  const free = new Set([...used].filter((name) => !own.has(name)));
  freeNamesOf.set(graph, free);
  return free;
}
