import type { Graph, Node, Problem } from '../model/model';
import { about } from '../model/nodeId';

/**
 * One damaged name can leave thousands of nodes without their inputs; the first few say what is wrong (CWE-770).
 */
const MAX_PROBLEMS = 20;

/**
 * What is wrong with how the nodes of a graph are connected: names that nothing gives or that two nodes give,
 * nodes out of order, cycles.
 *
 * @param given names that exist before the first node.
 * @param outer whether the graphs around this one make a name visible.
 */
export function checkTopology(
  graph: Graph,
  given: ReadonlySet<string>,
  report: (problem: Problem) => void,
  outer: (name: string) => boolean,
): void {
  const problems: Problem[] = [];
  const producers = new Map<string, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (given.has(output) || producers.has(output)) {
        problems.push({
          message: `'${node.name}' gives '${output}', which exists already.`,
          ...about(node),
        });
      } else {
        producers.set(output, index);
      }
    }
  }
  let late: Late | null = null;
  for (const [index, node] of graph.nodes.entries()) {
    for (const input of node.inputs) {
      if (input === '' || given.has(input)) continue;
      const producer = producers.get(input);
      if (producer === undefined) {
        if (outer(input)) continue;
        problems.push({
          message: `'${node.name}' needs '${input}', which no node, input or initializer gives.`,
          ...about(node),
        });
      } else if (producer >= index) {
        late ??= { node, input };
      }
    }
  }
  if (late) problems.unshift(orderProblem(graph, producers, late));
  for (const output of graph.outputs) {
    const known = given.has(output.name) || producers.has(output.name) || outer(output.name);
    if (!known) problems.push({ message: `The output '${output.name}' of the graph is given by no node.` });
  }
  for (const problem of problems.slice(0, MAX_PROBLEMS)) report(problem);
  if (problems.length > MAX_PROBLEMS) {
    report({ message: `${problems.length - MAX_PROBLEMS} more problems of this kind are not listed.` });
  }
}

/** A node before one that gives what it needs. */
interface Late {
  readonly node: Node;
  readonly input: string;
}

/** Nodes that are left when all whose inputs exist are taken away, again and again, lie on or behind a cycle. */
function orderProblem(graph: Graph, producers: ReadonlyMap<string, number>, late: Late): Problem {
  const waiting = graph.nodes.map((node) => node.inputs.filter((input) => producers.has(input)).length);
  const users = new Map<number, number[]>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const input of node.inputs) {
      const producer = producers.get(input);
      if (producer === undefined) continue;
      const list = users.get(producer);
      if (list) list.push(index);
      else users.set(producer, [index]);
    }
  }
  const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    for (const user of users.get(next) ?? []) {
      const left = (waiting[user] ?? 0) - 1;
      waiting[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  const start = waiting.findIndex((count) => count > 0);
  if (start < 0) {
    return {
      message: `The nodes are not in the order in which they run: '${late.node.name}' needs '${late.input}', which comes later.`,
      ...about(late.node),
    };
  }
  const node = graph.nodes[onCycle(graph, producers, waiting, start)] ?? late.node;
  return { message: `The graph has a cycle: '${node.name}' needs its own result.`, ...about(node) };
}

/** Every node that is left waits for another one that is left: going back along them must meet one twice. */
function onCycle(
  graph: Graph,
  producers: ReadonlyMap<string, number>,
  waiting: readonly number[],
  start: number,
): number {
  const seen = new Set<number>();
  let node = start;
  while (!seen.has(node)) {
    seen.add(node);
    const before = graph.nodes[node]?.inputs
      .map((input) => producers.get(input))
      .find((producer) => producer !== undefined && (waiting[producer] ?? 0) > 0);
    if (before === undefined) break;
    node = before;
  }
  return node;
}
