import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBytes } from '../../src/protocol/numbers';
import type { ArenaReport, MemoryReport } from '../../src/protocol/reports';
import { type ShortNames, shortNames } from '../../src/protocol/shortNames';
import { onResize } from '../base/resized';
import { base } from '../base/theme';
import { type Bin, binned } from './memoryBins';

/** Pixels of the narrowest bar; more layers than fit share bars. */
const BAR = 1;
/** Above the curve, for the peak's label; below it, for a line a tensor of the peak. */
const TOP = 16;
const LINE = 5;
const LINES = 3;
const BOTTOM = LINE * LINES + 4;
/** Part of the layers that Page Up and Page Down go on by. */
const PAGE = 0.1;
/** Half of the label's room, so that it stays inside. */
const LABEL = 60;

/**
 * Live bytes over the layers in the order in which they run; or where tensors lie in the arena. Works as a slider over
 * the layers. Events: `hover` (index of a step or null), `choose` (index of a step).
 */
@customElement('caliper-memory-chart')
export class MemoryChart extends LitElement {
  @property({ attribute: false }) memory: MemoryReport | null = null;
  /** Shown in place of the curve. */
  @property({ attribute: false }) arena: ArenaReport | null = null;
  /** Index of a step. */
  @property({ attribute: false }) selected: number | null = null;
  @property({ attribute: false }) names: ShortNames = shortNames([]);
  @state() private hovered: number | null = null;
  @state() private width = 0;
  @state() private height = 0;
  private bins: readonly Bin[] = [];

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
      .held {
        fill: color-mix(in srgb, var(--vscode-charts-purple) 40%, var(--vscode-editor-background));
      }
      .added {
        fill: color-mix(in srgb, var(--vscode-charts-purple) 80%, var(--vscode-editor-background));
      }
      .place {
        fill: color-mix(in srgb, var(--vscode-charts-purple) 45%, var(--vscode-editor-background));
        stroke: var(--vscode-editor-background);
        stroke-width: 0.5;
      }
      .peak {
        stroke: var(--vscode-charts-red);
        stroke-dasharray: 3 3;
      }
      .span {
        stroke: var(--vscode-charts-red);
        stroke-width: 2.5;
      }
      .axis {
        stroke: var(--line);
      }
      .cursor {
        stroke: var(--vscode-foreground);
        stroke-opacity: 0.7;
      }
      .chosen {
        fill: var(--vscode-focusBorder);
        fill-opacity: 0.35;
        stroke: var(--vscode-focusBorder);
      }
      text {
        fill: var(--vscode-foreground);
        font-size: var(--small);
        pointer-events: none;
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
    this.addEventListener('pointermove', (event) => this.hover(this.stepAt(event)));
    this.addEventListener('pointerleave', () => this.hover(null));
    this.addEventListener('click', (event) => this.choose(this.stepAt(event)));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.tabIndex = 0;
    this.role = 'slider';
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const { memory } = this;
    if (memory === null) return;
    if (changed.has('memory') || changed.has('width')) this.bins = binned(memory.steps, this.width / BAR);
    const at = this.selected ?? memory.peakStep ?? 0;
    const step = memory.steps[at];
    this.ariaLabel = 'Live activation memory over the layers';
    this.ariaValueMin = '1';
    this.ariaValueMax = String(memory.steps.length);
    this.ariaValueNow = String(at + 1);
    this.ariaValueText =
      step === undefined
        ? ''
        : `${this.names.short(step.name)}: ${formatBytes(step.liveBytes)} live, adds ${formatBytes(step.addedBytes)}, frees ${formatBytes(step.freedBytes)}`;
  }

  override render() {
    const { memory, width, height } = this;
    if (memory === null || width < 1 || height <= TOP + BOTTOM) return nothing;
    // The line above says so.
    if (memory.knownPeakBytes === 0) return nothing;
    const floor = height - BOTTOM;
    return html`<svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
      ${this.arena === null ? this.curve(memory) : this.places(this.arena)}
      <line class="axis" x1="0" x2=${width} y1=${floor + 0.5} y2=${floor + 0.5} />
      ${this.spans(memory, floor)} ${this.peak(memory)} ${this.chosen()}
      ${
        this.hovered === null
          ? nothing
          : svg`<line class="cursor" x1=${this.middle(this.hovered)} x2=${this.middle(this.hovered)} y1="0" y2=${height} />`
      }
    </svg>`;
  }

  private curve({ steps }: MemoryReport) {
    const top = (bytes: number) => this.y(bytes).toFixed(1);
    const area = (value: (at: number) => number) => {
      const points = this.bins.map((bin) => `V${top(value(bin.most))}H${this.x(bin.to)}`);
      return `M0 ${top(0)}${points.join('')}V${top(0)}Z`;
    };
    const live = (at: number) => steps[at]?.liveBytes ?? 0;
    return svg`<path class="added" d=${area(live)} />
      <path class="held" d=${area((at) => live(at) - (steps[at]?.addedBytes ?? 0))} />`;
  }

  /** One path, however many tensors there are. */
  private places({ places }: ArenaReport) {
    const parts = places.map(({ offset, bytes, from, to }) => {
      const [left, right] = [this.x(from), this.x(to + 1)];
      const [top, bottom] = [this.y(offset + bytes), this.y(offset)];
      return `M${left} ${bottom.toFixed(1)}V${top.toFixed(1)}H${right}V${bottom.toFixed(1)}Z`;
    });
    return svg`<path class="place" d=${parts.join('')} />`;
  }

  private peak({ peakStep, knownPeakBytes, peakBytes }: MemoryReport) {
    if (peakStep === null) return nothing;
    const x = this.middle(peakStep);
    const y = this.arena === null ? this.y(knownPeakBytes) : TOP;
    const text = this.arena === null ? knownPeakBytes : this.arena.bytes;
    const label = `${this.arena === null ? (peakBytes === null ? 'at least' : 'peak') : 'arena'} ${formatBytes(text)}`;
    return svg`<line class="peak" x1=${x} x2=${x} y1=${y} y2=${this.height - BOTTOM} />
      <line class="peak" x1="0" x2=${this.width} y1=${y} y2=${y} />
      <text text-anchor="middle" x=${Math.min(Math.max(x, LABEL), Math.max(LABEL, this.width - LABEL))} y=${TOP - 4}>${label}</text>`;
  }

  /** From where to where the largest tensors of the peak live. */
  private spans({ peakTensors, steps }: MemoryReport, floor: number) {
    return peakTensors.slice(0, LINES).map(({ madeBy, lastUsedBy }, place) => {
      const from = madeBy === null ? 0 : Number.parseInt(madeBy.id, 10);
      const to = lastUsedBy === null ? steps.length - 1 : Number.parseInt(lastUsedBy.id, 10);
      const y = floor + 4 + LINE * place;
      return svg`<line class="span" x1=${this.x(from)} x2=${Math.max(this.x(to + 1), this.x(from) + 2)} y1=${y} y2=${y} />`;
    });
  }

  private chosen() {
    if (this.selected === null) return nothing;
    const left = this.x(this.selected);
    return svg`<rect class="chosen" x=${left} y="0.5" width=${Math.max(2, this.x(this.selected + 1) - left)} height=${this.height - 1} />`;
  }

  private get count(): number {
    return this.memory?.steps.length ?? 0;
  }

  private x(step: number): number {
    return Number(((step * this.width) / Math.max(1, this.count)).toFixed(2));
  }

  private middle(step: number): number {
    return this.x(step + 0.5);
  }

  private y(bytes: number): number {
    const most = this.arena === null ? (this.memory?.knownPeakBytes ?? 0) : this.arena.bytes;
    const floor = this.height - BOTTOM;
    return most === 0 ? floor : floor - ((floor - TOP) * bytes) / most;
  }

  /** Where layers share a bar, the one at which most lives. */
  private stepAt(event: MouseEvent): number | null {
    const part = (event.clientX - this.getBoundingClientRect().left) / Math.max(1, this.width);
    return this.bins[Math.min(this.bins.length - 1, Math.floor(part * this.bins.length))]?.most ?? null;
  }

  private hover(step: number | null): void {
    if (step === this.hovered) return;
    this.hovered = step;
    this.dispatchEvent(new CustomEvent('hover', { detail: step }));
  }

  private onKey(event: KeyboardEvent): void {
    const last = this.count - 1;
    const at = this.selected ?? this.memory?.peakStep ?? 0;
    const page = Math.max(1, Math.round(PAGE * this.count));
    const target = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      PageUp: at + page,
      PageDown: at - page,
      Home: 0,
      End: last,
      // Where nothing is selected yet, the slider stands at the peak.
      Enter: at,
    }[event.key];
    if (target === undefined || last < 0) return;
    event.preventDefault();
    this.choose(Math.min(last, Math.max(0, target)));
  }

  private choose(step: number | null): void {
    if (step !== null) this.dispatchEvent(new CustomEvent('choose', { detail: step }));
  }
}
