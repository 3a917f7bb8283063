import { at } from './lists';
import { cut, LETTER, type Look, type Palette, SMALL_LETTER } from './look';
import { KINDS, type Scene } from './scene';

const MARGIN = 16;

/** A picture as SVG, with colours as they are now. Names come from files: nothing in them is markup. */
export function sceneSvg(
  scene: Scene,
  look: (node: number) => Look,
  boundary: (edge: number) => boolean,
  palette: Palette,
): string {
  const width = Math.ceil(scene.width + 2 * MARGIN);
  const height = Math.ceil(scene.height + 2 * MARGIN);
  const nodes = Array.from(scene.kinds, (_, node) => nodeSvg(scene, node, look(node), palette));
  const edges = Array.from(scene.rows, (_, edge) => edgeSvg(scene, edge, boundary(edge), palette));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" font-family="${escaped(palette.font)}" font-size="11">
<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${escaped(palette.background)}"/>
${nodes.join('\n')}
${edges.join('\n')}
</svg>
`;
}

function nodeSvg({ kinds, boxes }: Scene, node: number, look: Look, palette: Palette): string {
  const kind = KINDS[at(kinds, node)];
  const [x, y, width, height] = Array.from(boxes.subarray(node * 4, node * 4 + 4), round) as [
    number,
    number,
    number,
    number,
  ];
  const ends = kind === 'input' || kind === 'output';
  const radius = ends ? height / 2 : kind === 'layer' ? 3 : 6;
  const box = `x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"`;
  const fill = kind === 'open' ? palette.background : palette.panel;
  const strength = look.strength * (kind === 'open' ? 0.12 : 0.6);
  const room = width - 16;
  const open = kind === 'open';
  const title = `<text x="${ends ? x + width / 2 : x + 8}" y="${y + (open || ends ? 17 : 16)}"${ends ? ' text-anchor="middle"' : ''} fill="${escaped(palette.foreground)}"${kind === 'layer' ? '' : ' font-weight="600"'}>${escaped(cut(look.title, room, LETTER))}</text>`;
  const detail =
    open || ends
      ? ''
      : `<text x="${x + 8}" y="${y + 29}" font-size="10" fill="${escaped(palette.foreground)}" opacity="0.8">${escaped(cut(look.detail, room, SMALL_LETTER))}</text>`;
  return `<g${look.faded ? ' opacity="0.3"' : ''}><title>${escaped(`${look.title}\n${look.detail}`)}</title><rect ${box} fill="${escaped(fill)}" stroke="${escaped(palette.line)}"/>${strength > 0 ? `<rect ${box} fill="${escaped(look.color)}" opacity="${strength.toFixed(3)}"/>` : ''}${title}${detail}</g>`;
}

function edgeSvg(
  { points, starts, skips }: Scene,
  edge: number,
  boundary: boolean,
  palette: Palette,
): string {
  const corners: string[] = [];
  for (let i = at(starts, edge); i < at(starts, edge + 1); i += 2)
    corners.push(`${round(at(points, i))},${round(at(points, i + 1))}`);
  const skip = at(skips, edge) === 1;
  const color = boundary ? palette.boundary : skip ? palette.skip : palette.edge;
  return `<polyline points="${corners.join(' ')}" fill="none" stroke="${escaped(color)}" stroke-width="${boundary ? 2 : 1}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text within markup; what XML 1.0 has no place for is replaced. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
