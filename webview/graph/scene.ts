import type { GroupLevel, Levels } from './levels';
import { at } from './lists';
import { type Placement, place } from './place';

/** What a node of the picture is. */
export const KINDS = ['layer', 'shut', 'open', 'input', 'output'] as const;
export type SceneKind = (typeof KINDS)[number];

/** A picture of the graph: everything in flat lists, so that a worker hands it over at once. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /** What surrounds others comes before them. `kinds` are places in KINDS, `ids` rows, groups, inputs or outputs. */
  readonly kinds: Uint8Array;
  readonly ids: Int32Array;
  /** Left, top, width, height. */
  readonly boxes: Float32Array;
  /** Of each edge: the row that gives the tensor or −1 − an input, which of its outputs, nodes at both ends (−1 = a border). */
  readonly rows: Int32Array;
  readonly slots: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** 1 where the edge passes by others on its way. */
  readonly skips: Uint8Array;
  /** Corners of edge `i` are from `starts[i]` up to `starts[i + 1]` of `points`: x, y, x, y … */
  readonly starts: Int32Array;
  readonly points: Float32Array;
}

export const NODE_HEIGHT = 36;
const HEADER = 24;
const PADDING = 14;
const END_HEIGHT = 26;

interface Placed {
  readonly level: GroupLevel;
  readonly placement: Placement;
  /** By node of the level: what is in it, where it is an open group. */
  readonly inner: ReadonlyMap<number, Placed>;
  readonly heights: Float64Array;
  readonly widths: Float64Array;
}

/** Lays out the model with these groups open; each of them that is in one that is shut waits for it. */
export function makeScene(levels: Levels, open: ReadonlySet<number>): Scene {
  const root = placed(levels, -1, open);
  const scene = new SceneBuilder(levels);
  scene.add(root, 0, 0, open);
  return scene.finish(root.placement.width, root.placement.height);
}

function placed(levels: Levels, group: number, open: ReadonlySet<number>): Placed {
  const level = levels.level(group);
  const { rows, input } = levels.hierarchy;
  const inner = new Map<number, Placed>();
  const widths = new Float64Array(level.nodes.length);
  const heights = new Float64Array(level.nodes.length);
  level.nodes.forEach((node, i) => {
    if (node.kind === 'item') {
      const isOpen = node.item >= rows && open.has(node.item - rows);
      if (isOpen) {
        const within = placed(levels, node.item - rows, open);
        inner.set(i, within);
        widths[i] = Math.max(within.placement.width + 2 * PADDING, groupWidth(levels, node.item - rows));
        heights[i] = within.placement.height + HEADER + 2 * PADDING;
      } else {
        widths[i] = node.item < rows ? at(input.rowWidths, node.item) : groupWidth(levels, node.item - rows);
        heights[i] = NODE_HEIGHT;
      }
    } else if (node.kind === 'input' || node.kind === 'output') {
      widths[i] = at(node.kind === 'input' ? input.inputWidths : input.outputWidths, node.place);
      heights[i] = END_HEIGHT;
    } else {
      widths[i] = 2;
    }
  });
  const border = (node: number, port: number | undefined): { x: number; y: number } | null => {
    const within = inner.get(node);
    if (within === undefined || port === undefined) return null;
    return {
      x: PADDING + at(within.placement.x, port) + 1,
      y: HEADER + PADDING + at(within.placement.y, port),
    };
  };
  const placement = place(level.arrangement, {
    width: widths,
    height: heights,
    entry: (node, tensor) => border(node, inner.get(node)?.level.entries.get(tensor)),
    exit: (node, tensor) => border(node, inner.get(node)?.level.exits.get(tensor)),
  });
  return { level, placement, inner, widths, heights };
}

/** Groups that were made are as wide as any. */
const MADE_WIDTH = 190;

function groupWidth({ hierarchy }: Levels, group: number): number {
  return group < hierarchy.made ? at(hierarchy.input.groupWidths, group) : MADE_WIDTH;
}

class SceneBuilder {
  private readonly kinds: number[] = [];
  private readonly ids: number[] = [];
  private readonly boxes: number[] = [];
  private readonly rows: number[] = [];
  private readonly slots: number[] = [];
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly skips: number[] = [];
  private readonly starts: number[] = [0];
  private readonly points: number[] = [];

  constructor(private readonly levels: Levels) {}

  add(
    { level, placement, inner, widths, heights }: Placed,
    left: number,
    top: number,
    open: ReadonlySet<number>,
  ): void {
    const { rows } = this.levels.hierarchy;
    const scenePlace = level.nodes.map((node, i) => {
      if (node.kind === 'entry' || node.kind === 'exit') return -1;
      const within = inner.get(i);
      const isGroup = node.kind === 'item' && node.item >= rows;
      const kind: SceneKind = node.kind !== 'item' ? node.kind : within ? 'open' : isGroup ? 'shut' : 'layer';
      const [x, y] = [left + at(placement.x, i), top + at(placement.y, i)];
      this.boxes.push(x, y, at(widths, i), at(heights, i));
      if (node.kind === 'item') this.ids.push(isGroup ? node.item - rows : node.item);
      else this.ids.push(node.place);
      const place = this.kinds.push(KINDS.indexOf(kind)) - 1;
      if (within) this.add(within, x + PADDING, y + HEADER + PADDING, open);
      return place;
    });
    const { from, to, tensor } = level.arrangement.level;
    placement.lines.forEach((line, edge) => {
      const { row, slot } = this.levels.source(at(tensor, edge));
      this.rows.push(row);
      this.slots.push(slot);
      this.from.push(scenePlace[at(from, edge)] ?? -1);
      this.to.push(scenePlace[at(to, edge)] ?? -1);
      const { rank } = level.arrangement;
      this.skips.push(at(rank, at(to, edge)) - at(rank, at(from, edge)) === 1 ? 0 : 1);
      for (let i = 0; i < line.length; i += 2) this.points.push(left + at(line, i), top + at(line, i + 1));
      this.starts.push(this.points.length);
    });
  }

  finish(width: number, height: number): Scene {
    return {
      width,
      height,
      kinds: Uint8Array.from(this.kinds),
      ids: Int32Array.from(this.ids),
      boxes: Float32Array.from(this.boxes),
      rows: Int32Array.from(this.rows),
      slots: Int32Array.from(this.slots),
      from: Int32Array.from(this.from),
      to: Int32Array.from(this.to),
      skips: Uint8Array.from(this.skips),
      starts: Int32Array.from(this.starts),
      points: Float32Array.from(this.points),
    };
  }
}
