import { describe, expect, it } from 'vitest';
import { type Arrangement, arrange, type Level } from '../../../webview/graph/arrange';
import { at } from '../../../webview/graph/lists';
import { place, type Sizes } from '../../../webview/graph/place';

/** The same numbers for a seed at every run (mulberry32). */
function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let mixed = Math.imul(s ^ (s >>> 15), 1 | s);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A network of so many nodes: mostly chains, with skips, some of them long, and ends on top and at the bottom. */
function network(seed: number, nodes: number): Level {
  const next = random(seed);
  const pinned = new Int8Array(nodes + 3);
  pinned[nodes] = -1;
  pinned[nodes + 1] = -1;
  pinned[nodes + 2] = 1;
  const edges: [number, number, number][] = [
    [nodes, 0, nodes],
    [nodes - 1, nodes + 2, nodes - 1],
  ];
  for (let node = 1; node < nodes; node++) {
    const parts = 1 + Math.floor(next() * 2.4);
    for (let part = 0; part < parts; part++) {
      const back = 1 + Math.floor(next() ** 4 * Math.min(node, 40));
      edges.push([node - back, node, node - back]);
    }
    // As a mask does.
    if (node % 9 === 0) edges.push([nodes + 1, node, nodes + 1]);
  }
  const known = new Set<string>();
  const distinct = edges.filter(([a, b]) => !known.has(`${a} ${b}`) && known.add(`${a} ${b}`));
  return {
    nodes: nodes + 3,
    pinned,
    from: Int32Array.from(distinct, ([a]) => a),
    to: Int32Array.from(distinct, ([, b]) => b),
    tensor: Int32Array.from(distinct, ([, , t]) => t),
  };
}

function sizes(level: Level, seed: number, grown = -1): Sizes {
  const next = random(seed);
  return {
    width: Float64Array.from(
      { length: level.nodes },
      (_, i) => 60 + Math.floor(next() * 140) + (i === grown ? 900 : 0),
    ),
    height: Float64Array.from({ length: level.nodes }, (_, i) => (i === grown ? 1200 : 36)),
    entry: () => null,
    exit: () => null,
  };
}

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1);

function boxes(arrangement: Arrangement, given: Sizes) {
  const { x, y } = place(arrangement, given);
  return Array.from(x, (left, node) => ({
    left,
    top: at(y, node),
    right: left + at(given.width, node),
    bottom: at(y, node) + at(given.height, node),
  }));
}

describe('layout', () => {
  it.each(SEEDS)('leads every edge down, seed %i', (seed) => {
    const level = network(seed, 20 + seed * 7);
    const arrangement = arrange(level);
    const given = sizes(level, seed);
    const placed = boxes(arrangement, given);
    for (const edge of level.from.keys()) {
      const [a, b] = [placed[at(level.from, edge)], placed[at(level.to, edge)]];
      expect(a?.bottom).toBeLessThan(b?.top ?? Number.NaN);
    }
  });

  it.each(SEEDS)('overlaps no two nodes, seed %i', (seed) => {
    const level = network(seed, 20 + seed * 7);
    const placed = boxes(arrange(level), sizes(level, seed));
    const overlapping = placed.flatMap((a, i) =>
      placed
        .slice(i + 1)
        .filter((b) => a.right > b.left && b.right > a.left && a.bottom > b.top && b.bottom > a.top)
        .map((b) => [a, b]),
    );
    expect(overlapping).toEqual([]);
  });

  it.each(SEEDS)('draws edges along the axes, from node to node, seed %i', (seed) => {
    const level = network(seed, 20 + seed * 7);
    const arrangement = arrange(level);
    const given = sizes(level, seed);
    const placed = boxes(arrangement, given);
    let slant = 0;
    place(arrangement, given).lines.forEach((line, edge) => {
      const [a, b] = [placed[at(level.from, edge)], placed[at(level.to, edge)]];
      expect(at(line, line.length - 1)).toBe(b?.top);
      // Else it leaves the way of its tensor, which another edge has from the node on.
      if (arrangement.routes[edge]?.[0] === at(level.from, edge)) {
        expect(at(line, 1)).toBe(a?.bottom);
        expect(at(line, 0)).toBeGreaterThanOrEqual(a?.left ?? Number.NaN);
        expect(at(line, 0)).toBeLessThanOrEqual(a?.right ?? Number.NaN);
      }
      for (let i = 2; i < line.length; i += 2) {
        const [dx, dy] = [at(line, i) - at(line, i - 2), at(line, i + 1) - at(line, i - 1)];
        // Ends that are a pixel apart are one below the other.
        slant = Math.max(slant, Math.min(Math.abs(dx), Math.abs(dy)));
      }
    });
    expect(slant).toBeLessThan(1.5);
  });

  it('keeps blocks with a skip connection each below one another', () => {
    // Of four nodes, the last of which adds what the first gave.
    const blocks = 20;
    const from: number[] = [];
    const to: number[] = [];
    for (let node = 1; node < 4 * blocks; node++) {
      from.push(node - 1, ...(node % 4 === 3 ? [node - 3] : []));
      to.push(node, ...(node % 4 === 3 ? [node] : []));
    }
    const level: Level = {
      nodes: 4 * blocks,
      pinned: new Int8Array(4 * blocks),
      from: Int32Array.from(from),
      to: Int32Array.from(to),
      tensor: Int32Array.from(from),
    };
    const given = { ...sizes(level, 1), width: new Float64Array(level.nodes).fill(100) };
    const middles = boxes(arrange(level), given).map(({ left, right }) => (left + right) / 2);
    expect(Math.max(...middles) - Math.min(...middles)).toBeLessThan(50);
  });

  it('is the same each time', () => {
    const level = network(7, 200);
    expect(place(arrange(level), sizes(level, 7))).toEqual(place(arrange(level), sizes(level, 7)));
  });

  it.each(SEEDS)('keeps who is beside whom when a node grows, seed %i', (seed) => {
    const level = network(seed, 80);
    const arrangement = arrange(level);
    const before = boxes(arrangement, sizes(level, seed));
    const after = boxes(arrangement, sizes(level, seed, seed));
    for (const places of arrangement.ranks) {
      const nodes = [...places].filter((one) => one < level.nodes);
      const order = (placed: typeof before) =>
        nodes.toSorted((a, b) => (placed[a]?.left ?? 0) - (placed[b]?.left ?? 0));
      expect(order(after)).toEqual(order(before));
    }
  });

  it('runs an edge that leads back beside everything', () => {
    const level: Level = {
      nodes: 3,
      pinned: new Int8Array(3),
      from: Int32Array.of(0, 1, 2),
      to: Int32Array.of(1, 2, 0),
      tensor: Int32Array.of(0, 1, 2),
    };
    const arrangement = arrange(level);
    expect([...arrangement.rank]).toEqual([0, 1, 2]);
    expect(arrangement.routes[2]).toBeNull();
    const { lines, width } = place(arrangement, sizes(level, 1));
    expect(Math.max(...(lines[2] ?? []).filter((_, i) => i % 2 === 0))).toBeLessThanOrEqual(width);
  });

  it('passes only so many ranks, however many long edges there are', () => {
    const nodes = 400;
    const from = Int32Array.from({ length: 2 * (nodes - 1) }, (_, i) => (i < nodes - 1 ? i : 0));
    const to = Int32Array.from({ length: 2 * (nodes - 1) }, (_, i) => (i % (nodes - 1)) + 1);
    // Each long edge a tensor of its own: together they would pass 80,000 ranks.
    const level = { nodes, pinned: new Int8Array(nodes), from, to, tensor: from.map((_, i) => i) };
    expect(arrange(level).rank.length).toBeLessThanOrEqual(nodes * 5);
  });

  it('takes time in proportion to the nodes', () => {
    // Counted in places and edges, which is what the work consists of, and not in seconds of a busy computer.
    const work = [1000, 4000].map((nodes) => {
      const { rank, routes } = arrange(network(3, nodes));
      return rank.length + routes.reduce((sum, route) => sum + (route?.length ?? 0), 0);
    });
    expect(at(work, 1) / at(work, 0)).toBeLessThan(4.6);
  });
});
