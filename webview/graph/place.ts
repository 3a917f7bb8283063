import type { Arrangement } from './arrange';
import { at } from './lists';

/** Sizes of a level's nodes, and where tensors enter and leave those that are open. */
export interface Sizes {
  readonly width: Float64Array;
  readonly height: Float64Array;
  /** From the node's left and top; null = spread over its width, at its border. */
  entry(node: number, tensor: number): { x: number; y: number } | null;
  exit(node: number, tensor: number): { x: number; y: number } | null;
}

/** Where everything of a level is, from its own left and top. */
export interface Placement {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly width: number;
  readonly height: number;
  /** Corners of each edge: x, y, x, y … */
  readonly lines: readonly number[][];
}

const GAP_X = 18;
/** Between ranks, before the tracks of the edges that turn there. */
const GAP_Y = 26;
const TRACK = 5;
/** With more edges side by side they share tracks: a gap of many screens would tell nobody anything. */
const MAX_TRACKS = 40;
/** What a long edge takes of a rank. */
const PASS_WIDTH = 4;
/** Ends that are no farther apart are one below the other. */
const STRAIGHT = 1.5;
const LANE = 7;
const MAX_LANES = 60;
const SWEEPS = 6;
/** A long edge is rather straight than near its ends; */
const STRAIGHT_WEIGHT = 8;
/**
 * and where it leaves a node or turns off to one, it hardly pulls: a chain of nodes that all take a mask would drift
 * towards it, and one with a skip connection after the other away from them.
 */
const TURN_WEIGHT = 0.01;

/** Gives every node and edge its place. Linear in their number but for sorting. */
export function place(arrangement: Arrangement, sizes: Sizes): Placement {
  const { level, rank, ranks, routes } = arrangement;
  const width = Float64Array.from(rank, (_, one) => (one < level.nodes ? at(sizes.width, one) : PASS_WIDTH));
  const height = Float64Array.from(rank, (_, one) => (one < level.nodes ? at(sizes.height, one) : 0));
  const x = columns(arrangement, width, sizes);
  const ends = portsOf(arrangement, x, width, sizes);
  const gaps = tracks(arrangement, ends, width, x);
  const y = new Float64Array(rank.length);
  const tops = new Float64Array(ranks.length + 1);
  const bottoms = new Float64Array(ranks.length);
  let down = 0;
  ranks.forEach((places, r) => {
    const most = places.reduce((all, one) => Math.max(all, at(height, one)), 0);
    tops[r] = down;
    bottoms[r] = down + most;
    for (const one of places) y[one] = down;
    down += most + GAP_Y + TRACK * (gaps.counts[r] ?? 0);
  });
  const total = bottoms.at(-1) ?? 0;
  const right = x.reduce((most, left, one) => Math.max(most, left + at(width, one)), 0);
  const lanes = lanesOf(arrangement);
  const lines = routes.map((route, edge) => {
    const start = ends.start(edge);
    const end = ends.end(edge);
    const [a, b] = [at(level.from, edge), at(level.to, edge)];
    const beginY = at(y, a) + (start.y ?? at(height, a));
    const endY = at(y, b) + (end.y ?? 0);
    const [rankA, rankB] = [at(rank, a), at(rank, b)];
    if (route === null) {
      const lane = right + 10 + LANE * (lanes.get(edge) ?? 0);
      const outY = at(bottoms, rankA) + 6;
      const inY = at(tops, rankB) - 6;
      return [start.x, beginY, start.x, outY, lane, outY, lane, inY, end.x, inY, end.x, endY];
    }
    const first = at(route, 0);
    const branch = first >= level.nodes;
    const line = branch ? [at(x, first) + PASS_WIDTH / 2, at(bottoms, at(rank, first))] : [start.x, beginY];
    for (let step = 1; step < route.length; step++) {
      const r = at(rank, first) + step - 1;
      const fromX = line[line.length - 2] ?? start.x;
      const toX = step === route.length - 1 ? end.x : at(x, at(route, step)) + PASS_WIDTH / 2;
      if (Math.abs(fromX - toX) < STRAIGHT) continue;
      const turn = at(bottoms, r) + GAP_Y / 2 + TRACK * gaps.trackOf(edge, step);
      line.push(fromX, turn, toX, turn);
    }
    line.push(end.x, endY);
    return line;
  });
  const laneCount = Math.max(-1, ...lanes.values()) + 1;
  return {
    x: x.subarray(0, level.nodes),
    y: y.subarray(0, level.nodes),
    width: right + (laneCount > 0 ? 14 + LANE * laneCount : 0),
    height: total,
    lines,
  };
}

/** Left of each place: under and above what it is linked with, as far as neighbours leave room. */
function columns(
  { level, rank, ranks, routes }: Arrangement,
  width: Float64Array,
  sizes: Sizes,
): Float64Array {
  const x = new Float64Array(rank.length);
  for (const places of ranks) {
    let left = 0;
    for (const one of places) {
      x[one] = left;
      left += at(width, one) + GAP_X;
    }
  }
  type Link = { a: number; b: number; outA: number; inB: number; weight: number };
  const above: Link[][] = Array.from(rank, () => []);
  const below: Link[][] = Array.from(rank, () => []);
  const linked = new Set<number>();
  routes.forEach((route, edge) => {
    for (let step = 1; step < (route?.length ?? 0); step++) {
      const [a, b] = [at(route ?? [], step - 1), at(route ?? [], step)];
      const key = a * rank.length + b;
      const tensor = at(level.tensor, edge);
      if (linked.has(key)) continue;
      linked.add(key);
      const outA = (a < level.nodes ? sizes.exit(a, tensor)?.x : undefined) ?? at(width, a) / 2;
      const inB = (b < level.nodes ? sizes.entry(b, tensor)?.x : undefined) ?? at(width, b) / 2;
      const [passesA, passesB] = [a >= level.nodes, b >= level.nodes];
      const weight = passesA && passesB ? STRAIGHT_WEIGHT : passesA || passesB ? TURN_WEIGHT : 1;
      const link = { a, b, outA, inB, weight };
      above[b]?.push(link);
      below[a]?.push(link);
    }
  });
  const settle = (places: Int32Array, downwards: boolean) => {
    const wishes = Float64Array.from(places, (one) => {
      const links = (downwards ? above[one] : below[one]) ?? [];
      if (links.length === 0) return at(x, one);
      let [sum, weights] = [0, 0];
      for (const { a, b, outA, inB, weight } of links) {
        sum += weight * (downwards ? at(x, a) + outA - inB : at(x, b) + inB - outA);
        weights += weight;
      }
      return sum / weights;
    });
    const strengths = Float64Array.from(places, (one) => {
      const links = (downwards ? above[one] : below[one]) ?? [];
      return links.reduce((all, { weight }) => all + weight, TURN_WEIGHT);
    });
    apart(places, wishes, strengths, width, x);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    if (sweep % 2 === 0) for (const places of ranks) settle(places, true);
    else for (const places of ranks.toReversed()) settle(places, false);
  }
  let least = Number.POSITIVE_INFINITY;
  for (const left of x) least = Math.min(least, left);
  for (let one = 0; one < x.length; one++) x[one] = Math.round(2 * (at(x, one) - least)) / 2;
  separate(ranks, width, x);
  return x;
}

/**
 * Moves a rank's places as near to their wishes as their order and width allow: neighbours that would overlap form a block
 * that stands where its wishes balance (pool adjacent violators).
 */
function apart(
  places: Int32Array,
  wishes: Float64Array,
  strengths: Float64Array,
  width: Float64Array,
  x: Float64Array,
): void {
  const blocks: { wish: number; strength: number; count: number }[] = [];
  const offsets = new Float64Array(places.length);
  let offset = 0;
  for (let i = 0; i < places.length; i++) {
    offsets[i] = offset;
    offset += at(width, at(places, i)) + GAP_X;
    let block = { wish: at(wishes, i) - at(offsets, i), strength: at(strengths, i), count: 1 };
    for (let last = blocks.at(-1); last !== undefined && last.wish > block.wish; last = blocks.at(-1)) {
      const strength = last.strength + block.strength;
      const wish = (last.wish * last.strength + block.wish * block.strength) / strength;
      block = { wish, strength, count: last.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  }
  let i = 0;
  for (const { wish, count } of blocks) {
    for (let end = i + count; i < end; i++) x[at(places, i)] = wish + at(offsets, i);
  }
}

/** After rounding: no two closer than they may be. */
function separate(ranks: readonly Int32Array[], width: Float64Array, x: Float64Array): void {
  for (const places of ranks) {
    let free = Number.NEGATIVE_INFINITY;
    for (const one of places) {
      x[one] = Math.max(at(x, one), free);
      free = at(x, one) + at(width, one) + GAP_X;
    }
  }
}

interface Port {
  readonly x: number;
  /** From the node's top; null = its border. */
  readonly y: number | null;
}

/** Where edges leave and enter their nodes: in the order of what they lead to, so that they do not cross at once. */
function portsOf(
  { level, routes }: Arrangement,
  x: Float64Array,
  width: Float64Array,
  sizes: Sizes,
): { start(edge: number): Port; end(edge: number): Port } {
  const starts: Port[] = [];
  const ends: Port[] = [];
  const middle = (one: number) => at(x, one) + at(width, one) / 2;
  const spread = (
    node: number,
    edges: readonly number[],
    given: Sizes['entry'],
    ports: Port[],
    towards: (edge: number) => number,
  ) => {
    const open: { tensor: number; aim: number; edges: number[] }[] = [];
    const byTensor = new Map<number, { tensor: number; aim: number; edges: number[] }>();
    for (const edge of edges) {
      const tensor = at(level.tensor, edge);
      const port = given(node, tensor);
      if (port !== null) {
        ports[edge] = { x: at(x, node) + port.x, y: port.y };
        continue;
      }
      let group = byTensor.get(tensor);
      if (group === undefined) {
        group = { tensor, aim: 0, edges: [] };
        byTensor.set(tensor, group);
        open.push(group);
      }
      group.edges.push(edge);
    }
    for (const group of open)
      group.aim = group.edges.reduce((sum, edge) => sum + towards(edge), 0) / group.edges.length;
    open.sort((a, b) => a.aim - b.aim || a.tensor - b.tensor);
    open.forEach(({ edges: together }, i) => {
      const portX = at(x, node) + (at(width, node) * (i + 1)) / (open.length + 1);
      for (const edge of together) ports[edge] = { x: portX, y: null };
    });
  };
  const leaving: number[][] = Array.from({ length: level.nodes }, () => []);
  const entering: number[][] = Array.from({ length: level.nodes }, () => []);
  for (let edge = 0; edge < level.from.length; edge++) {
    leaving[at(level.from, edge)]?.push(edge);
    entering[at(level.to, edge)]?.push(edge);
  }
  const right = Number.MAX_SAFE_INTEGER;
  leaving.forEach((edges, node) => {
    spread(node, edges, sizes.exit, starts, (edge) => {
      const route = routes[edge];
      return route ? middle(at(route, 1)) : right;
    });
  });
  entering.forEach((edges, node) => {
    spread(node, edges, sizes.entry, ends, (edge) => {
      const route = routes[edge];
      return route ? middle(at(route, route.length - 2)) : right;
    });
  });
  const portAt = (ports: readonly Port[], edge: number): Port => {
    const port = ports[edge];
    if (port === undefined) throw new RangeError(`Edge ${edge} has no port.`);
    return port;
  };
  return { start: (edge) => portAt(starts, edge), end: (edge) => portAt(ends, edge) };
}

/** Horizontal stretches between two ranks, each on a track that no other one of another tensor takes there. */
function tracks(
  { level, rank, ranks, routes }: Arrangement,
  ends: { start(edge: number): Port; end(edge: number): Port },
  width: Float64Array,
  x: Float64Array,
): { counts: number[]; trackOf(edge: number, step: number): number } {
  interface Stretch {
    left: number;
    right: number;
    tensor: number;
    edges: string[];
  }
  const gaps: Map<string, Stretch>[] = ranks.map(() => new Map());
  routes.forEach((route, edge) => {
    if (route === null) return;
    const tensor = at(level.tensor, edge);
    const first = at(route, 0);
    let fromX = first < level.nodes ? ends.start(edge).x : at(x, first) + PASS_WIDTH / 2;
    for (let step = 1; step < route.length; step++) {
      const one = at(route, step);
      const toX = step === route.length - 1 ? ends.end(edge).x : at(x, one) + at(width, one) / 2;
      if (Math.abs(fromX - toX) >= STRAIGHT) {
        const gap = gaps[at(rank, at(route, 0)) + step - 1];
        // Stretches of one tensor from one place are one.
        const key = `${tensor} ${fromX}`;
        const known = gap?.get(key);
        const [left, right] = [Math.min(fromX, toX), Math.max(fromX, toX)];
        if (known) {
          known.left = Math.min(known.left, left);
          known.right = Math.max(known.right, right);
          known.edges.push(`${edge} ${step}`);
        } else gap?.set(key, { left, right, tensor, edges: [`${edge} ${step}`] });
        fromX = toX;
      }
    }
  });
  const chosen = new Map<string, number>();
  const counts = gaps.map((gap) => {
    const taken: number[] = [];
    for (const { left, right, edges } of [...gap.values()].sort(
      (a, b) => a.left - b.left || a.right - b.right,
    )) {
      let track = taken.findIndex((end) => end < left - 2);
      if (track < 0) track = taken.length < MAX_TRACKS ? taken.length : 0;
      taken[track] = Math.max(taken[track] ?? right, right);
      for (const edge of edges) chosen.set(edge, track);
    }
    return Math.max(0, taken.length - 1);
  });
  return { counts, trackOf: (edge, step) => chosen.get(`${edge} ${step}`) ?? 0 };
}

/** Lanes of the edges that run beside everything: those of one tensor share one, and others that end before it begins. */
function lanesOf({ level, rank, routes }: Arrangement): Map<number, number> {
  const spans = new Map<string, { from: number; to: number; edges: number[] }>();
  routes.forEach((route, edge) => {
    if (route !== null) return;
    const [a, b] = [at(rank, at(level.from, edge)), at(rank, at(level.to, edge))];
    const key = `${at(level.tensor, edge)} ${at(level.from, edge)}`;
    const known = spans.get(key) ?? { from: Math.min(a, b), to: Math.max(a, b), edges: [] };
    known.from = Math.min(known.from, a, b);
    known.to = Math.max(known.to, a, b);
    known.edges.push(edge);
    spans.set(key, known);
  });
  const lanes = new Map<number, number>();
  const ends: number[] = [];
  for (const { from, to, edges } of [...spans.values()].sort((a, b) => a.from - b.from || a.to - b.to)) {
    let lane = ends.findIndex((end) => end < from);
    if (lane < 0) lane = ends.length < MAX_LANES ? ends.length : 0;
    ends[lane] = Math.max(ends[lane] ?? to, to);
    for (const edge of edges) lanes.set(edge, lane);
  }
  return lanes;
}
