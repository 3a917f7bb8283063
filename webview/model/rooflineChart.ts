import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount, formatMs } from '../../src/protocol/numbers';
import {
  type Bound,
  type CeilingsReport,
  formatRate,
  type LayerRoofline,
  type RooflineReport,
} from '../../src/protocol/roofline';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { onResize } from '../base/resized';
import { styled } from '../base/styled';
import { base } from '../base/theme';
import { type LogScale, logScale, type RooflinePoint, rooflinePoints } from './rooflineScale';

/** Pixels around the plot. */
const LEFT = 58;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 30;
/** Radius of the points with the least and the most time. */
const SMALLEST = 3;
const LARGEST = 9;
/** How far from a point's middle a pointer still means it. */
const REACH = 14;

/** How points of each bound are drawn: told apart without colours, too. */
export const BOUND_COLORS: Readonly<Record<Bound | 'unknown', string>> = {
  compute: 'var(--vscode-charts-blue)',
  memory: 'var(--vscode-charts-green)',
  overhead: 'var(--orange)',
  unknown: 'var(--muted)',
};

/**
 * What layers reach over their MACs for each byte, both by powers of ten, below the ceilings. Works as a slider over the
 * layers. Events: `hover` (LayerRoofline or null), `choose` (id of a layer).
 */
@customElement('caliper-roofline-chart')
export class RooflineChart extends LitElement {
  @property({ attribute: false }) report: RooflineReport | null = null;
  /** Id of a layer. */
  @property({ attribute: false }) selected: string | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @state() private width = 0;
  @state() private height = 0;
  private points: readonly RooflinePoint[] = [];
  private x: LogScale = logScale([]);
  private y: LogScale = logScale([]);

  static override readonly styles = [
    base,
    css`
      :host {
        display: block;
        overflow: hidden;
        position: relative;
      }
      svg {
        cursor: pointer;
        display: block;
        inset: 0;
        position: absolute;
      }
      .grid {
        stroke: var(--faint-line);
      }
      .axis {
        stroke: var(--line);
      }
      .roof {
        fill: none;
        stroke: var(--vscode-foreground);
        stroke-opacity: 0.75;
      }
      .slope {
        stroke-dasharray: 5 3;
      }
      .point {
        fill: color-mix(in srgb, var(--color) 55%, transparent);
        stroke: var(--color);
      }
      .chosen {
        fill: none;
        stroke: var(--vscode-focusBorder);
        stroke-width: 2;
      }
      text {
        fill: var(--vscode-foreground);
        font-size: var(--small);
        paint-order: stroke;
        pointer-events: none;
        /* Lines pass behind it. */
        stroke: var(--vscode-editor-background);
        stroke-width: 3px;
      }
      .tick {
        fill: var(--muted);
      }
    `,
  ];

  constructor() {
    super();
    onResize(this, () => {
      const { width, height } = this.getBoundingClientRect();
      this.width = Math.floor(width);
      this.height = Math.floor(height);
    });
    this.addEventListener('keydown', (event) => this.onKey(event));
    this.addEventListener('pointermove', (event) => this.emit('hover', this.pointAt(event)?.layer ?? null));
    this.addEventListener('pointerleave', () => this.emit('hover', null));
    this.addEventListener('click', (event) => {
      const point = this.pointAt(event);
      if (point !== null) this.emit('choose', point.layer.id);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.tabIndex = 0;
    this.role = 'slider';
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const { report } = this;
    if (report === null) return;
    if (changed.has('report')) {
      this.points = rooflinePoints(report).points;
      const { float = null, int8 = null } = report.ceilings ?? {};
      this.x = logScale(this.points.map(({ intensity }) => intensity));
      this.y = logScale([...this.points.map(({ macsPerSecond }) => macsPerSecond), float ?? 0, int8 ?? 0]);
    }
    const { place } = this;
    const point = this.points[place];
    this.ariaLabel = 'Layers by multiply-accumulates for each byte moved';
    this.ariaValueMin = '1';
    this.ariaValueMax = String(this.points.length);
    this.ariaValueNow = String(place + 1);
    this.ariaValueText = point === undefined ? '' : pointText(point.layer, this.names);
  }

  /** Of the selected layer, else of the slowest. */
  private get place(): number {
    const chosen = this.points.findIndex(({ layer }) => layer.id === this.selected);
    if (chosen >= 0) return chosen;
    return this.points.reduce(
      (slowest, { medianMs }, place) => (medianMs > (this.points[slowest]?.medianMs ?? 0) ? place : slowest),
      0,
    );
  }

  override render() {
    const { report, width, height } = this;
    if (report === null || width <= LEFT + RIGHT || height <= TOP + BOTTOM) return nothing;
    const floor = height - BOTTOM;
    return html`<svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
      ${this.x.ticks.map((tick) => {
        const x = this.left(tick);
        return svg`<line class="grid" x1=${x} x2=${x} y1=${TOP} y2=${floor} />
          <text class="tick" text-anchor="middle" x=${x} y=${floor + 13}>${tick < 1 ? tick : formatCount(tick)}</text>`;
      })}
      ${this.y.ticks.map((tick) => {
        const y = this.top(tick);
        return svg`<line class="grid" x1=${LEFT} x2=${width - RIGHT} y1=${y} y2=${y} />
          <text class="tick" text-anchor="end" x=${LEFT - 5} y=${y + 4}>${formatCount(tick)}</text>`;
      })}
      <line class="axis" x1=${LEFT} x2=${width - RIGHT} y1=${floor} y2=${floor} />
      <text class="tick" text-anchor="middle" x=${(LEFT + width - RIGHT) / 2} y=${height - 4}>MACs for each byte moved</text>
      <text class="tick" text-anchor="middle" transform=${`translate(10 ${(TOP + floor) / 2}) rotate(-90)`}>MAC/s</text>
      ${report.ceilings === null ? nothing : this.roofs(report.ceilings)}
      ${this.points.map((point) => this.point(point))} ${this.chosen()}
    </svg>`;
  }

  /** Sloped: what memory lets through; level: what can be computed. */
  private roofs({ float, int8, memory }: CeilingsReport) {
    const highest = Math.max(float ?? 0, int8 ?? 0) || this.y.to;
    const [caches] = memory;
    const far = memory.at(-1);
    const slopes = [
      ...(caches === undefined ? [] : [{ rate: caches.bytesPerSecond, label: 'caches' }]),
      ...(far === undefined || far === caches ? [] : [{ rate: far.bytesPerSecond, label: 'memory' }]),
    ];
    const level = (rate: number | null, label: string) => {
      if (rate === null) return nothing;
      const y = this.top(rate);
      return svg`<line class="roof" x1=${LEFT} x2=${this.width - RIGHT} y1=${y} y2=${y} />
        <text text-anchor="end" x=${this.width - RIGHT - 2} y=${y - 3}>${label} ${formatRate(rate, 'GMAC/s')}</text>`;
    };
    return svg`${slopes.map(({ rate, label }) => {
      const from = Math.max(this.x.from, this.y.from / rate);
      const to = Math.min(this.x.to, highest / rate);
      if (from >= to) return nothing;
      return svg`<line class="roof slope" x1=${this.left(from)} y1=${this.top(from * rate)} x2=${this.left(to)} y2=${this.top(to * rate)} />
        <text x=${this.left(from) + 4} y=${Math.min(this.top(from * rate) - 4, this.height - BOTTOM - 4)}>${label} ${formatRate(rate, 'GB/s')}</text>`;
    })}${level(float, 'float')}${level(int8, 'int8')}`;
  }

  private point({ layer, intensity, macsPerSecond, medianMs }: RooflinePoint) {
    const [x, y] = [this.left(intensity), this.top(macsPerSecond)];
    const r = this.radius(medianMs);
    return svg`<path class="point" data-id=${layer.id} d=${outline(layer.bound, x, y, r)} ${styled({ '--color': BOUND_COLORS[layer.bound ?? 'unknown'] })} />`;
  }

  private chosen() {
    const point = this.points.find(({ layer }) => layer.id === this.selected);
    if (point === undefined) return nothing;
    const r = this.radius(point.medianMs) + 4;
    return svg`<circle class="chosen" cx=${this.left(point.intensity)} cy=${this.top(point.macsPerSecond)} r=${r} />`;
  }

  /** Areas are as the times are. */
  private radius(medianMs: number): number {
    const most = this.points.reduce((all, point) => Math.max(all, point.medianMs), 0);
    return most > 0 ? Math.max(SMALLEST, LARGEST * Math.sqrt(medianMs / most)) : SMALLEST;
  }

  private left(intensity: number): number {
    return LEFT + this.x.place(intensity) * (this.width - LEFT - RIGHT);
  }

  private top(macsPerSecond: number): number {
    return this.height - BOTTOM - this.y.place(macsPerSecond) * (this.height - BOTTOM - TOP);
  }

  private pointAt({ offsetX, offsetY }: MouseEvent): RooflinePoint | null {
    let nearest: RooflinePoint | null = null;
    let least = REACH;
    for (const point of this.points) {
      const distance = Math.hypot(
        this.left(point.intensity) - offsetX,
        this.top(point.macsPerSecond) - offsetY,
      );
      if (distance < least) [nearest, least] = [point, distance];
    }
    return nearest;
  }

  private onKey(event: KeyboardEvent): void {
    const last = this.points.length - 1;
    const target = {
      ArrowRight: this.place + 1,
      ArrowUp: this.place + 1,
      ArrowLeft: this.place - 1,
      ArrowDown: this.place - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const point = this.points[Math.max(0, Math.min(last, target))];
    if (point !== undefined) this.emit('choose', point.layer.id);
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A circle, a square or a triangle; a diamond where the bound is not known. */
function outline(bound: Bound | null, x: number, y: number, r: number): string {
  switch (bound) {
    case 'compute':
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case 'memory':
      return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`;
    case 'overhead':
      return `M${x} ${y - r}L${x + r} ${y + r}H${x - r}Z`;
    default:
      return `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`;
  }
}

/** All that the picture says of a layer. */
export function pointText(layer: LayerRoofline, names: ShortNames): string {
  const { name, intensity, macsPerSecond, bytesPerSecond, medianMs, reached, bound } = layer;
  const parts = [
    formatMs(medianMs),
    ...(intensity === null ? [] : [`${formatCount(intensity)} MACs for each byte`]),
    ...(macsPerSecond === null || macsPerSecond === 0 ? [] : [formatRate(macsPerSecond, 'GMAC/s')]),
    ...(bytesPerSecond === null ? [] : [formatRate(bytesPerSecond, 'GB/s')]),
    ...(reached === null ? [] : [`${Math.round(100 * reached)} % of what the ceilings allow`]),
    bound === null ? 'bound unknown' : `bound by ${bound}`,
  ];
  return `${names.short(name)}: ${parts.join(' · ')}`;
}
