import { itemAt } from '../model/assert';

/** A layer as runtimes look at it that hand parts of a graph to an accelerator. */
export interface PlacedNode {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** It runs on the accelerator. */
  readonly there: boolean;
}

/**
 * How many layers run in turns on one and on the other part of a device: each number is a run of layers without a
 * switch, as large as the layers' inputs allow, and the runs alternate.
 *
 * The order of a file is one of many that are right. What a part of the device can run is what needs nothing that only
 * the other part is yet to give, so that layers which lie apart in the file become one run. LiteRT divides graphs for
 * its delegates in this way, dependency by dependency (its guide for delegates says so, and `tensorflow/lite/graph_info.h`
 * how), and begins with the part that the first layer runs on.
 */
export function partitionsOf(nodes: readonly PlacedNode[]): { there: boolean; nodes: number }[] {
  const { needs, followers } = dependencies(nodes);
  /** What could run now, by whether it runs there. */
  const ready: Record<'true' | 'false', number[]> = { true: [], false: [] };
  const readyAt = (there: boolean) => ready[`${there}`];
  const add = (index: number) => readyAt(itemAt(nodes, index).there).push(index);
  for (const [index, count] of needs.entries()) if (count === 0) add(index);
  const first = [...readyAt(true), ...readyAt(false)].reduce((low, at) => Math.min(low, at), nodes.length);
  if (first === nodes.length) return [];
  const partitions: { there: boolean; nodes: number }[] = [];
  for (let { there } = itemAt(nodes, first); readyAt(there).length > 0; there = !there) {
    let count = 0;
    for (let index = readyAt(there).pop(); index !== undefined; index = readyAt(there).pop()) {
      count++;
      for (const follower of itemAt(followers, index)) {
        needs[follower] = itemAt(needs, follower) - 1;
        if (needs[follower] === 0) add(follower);
      }
    }
    partitions.push({ there, nodes: count });
  }
  return partitions;
}

/** Of how many others each layer needs something, and which others need something of it. */
function dependencies(nodes: readonly PlacedNode[]): { needs: number[]; followers: number[][] } {
  const producers = new Map<string, number>();
  const readers = new Map<string, number[]>();
  const needs = nodes.map(() => 0);
  const followers = nodes.map((): number[] => []);
  const follow = (before: number, index: number) => {
    if (before === index) return;
    itemAt(followers, before).push(index);
    needs[index] = itemAt(needs, index) + 1;
  };
  for (const [index, { inputs, outputs }] of nodes.entries()) {
    const [changed] = inputs;
    for (const name of new Set(inputs)) {
      if (name === '') continue;
      const producer = producers.get(name);
      if (producer !== undefined) follow(producer, index);
      const reading = readers.get(name);
      // One without outputs changes something, such as a variable: who reads it before or after keeps that order.
      if (outputs.length === 0 && name === changed) {
        for (const reader of reading ?? []) follow(reader, index);
        producers.set(name, index);
        readers.set(name, []);
      } else if (reading === undefined) readers.set(name, [index]);
      else reading.push(index);
    }
    for (const name of outputs) if (name !== '') producers.set(name, index);
  }
  return { needs, followers };
}
