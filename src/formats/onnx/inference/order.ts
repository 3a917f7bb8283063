import { itemAt } from '../../../model/assert';
import type { OnnxGraph, OnnxNode } from '../reading/graph';

/**
 * Indices of a graph's nodes such that each comes after those that it needs: the file's order where that is
 * sorted, as it should be. Nodes on a cycle, and behind it, come last.
 */
export function executionOrder(graph: OnnxGraph): readonly number[] {
  const producers = new Map<string, number>();
  graph.nodes.forEach((node, index) => {
    for (const output of node.outputs) if (!producers.has(output)) producers.set(output, index);
  });
  producers.delete('');
  const inOrder = graph.nodes.map((_, index) => index);
  // Nearly every file is sorted: this check is all that 100,000 nodes cost then.
  const late = (name: string, index: number) => (producers.get(name) ?? -1) >= index;
  const sorted = graph.nodes.every((node, index) => {
    const names = node.bodies.length === 0 ? node.inputs : [...namesUsed(node)];
    return !names.some((name) => late(name, index));
  });
  if (sorted) return inOrder;

  const needs = (node: OnnxNode) => [...namesUsed(node)].flatMap((name) => producers.get(name) ?? []);
  const waiting = graph.nodes.map((node) => new Set(needs(node)).size);
  const users = graph.nodes.map(() => [] as number[]);
  graph.nodes.forEach((node, index) => {
    for (const producer of new Set(needs(node))) itemAt(users, producer).push(index);
  });
  const order = inOrder.filter((index) => waiting[index] === 0);
  for (let next = 0; next < order.length; next++) {
    for (const user of itemAt(users, itemAt(order, next))) {
      const left = itemAt(waiting, user) - 1;
      waiting[user] = left;
      if (left === 0) order.push(user);
    }
  }
  return [...order, ...inOrder.filter((index) => itemAt(waiting, index) > 0)];
}

/** Inputs of a node and names that its bodies may take from the graph around them. */
function* namesUsed(node: OnnxNode): Generator<string> {
  yield* node.inputs;
  for (const { graph } of node.bodies) {
    // A function sees nothing but its inputs.
    if (graph.proto.$typeName === 'caliper.onnx.FunctionProto') continue;
    for (const inner of graph.nodes) yield* namesUsed(inner);
    for (const output of graph.outputs) yield output.name;
  }
}
