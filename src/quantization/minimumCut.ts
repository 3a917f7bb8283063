/** An edge that costs `weight` when it is cut, in either direction. */
export interface CutEdge {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
}

/** Capacities below this are rounding errors of sums of milliseconds. */
const EPSILON = 1e-12;

/**
 * The cheapest way to divide vertices 0 … count−1 into two sides, given what each costs on either side and what
 * an edge between the sides costs (all ≥ 0): a minimum cut, by Dinic's maximum-flow algorithm (1970).
 * @returns for each vertex whether it is on the second side.
 */
export function minimumCut(
  first: readonly number[],
  second: readonly number[],
  edges: readonly CutEdge[],
): boolean[] {
  const count = first.length;
  const source = count;
  const sink = count + 1;
  const flow = new FlowNetwork(count + 2);
  for (let v = 0; v < count; v++) {
    // Cutting source → v puts v on the second side, cutting v → sink puts it on the first.
    flow.add(source, v, second[v] as number, 0);
    flow.add(v, sink, first[v] as number, 0);
  }
  for (const { a, b, weight } of edges) flow.add(a, b, weight, weight);
  while (flow.level(source, sink)) flow.block(source, sink);
  // What the source still reaches is on the first side.
  return first.map((_, v) => !flow.reached(v));
}

class FlowNetwork {
  private readonly head: number[];
  private readonly next: number[] = [];
  private readonly to: number[] = [];
  private readonly capacity: number[] = [];
  private levels: number[] = [];

  constructor(private readonly size: number) {
    this.head = new Array(size).fill(-1);
  }

  /** An edge and its reverse; the reverse of edge e is e ^ 1. */
  add(from: number, to: number, forward: number, backward: number): void {
    for (const [a, b, capacity] of [
      [from, to, forward],
      [to, from, backward],
    ] as const) {
      // Whether anything is left of it would be answered in two ways, and the end never reached.
      if (!Number.isFinite(capacity)) throw new RangeError(`An edge cannot cost ${capacity} to cut.`);
      this.next.push(this.head[a] as number);
      this.head[a] = this.to.length;
      this.to.push(b);
      this.capacity.push(capacity);
    }
  }

  reached(vertex: number): boolean {
    return (this.levels[vertex] as number) >= 0;
  }

  /** Distances from the source over edges with capacity left; false when the sink is out of reach. */
  level(source: number, sink: number): boolean {
    this.levels = new Array(this.size).fill(-1);
    this.levels[source] = 0;
    const queue = [source];
    for (let i = 0; i < queue.length; i++) {
      const v = queue[i] as number;
      for (let e = this.head[v] as number; e >= 0; e = this.next[e] as number) {
        const w = this.to[e] as number;
        if ((this.capacity[e] as number) <= EPSILON || this.reached(w)) continue;
        this.levels[w] = (this.levels[v] as number) + 1;
        queue.push(w);
      }
    }
    return this.reached(sink);
  }

  /** Sends flow along shortest paths until none is left. A path is kept as a list: networks may be deep. */
  block(source: number, sink: number): void {
    const current = [...this.head];
    const path: number[] = [];
    for (let v = source; ; ) {
      if (v === sink) {
        const amount = path.reduce((least, e) => Math.min(least, this.capacity[e] as number), Infinity);
        for (const e of path) {
          this.capacity[e] = (this.capacity[e] as number) - amount;
          this.capacity[e ^ 1] = (this.capacity[e ^ 1] as number) + amount;
        }
        path.length = 0;
        v = source;
        continue;
      }
      const edge = this.admissible(v, current);
      if (edge >= 0) {
        path.push(edge);
        v = this.to[edge] as number;
      } else {
        if (v === source) return;
        this.levels[v] = -1; // A dead end in this phase.
        v = this.to[(path.pop() as number) ^ 1] as number;
      }
    }
  }

  private admissible(v: number, current: number[]): number {
    for (let e = current[v] as number; e >= 0; e = this.next[e] as number) {
      current[v] = e;
      const ahead = this.levels[this.to[e] as number] === (this.levels[v] as number) + 1;
      if (ahead && (this.capacity[e] as number) > EPSILON) return e;
    }
    current[v] = -1;
    return -1;
  }
}
