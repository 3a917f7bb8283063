import { at } from './lists';

/**
 * What is drawn in one group: its nodes in the order of the file, and the tensors between them. Nodes that are pinned
 * are the group's ends: what comes in from outside is on top, what goes out at the bottom.
 */
export interface Level {
  readonly nodes: number;
  /** −1 on top, 1 at the bottom, 0 in between. */
  readonly pinned: Int8Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Of each edge; edges of one tensor run together as far as they can. */
  readonly tensor: Int32Array;
}

/** Where nodes are beside each other, whatever their sizes: it stays when one of them grows. */
export interface Arrangement {
  readonly level: Level;
  /** Of each place: the first are the level's nodes, those behind them are where a long edge passes a rank. */
  readonly rank: Int32Array;
  /** Places of each rank from left to right. */
  readonly ranks: readonly Int32Array[];
  /** Places that each edge goes through up to its end, from its beginning or from where it leaves the way of its tensor; null where it runs beside everything. */
  readonly routes: readonly (Int32Array | null)[];
}

/** Long edges pass so many ranks in all for each node; the longest of those above it run beside everything. */
const PASSES_A_NODE = 4;
/** And so many whatever there is. */
const LEAST_PASSES = 200;
const SWEEPS = 4;

/**
 * Longest-path layering and barycentre sweeps. An edge that leads back in the order of the nodes has no rank to go down to
 * and runs beside everything. Deterministic, near linear in nodes and edges.
 */
export function arrange(level: Level): Arrangement {
  const ranked = rankNodes(level);
  const passes = longEdges(level, ranked);
  const rank = Int32Array.from([...ranked, ...passes.rank]);
  const routes = routesOf(level, ranked, passes);
  return { level, rank, ranks: order(level, rank, routes), routes };
}

/** Whether an edge goes down: nodes are in the order of the file, ends of the group around them. */
function goesDown({ from, to, pinned }: Level, edge: number): boolean {
  const [a, b] = [at(from, edge), at(to, edge)];
  const [first, last] = [at(pinned, a), at(pinned, b)];
  return first === last ? first === 0 && a < b : first < last;
}

function rankNodes(level: Level): Int32Array {
  const { nodes, pinned, from, to } = level;
  const rank = new Int32Array(nodes);
  const hasTop = pinned.includes(-1);
  const down = [...from.keys()].filter((edge) => goesDown(level, edge));
  // By the node that they lead to, so that all of a node's are seen before those that it is the beginning of.
  down.sort((a, b) => at(to, a) - at(to, b) || at(from, a) - at(from, b));
  const fed = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) if (at(pinned, node) === 0) rank[node] = hasTop ? 1 : 0;
  for (const edge of down) {
    const [a, b] = [at(from, edge), at(to, edge)];
    if (at(pinned, b) !== 0) continue;
    fed[b] = 1;
    rank[b] = Math.max(at(rank, b), at(rank, a) + 1);
  }
  // What nobody feeds stands right above what it feeds, not on top of the whole.
  const nearest = new Int32Array(nodes).fill(-1);
  for (const edge of down) {
    const [a, b] = [at(from, edge), at(to, edge)];
    if (at(pinned, a) !== 0 || at(fed, a) === 1 || at(pinned, b) !== 0) continue;
    nearest[a] = at(nearest, a) < 0 ? at(rank, b) : Math.min(at(nearest, a), at(rank, b));
  }
  let deepest = hasTop ? 0 : -1;
  for (let node = 0; node < nodes; node++) {
    if (at(nearest, node) > 0) rank[node] = at(nearest, node) - 1;
    if (at(pinned, node) === 0) deepest = Math.max(deepest, at(rank, node));
  }
  for (let node = 0; node < nodes; node++) if (at(pinned, node) === 1) rank[node] = deepest + 1;
  return rank;
}

/** A tensor on its way down to the last rank that needs it. */
interface Chain {
  readonly from: number;
  readonly first: number;
  last: number;
  /** Its first place; those of the next ranks follow. */
  start: number;
}

interface Passes {
  readonly rank: number[];
  /** By the tensor and the node it comes from; what is not here runs beside everything. */
  readonly chains: ReadonlyMap<string, Chain>;
}

function longEdges(level: Level, rank: Int32Array): Passes {
  const { from, to, tensor, nodes } = level;
  const all = new Map<string, Chain>();
  for (let edge = 0; edge < from.length; edge++) {
    const [a, b] = [at(from, edge), at(to, edge)];
    if (!goesDown(level, edge) || at(rank, b) - at(rank, a) < 2) continue;
    const key = `${at(tensor, edge)} ${a}`;
    const known = all.get(key);
    if (known) known.last = Math.max(known.last, at(rank, b) - 1);
    else all.set(key, { from: a, first: at(rank, a) + 1, last: at(rank, b) - 1, start: -1 });
  }
  const passes: number[] = [];
  const chains = new Map<string, Chain>();
  const most = Math.max(LEAST_PASSES, nodes * PASSES_A_NODE);
  const shortestFirst = [...all].sort(
    ([, a], [, b]) => a.last - a.first - (b.last - b.first) || a.from - b.from,
  );
  for (const [key, chain] of shortestFirst) {
    const length = chain.last - chain.first + 1;
    if (passes.length + length > most) break;
    chain.start = nodes + passes.length;
    for (let r = chain.first; r <= chain.last; r++) passes.push(r);
    chains.set(key, chain);
  }
  return { rank: passes, chains };
}

/** A tensor's way down is drawn once, for the edge that goes farthest; the others leave it where they turn off. */
function routesOf(level: Level, rank: Int32Array, { chains }: Passes): (Int32Array | null)[] {
  const { from, to, tensor } = level;
  const drawn = new Set<Chain>();
  return Array.from(from, (a, edge) => {
    const b = at(to, edge);
    if (!goesDown(level, edge)) return null;
    const between = at(rank, b) - at(rank, a) - 1;
    if (between === 0) return Int32Array.of(a, b);
    const chain = chains.get(`${at(tensor, edge)} ${a}`);
    if (chain === undefined) return null;
    const farthest = at(rank, b) - 1 === chain.last && !drawn.has(chain);
    if (!farthest) return Int32Array.of(chain.start + between - 1, b);
    drawn.add(chain);
    return Int32Array.of(a, ...Array.from({ length: between }, (_, i) => chain.start + i), b);
  });
}

function order(level: Level, rank: Int32Array, routes: readonly (Int32Array | null)[]): Int32Array[] {
  let deepest = 0;
  for (const r of rank) deepest = Math.max(deepest, r);
  const ranks: number[][] = Array.from({ length: rank.length === 0 ? 0 : deepest + 1 }, () => []);
  rank.forEach((r, place) => {
    ranks[r]?.push(place);
  });
  const above: number[][] = Array.from(rank, () => []);
  const below: number[][] = Array.from(rank, () => []);
  const linked = new Set<number>();
  for (const route of routes) {
    for (let step = 1; step < (route?.length ?? 0); step++) {
      const [a, b] = [at(route ?? [], step - 1), at(route ?? [], step)];
      // Edges of one tensor share their way: it counts once.
      if (Math.max(a, b) >= level.nodes) {
        const key = a * rank.length + b;
        if (linked.has(key)) continue;
        linked.add(key);
      }
      above[b]?.push(a);
      below[a]?.push(b);
    }
  }
  const position = new Float64Array(rank.length);
  for (const places of ranks)
    places.forEach((place, i) => {
      position[place] = i;
    });
  const sort = (places: number[], neighbours: readonly (readonly number[])[]) => {
    const wish = new Map(
      places.map((place) => {
        const near = neighbours[place] ?? [];
        const sum = near.reduce((all, one) => all + at(position, one), 0);
        return [place, near.length === 0 ? at(position, place) : sum / near.length];
      }),
    );
    places.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || at(position, a) - at(position, b));
    places.forEach((place, i) => {
      position[place] = i;
    });
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    if (sweep % 2 === 0) for (const places of ranks) sort(places, above);
    else for (const places of ranks.toReversed()) sort(places, below);
  }
  return ranks.map((places) => Int32Array.from(places));
}
