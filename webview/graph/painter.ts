import { type Camera, READABLE, type Size } from './camera';
import { at } from './lists';
import { cut, LETTER, type Look, lastParts, type Palette, SMALL_LETTER } from './look';
import { KINDS, type Scene } from './scene';

/** What is drawn: a picture, how its nodes look, and what is chosen in it. */
export interface Painted {
  readonly scene: Scene;
  readonly look: (node: number) => Look;
  /** Whether the tensor of an edge is where float and integers meet. */
  readonly boundary: (edge: number) => boolean;
  readonly selected: number | null;
  readonly hovered: number | null;
  /** Edges that lead to or from what is chosen. */
  readonly lit: ReadonlySet<number>;
}

/** Below this zoom nodes are a few pixels: boxes alone are drawn, and edges as one. */
const COARSE = 0.12;
/** Pixels of the thinnest line: a thinner one could not be seen where a whole large graph is shown. */
const THINNEST = 0.5;
/** And from this one on there are texts. */
const TEXT = READABLE * 0.8;

/** Draws what is seen of a picture. @returns how many nodes and edges that was */
export function paint(
  context: CanvasRenderingContext2D,
  painted: Painted,
  camera: Camera,
  view: Size,
  palette: Palette,
): { nodes: number; edges: number } {
  const { scene } = painted;
  const { x, y, zoom } = camera;
  context.save();
  context.fillStyle = palette.background;
  context.fillRect(0, 0, view.width, view.height);
  context.scale(zoom, zoom);
  context.translate(-x, -y);
  const seen = { left: x, top: y, right: x + view.width / zoom, bottom: y + view.height / zoom };
  let nodes = 0;
  const open: number[] = [];
  for (let node = 0; node < scene.kinds.length; node++) {
    const left = at(scene.boxes, node * 4);
    const top = at(scene.boxes, node * 4 + 1);
    const width = at(scene.boxes, node * 4 + 2);
    const height = at(scene.boxes, node * 4 + 3);
    if (left > seen.right || top > seen.bottom || left + width < seen.left || top + height < seen.top)
      continue;
    nodes++;
    if (KINDS[at(scene.kinds, node)] === 'open') open.push(node);
    paintNode(context, painted, node, [left, top, width, height], zoom, palette);
  }
  const edges = paintEdges(context, painted, seen, zoom, palette);
  if (zoom >= TEXT) for (const node of open) paintHeader(context, painted, node, palette);
  context.restore();
  return { nodes, edges };
}

function paintNode(
  context: CanvasRenderingContext2D,
  painted: Painted,
  node: number,
  [left, top, width, height]: [number, number, number, number],
  zoom: number,
  palette: Palette,
): void {
  const kind = KINDS[at(painted.scene.kinds, node)];
  const look = painted.look(node);
  const chosen = node === painted.selected;
  context.globalAlpha = look.faded ? 0.3 : 1;
  context.beginPath();
  const round = kind === 'input' || kind === 'output' ? height / 2 : kind === 'layer' ? 3 : 6;
  if (zoom < COARSE) context.rect(left, top, width, height);
  else context.roundRect(left, top, width, height, round);
  const far = zoom < COARSE;
  context.fillStyle = kind === 'open' ? palette.background : palette.panel;
  context.fill();
  if (far && kind !== 'open') {
    // In the panel's colour alone it could not be told from what is around it.
    context.globalAlpha *= 0.3;
    context.fillStyle = palette.line;
    context.fill();
    context.globalAlpha = look.faded ? 0.3 : 1;
  }
  if (look.strength > 0) {
    // A few pixels need more of their colour than a box with a text in it.
    const full = kind === 'open' ? 0.12 : far ? 0.95 : 0.6;
    context.globalAlpha = (look.faded ? 0.3 : 1) * look.strength * full;
    context.fillStyle = look.color;
    context.fill();
    context.globalAlpha = look.faded ? 0.3 : 1;
  }
  const hovered = node === painted.hovered;
  context.strokeStyle = chosen || hovered ? palette.focus : palette.line;
  context.lineWidth = Math.max((chosen ? 2.5 : 1) / Math.max(zoom, 0.4), THINNEST / zoom);
  context.stroke();
  if (kind === 'shut' && zoom >= COARSE) {
    // A second edge below: there is something in it.
    context.beginPath();
    context.moveTo(left + 5, top + height + 3);
    context.lineTo(left + width - 5, top + height + 3);
    context.stroke();
  }
  if (look.second !== null && zoom >= COARSE) {
    context.fillStyle = look.second;
    context.fillRect(left + width - 5, top + 4, 3, Math.min(height, 36) - 8);
  }
  if (zoom >= TEXT && kind !== 'open') paintText(context, look, false, [left, top, width], palette, kind);
  context.globalAlpha = 1;
}

/** What an open group is called, above the edges that come into it. */
function paintHeader(
  context: CanvasRenderingContext2D,
  { scene, look }: Painted,
  node: number,
  palette: Palette,
): void {
  const [left, top, width] = [
    at(scene.boxes, node * 4),
    at(scene.boxes, node * 4 + 1),
    at(scene.boxes, node * 4 + 2),
  ];
  const { title, detail, faded } = look(node);
  context.globalAlpha = faded ? 0.3 : 1;
  context.fillStyle = palette.background;
  context.fillRect(left + 4, top + 4, Math.min(width - 8, (title.length + detail.length + 5) * LETTER), 18);
  paintText(context, look(node), true, [left, top, width], palette, 'open');
  context.globalAlpha = 1;
}

function paintText(
  context: CanvasRenderingContext2D,
  { title, detail }: Look,
  open: boolean,
  [left, top, width]: [number, number, number],
  palette: Palette,
  kind: (typeof KINDS)[number] | undefined,
): void {
  const twist = kind === 'open' ? '▾ ' : kind === 'shut' ? '▸ ' : '';
  context.fillStyle = palette.foreground;
  context.textBaseline = 'middle';
  context.font = `${kind === 'layer' ? '' : '600 '}11px ${palette.font}`;
  const room = width - 16;
  const ends = kind === 'input' || kind === 'output';
  const y = open || ends ? top + 13 : top + 12;
  const name = `${twist}${cut(title, room - twist.length * 7, LETTER)}`;
  context.textAlign = ends ? 'center' : 'start';
  context.fillText(name, ends ? left + width / 2 : left + 8, y);
  context.textAlign = 'start';
  context.font = `10px ${palette.font}`;
  context.fillStyle = palette.muted;
  if (open) {
    const from = left + 16 + name.length * LETTER;
    const text = lastParts(detail, left + width - from - 8, SMALL_LETTER);
    if (text !== '') context.fillText(text, from, y);
  } else if (!ends) {
    context.fillStyle = palette.foreground;
    context.globalAlpha *= 0.8;
    context.fillText(cut(detail, room, SMALL_LETTER), left + 8, top + 26);
  }
}

function paintEdges(
  context: CanvasRenderingContext2D,
  { scene, boundary, lit }: Painted,
  seen: { left: number; top: number; right: number; bottom: number },
  zoom: number,
  palette: Palette,
): number {
  const groups: Record<'plain' | 'skip' | 'boundary' | 'lit', number[]> = {
    plain: [],
    skip: [],
    boundary: [],
    lit: [],
  };
  let count = 0;
  for (let edge = 0; edge < scene.rows.length; edge++) {
    const [from, end] = [at(scene.starts, edge), at(scene.starts, edge + 1)];
    let [left, top, right, bottom] = [
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (let i = from; i < end; i += 2) {
      const [x, y] = [at(scene.points, i), at(scene.points, i + 1)];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    if (left > seen.right || right < seen.left || top > seen.bottom || bottom < seen.top) continue;
    count++;
    const kind = lit.has(edge)
      ? 'lit'
      : boundary(edge)
        ? 'boundary'
        : at(scene.skips, edge) === 1
          ? 'skip'
          : 'plain';
    groups[kind].push(edge);
  }
  const styles = [
    ['plain', palette.edge, 1],
    ['skip', palette.skip, 1.4],
    ['boundary', palette.boundary, 2],
    ['lit', palette.focus, 2.2],
  ] as const;
  for (const [kind, color, width] of styles) {
    const edges = groups[kind];
    if (edges.length === 0) continue;
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = Math.max(width / Math.max(zoom, 0.5), THINNEST / zoom);
    context.beginPath();
    for (const edge of edges) trace(context, scene, edge);
    context.stroke();
    if (zoom < READABLE * 0.6) continue;
    context.beginPath();
    for (const edge of edges) {
      const to = at(scene.to, edge);
      if (to >= 0 && KINDS[at(scene.kinds, to)] !== 'open') arrow(context, scene, edge);
    }
    context.fill();
  }
  return count;
}

function trace(context: CanvasRenderingContext2D, { points, starts }: Scene, edge: number): void {
  const from = at(starts, edge);
  context.moveTo(at(points, from), at(points, from + 1));
  for (let i = from + 2; i < at(starts, edge + 1); i += 2) context.lineTo(at(points, i), at(points, i + 1));
}

const ARROW = 4;

function arrow(context: CanvasRenderingContext2D, { points, starts }: Scene, edge: number): void {
  const end = at(starts, edge + 1);
  const [x, y] = [at(points, end - 2), at(points, end - 1)];
  context.moveTo(x, y);
  context.lineTo(x - ARROW * 0.8, y - ARROW * 1.5);
  context.lineTo(x + ARROW * 0.8, y - ARROW * 1.5);
  context.closePath();
}

/** The edge that is nearest to a point, no farther than `reach`; null where there is none. */
export function edgeAt({ points, starts, rows }: Scene, x: number, y: number, reach: number): number | null {
  let found: number | null = null;
  let nearest = reach;
  for (let edge = 0; edge < rows.length; edge++) {
    for (let i = at(starts, edge) + 2; i < at(starts, edge + 1); i += 2) {
      const [ax, ay, bx, by] = [at(points, i - 2), at(points, i - 1), at(points, i), at(points, i + 1)];
      // All stretches go along an axis.
      const nearX = Math.min(Math.max(x, Math.min(ax, bx)), Math.max(ax, bx));
      const nearY = Math.min(Math.max(y, Math.min(ay, by)), Math.max(ay, by));
      const distance = Math.hypot(nearX - x, nearY - y);
      if (distance < nearest) [found, nearest] = [edge, distance];
    }
  }
  return found;
}

/** The innermost node at a point; null where there is none. */
export function nodeAt({ boxes, kinds }: Scene, x: number, y: number): number | null {
  for (let node = kinds.length - 1; node >= 0; node--) {
    const [left, top] = [at(boxes, node * 4), at(boxes, node * 4 + 1)];
    if (x >= left && y >= top && x <= left + at(boxes, node * 4 + 2) && y <= top + at(boxes, node * 4 + 3))
      return node;
  }
  return null;
}

/** A picture small in a corner, with what is seen of it. */
export interface Minimap {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

const MINIMAP: Size = { width: 130, height: 170 };

/** Where the minimap is; null where everything is seen anyway. */
export function minimapOf(scene: Scene, camera: Camera, view: Size): Minimap | null {
  if (view.width < 3 * MINIMAP.width || view.height < MINIMAP.height + 30) return null;
  if (scene.width * camera.zoom <= view.width && scene.height * camera.zoom <= view.height) return null;
  const scale = Math.min(MINIMAP.width / scene.width, MINIMAP.height / scene.height);
  const [width, height] = [Math.max(8, scene.width * scale), Math.max(8, scene.height * scale)];
  return { left: view.width - width - 12, top: view.height - height - 12, scale, width, height };
}

export function paintMinimap(
  context: CanvasRenderingContext2D,
  { scene, look }: Painted,
  map: Minimap,
  camera: Camera,
  view: Size,
  palette: Palette,
): void {
  const { left, top, scale, width, height } = map;
  context.save();
  context.beginPath();
  context.rect(left - 4, top - 4, width + 8, height + 8);
  context.fillStyle = palette.panel;
  context.globalAlpha = 0.92;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.stroke();
  context.clip();
  for (let node = 0; node < scene.kinds.length; node++) {
    if (KINDS[at(scene.kinds, node)] === 'open') continue;
    const { color, strength, faded } = look(node);
    context.globalAlpha = faded ? 0.15 : 0.35 + 0.65 * strength;
    context.fillStyle = strength > 0 ? color : palette.muted;
    const [x, y] = [at(scene.boxes, node * 4), at(scene.boxes, node * 4 + 1)];
    context.fillRect(
      left + x * scale,
      top + y * scale,
      Math.max(1, at(scene.boxes, node * 4 + 2) * scale),
      Math.max(1, at(scene.boxes, node * 4 + 3) * scale),
    );
  }
  context.globalAlpha = 1;
  context.strokeStyle = palette.focus;
  context.lineWidth = 1.5;
  context.strokeRect(
    left + camera.x * scale,
    top + camera.y * scale,
    (view.width / camera.zoom) * scale,
    (view.height / camera.zoom) * scale,
  );
  context.restore();
}
