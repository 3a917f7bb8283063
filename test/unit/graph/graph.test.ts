import { describe, expect, it } from 'vitest';
import { openModel } from '../../../src/formats';
import { Hierarchy } from '../../../webview/graph/hierarchy';
import { Levels } from '../../../webview/graph/levels';
import { at } from '../../../webview/graph/lists';
import { KINDS, makeScene, type Scene } from '../../../webview/graph/scene';
import { sceneSvg } from '../../../webview/graph/svg';
import { Walk } from '../../../webview/graph/walk';
import { graphOf } from '../graphs';
import { realModels, realTfliteModels, reopen, scratchFolder } from '../support';
import { makeTransformer, NODES_A_LAYER } from '../transformer';

const folder = scratchFolder();

function levelsOf(path: string): Levels {
  const file = openModel(path);
  const levels = new Levels(new Hierarchy(graphOf(file).input));
  file.close();
  return levels;
}

/** A picture with everything open. */
function whole(levels: Levels): Scene {
  return makeScene(levels, new Set(Array.from({ length: levels.hierarchy.groups }, (_, group) => group)));
}

function nodes(scene: Scene, ...kinds: (typeof KINDS)[number][]): number[] {
  return [...scene.kinds.keys()].filter((node) => kinds.includes(KINDS[at(scene.kinds, node)] ?? 'open'));
}

describe.each([...realModels(), ...realTfliteModels()])('the graph of %s', (path) => {
  const levels = levelsOf(path);
  const { hierarchy } = levels;

  it('shows every layer that costs something once, when all is open', () => {
    const scene = whole(levels);
    const shown = nodes(scene, 'layer').map((node) => at(scene.ids, node));
    const withBodies = new Set(hierarchy.groupOfRow.keys());
    const expected = [...hierarchy.input.shown.keys()].filter(
      (row) => at(hierarchy.input.shown, row) === 1 && !withBodies.has(row),
    );
    expect(shown.sort((a, b) => a - b)).toEqual(expected);
  });

  it('leads from each layer to those that take what it gives', () => {
    const scene = whole(levels);
    const walk = new Walk(scene);
    const { counts, sources, shown } = hierarchy.input;
    const nodeOf = new Map(nodes(scene, 'layer').map((node) => [at(scene.ids, node), node]));
    let edge = 0;
    for (const [row, count] of counts.entries()) {
      const taker = nodeOf.get(row);
      for (const source of sources.subarray(edge, edge + count)) {
        const giver = nodeOf.get(source);
        if (giver === undefined || taker === undefined || at(shown, source) === 0) continue;
        expect(walk.consumers(giver)).toContain(taker);
        expect(walk.producers(taker)).toContain(giver);
      }
      edge += count;
    }
  });

  it('keeps what is in a group inside of it, and what is in none apart', () => {
    const scene = whole(levels);
    const box = (node: number) =>
      [...scene.boxes.subarray(node * 4, node * 4 + 4)] as [number, number, number, number];
    const all = nodes(scene, 'layer', 'open', 'input', 'output');
    let wrong = 0;
    all.forEach((a, place) => {
      const [ax, ay, aw, ah] = box(a);
      for (const b of all.slice(place + 1)) {
        const [bx, by, bw, bh] = box(b);
        const apart = ax + aw <= bx || bx + bw <= ax || ay + ah <= by || by + bh <= ay;
        const inside = bx >= ax && by >= ay && bx + bw <= ax + aw && by + bh <= ay + ah;
        if (!apart && !inside) wrong++;
      }
    });
    expect(wrong).toBe(0);
  });
});

describe('the graph of a transformer of 100,000 nodes', () => {
  const file = reopen(makeTransformer(100_000), folder);
  const { input } = graphOf(file);
  file.close();
  const levels = new Levels(new Hierarchy(input));

  it('has few nodes side by side on each level', () => {
    expect(makeScene(levels, new Set()).kinds.length).toBeLessThan(500);
    for (let group = -1; group < levels.hierarchy.groups; group++)
      expect(levels.hierarchy.childrenOf(group).length).toBeLessThanOrEqual(500);
  });

  it('stays as it is when another group opens: ranks and neighbours', () => {
    const { made } = levels.hierarchy;
    const order = (scene: Scene) =>
      nodes(scene, 'shut', 'open')
        .filter((node) => at(scene.ids, node) >= made)
        .sort(
          (a, b) =>
            at(scene.boxes, a * 4 + 1) - at(scene.boxes, b * 4 + 1) ||
            at(scene.boxes, a * 4) - at(scene.boxes, b * 4),
        )
        .map((node) => at(scene.ids, node));
    const shut = order(makeScene(levels, new Set()));
    expect(shut.length).toBeGreaterThan(10);
    for (const open of [made, made + 5, made + 9])
      expect(order(makeScene(levels, new Set([open])))).toEqual(shut);
  });

  it('opens down to the layers', () => {
    const open = new Set<number>();
    let scene = makeScene(levels, open);
    for (let depth = 0; depth < 5; depth++) {
      const [first] = nodes(scene, 'shut');
      if (first === undefined) break;
      open.add(at(scene.ids, first));
      scene = makeScene(levels, open);
    }
    expect(nodes(scene, 'layer').length).toBeGreaterThan(0);
    expect(nodes(scene, 'layer').length).toBeLessThan(NODES_A_LAYER);
  });
});

describe('SVG', () => {
  it('has no markup from names', () => {
    const file = reopen(makeTransformer(NODES_A_LAYER), folder);
    const scene = whole(new Levels(new Hierarchy(graphOf(file).input)));
    file.close();
    const color = '#000';
    const svg = sceneSvg(
      scene,
      () => ({
        title: '"><script>alert(1)</script>\u0000',
        detail: '&',
        color,
        strength: 1,
        second: null,
        faded: false,
      }),
      () => false,
      {
        background: color,
        foreground: color,
        muted: color,
        line: color,
        edge: color,
        skip: color,
        boundary: color,
        focus: color,
        panel: color,
        font: '"Segoe UI", sans-serif',
      },
    );
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0000');
    expect(svg.match(/<rect /g)?.length).toBeGreaterThan(NODES_A_LAYER);
  });
});
